//! Tells a torn tail from corruption.
//!
//! Owns the rule of `docs/internals/log-format.md`: a frame that does not check is a torn write
//! only if nothing in the segment proves that it was durable. Every frame header carries the
//! position below which everything was durable when it was written; such a header behind the bad
//! frame, with a mark beyond it, is the proof.

use crate::error::Fault;
use crate::layout::{FRAME_HEADER_BYTES, FrameHeader, START_MARKER};
use crate::limits::SCAN_CHUNK_BYTES_MAX;
use crate::report::TornTail;
use crate::segment::Segment;
use std::io;

/// Bytes that are compared with zero at once.
const ZERO_STEP_BYTES: usize = 4096;
static ZEROS: [u8; ZERO_STEP_BYTES] = [0; ZERO_STEP_BYTES];

/// What a frame that does not check means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing was written here or behind.
    CleanEnd,
    /// Never acknowledged.
    Torn(TornTail),
    /// It was durable, or no crash leaves such bytes.
    Corrupt,
}

/// Judges the frame at `offset`, which should hold `position` and shows `fault`.
pub(crate) fn judge(
    segment: &Segment,
    offset: u64,
    position: u64,
    fault: Fault,
) -> io::Result<Verdict> {
    if !a_crash_explains(fault) {
        return Ok(Verdict::Corrupt);
    }
    let rest = examine(segment, offset)?;
    if rest.durable_max.is_some_and(|durable| durable > position) {
        return Ok(Verdict::Corrupt);
    }
    Ok(match rest.written_end {
        None => Verdict::CleanEnd,
        Some(end) => Verdict::Torn(TornTail {
            segment: segment.name.clone(),
            offset,
            dropped_bytes: end - offset,
        }),
    })
}

/// Whether all bytes from `offset` on are zero.
pub(crate) fn is_zero_from(segment: &Segment, offset: u64) -> io::Result<bool> {
    Ok(examine(segment, offset)?.written_end.is_none())
}

/// A write that reached the disk in part leaves zero bytes in place of some written ones. It
/// cannot make a checksum hold over wrong fields.
fn a_crash_explains(fault: Fault) -> bool {
    match fault {
        Fault::Truncated
        | Fault::StartMarker
        | Fault::HeaderChecksum
        | Fault::Checksum
        | Fault::EndMarker => true,
        Fault::SegmentTag
        | Fault::Reserved
        | Fault::Position { .. }
        | Fault::DurableMark { .. }
        | Fault::Length
        | Fault::EntryEnds
        | Fault::Chain
        | Fault::SegmentHeader
        | Fault::SegmentIdentity
        | Fault::SegmentNumber { .. }
        | Fault::End { .. }
        | Fault::Trailing
        | Fault::Meta => false,
    }
}

#[derive(Default)]
struct Rest {
    /// After the last byte that is not zero.
    written_end: Option<u64>,
    /// The highest durable mark in a frame header of this segment.
    durable_max: Option<u64>,
}

/// Looks at everything from `offset` to the end of the file, at every byte for a frame header.
fn examine(segment: &Segment, offset: u64) -> io::Result<Rest> {
    let mut rest = Rest::default();
    let overlap = FRAME_HEADER_BYTES - 1;
    let mut buffer = vec![0; SCAN_CHUNK_BYTES_MAX + overlap];
    let mut at = offset;
    loop {
        let read = segment.file.read_at(at, &mut buffer)?;
        let own = read.min(SCAN_CHUNK_BYTES_MAX);
        for start in (0..own).step_by(ZERO_STEP_BYTES) {
            let end = own.min(start + ZERO_STEP_BYTES);
            let part = &buffer[start..end];
            if part == &ZEROS[..part.len()] {
                continue;
            }
            let last = part.iter().rposition(|byte| *byte != 0).unwrap_or(0);
            rest.written_end = Some(at + (start + last) as u64 + 1);
            let reach = read.min(end + overlap);
            let mark = durable_mark(&buffer[start..reach], part.len(), segment.tag);
            rest.durable_max = rest.durable_max.max(mark);
        }
        if own < SCAN_CHUNK_BYTES_MAX {
            return Ok(rest);
        }
        at += own as u64;
    }
}

/// The highest durable mark among the headers that start in the first `starts` bytes.
fn durable_mark(bytes: &[u8], starts: usize, tag: u32) -> Option<u64> {
    (0..starts)
        .filter(|start| bytes[*start..].starts_with(&START_MARKER))
        .filter_map(|start| FrameHeader::decode(&bytes[start..], tag).ok())
        .map(|header| header.durable)
        .max()
}
