//! What of a log is to be copied: each segment with the bytes that its frames take.
//!
//! Walks the frames up to a position without the log's lock and without changing it, so that a
//! copy can be made beside a server. Owns which bytes make a log that ends there. Must not copy.

use crate::error::{Fault, RecoverError};
use crate::layout::Chain;
use crate::limits::SCAN_CHUNK_BYTES_MAX;
use crate::meta;
use crate::opened::{Segments, bases, corrupt, segments};
use crate::segment::{FIRST_FRAME, Segment};
use crate::storage::Storage;
use crate::walk::{Extent, checked_frame, walk};
use zentra_events::Position;

/// A segment of a log, as far as its frames go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentPart {
    /// The file's name.
    pub name: String,
    /// Bytes from the start of the file to the end of the last frame of the part. What follows in
    /// the file is zero, or comes after the part.
    pub used_bytes: u64,
    /// The file's length.
    pub len_bytes: u64,
    /// The chain value before its first frame: with the name, it tells the segment from one of
    /// another history of the log.
    pub chain_before: [u8; 32],
    /// Whether no frame is ever added to it.
    pub sealed: bool,
}

/// A log up to a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogParts {
    /// The name that the log was created with.
    pub log_id: [u8; 16],
    /// Its partition.
    pub partition: u16,
    /// Its segments, in order.
    pub segments: Vec<SegmentPart>,
    /// The position after its last frame.
    pub next: Position,
    /// The chain value there.
    pub chain: [u8; 32],
}

/// The parts of a log up to `upto`, or of all its whole frames. Every frame is checked, but in
/// sealed segments whose used bytes `known` tells by name and chain value.
///
/// # Errors
/// When there is no log, a frame does not check, or no frame ends at `upto`.
pub fn parts(
    storage: &dyn Storage,
    upto: Option<Position>,
    known: &dyn Fn(&str, [u8; 32]) -> Option<u64>,
) -> Result<LogParts, RecoverError> {
    let bases = bases(storage)?;
    let identity = meta::read(storage, !bases.is_empty())?
        .ok_or_else(|| RecoverError::NoLog { folder: storage.location() })?;
    let all = segments(storage, &identity, &bases)?;
    let mut found = LogParts {
        log_id: identity.log_id,
        partition: identity.partition,
        segments: Vec::new(),
        next: Position::ZERO,
        chain: identity.genesis(),
    };
    for (index, segment) in all.made.iter().enumerate() {
        if upto.is_some_and(|upto| segment.header.base >= upto.get() && index > 0) {
            break;
        }
        if segment.header.chain != found.chain {
            return Err(corrupt(segment.header.base, Fault::Chain));
        }
        if segment.header.base != found.next.get() {
            return Err(corrupt(segment.header.base, Fault::End { found: found.next.get() }));
        }
        let (part, next, chain) = part(segment, &all, index, upto, known)?;
        found.segments.push(part);
        found.next = Position(next);
        found.chain = chain;
    }
    match upto {
        Some(upto) if found.next != upto => {
            let base = all.made.last().map_or(0, |last| last.header.base);
            Err(corrupt(base, Fault::End { found: found.next.get() }))
        }
        _ => Ok(found),
    }
}

fn part(
    segment: &Segment,
    all: &Segments,
    index: usize,
    upto: Option<Position>,
    known: &dyn Fn(&str, [u8; 32]) -> Option<u64>,
) -> Result<(SegmentPart, u64, [u8; 32]), RecoverError> {
    let extent = all.extent(index);
    let after = all.made.get(index + 1).map(|next| (next.header.base, next.header.chain));
    // A position inside a sealed segment ends the log there: the part can still grow.
    let ends_inside = after.is_some_and(|(base, _)| upto.is_some_and(|upto| upto.get() < base));
    let known = after.filter(|_| !ends_inside).and_then(|(base, chain)| {
        known(&segment.name, segment.header.chain).map(|used_bytes| (used_bytes, base, chain))
    });
    let (used_bytes, next, chain) = match (known, upto, &extent) {
        (Some(known), ..) => known,
        (None, Some(upto), Extent::Last) => walk_to(segment, upto)?,
        (None, Some(upto), Extent::Sealed(end)) if upto.get() < *end => walk_to(segment, upto)?,
        (None, ..) => {
            let walked = walk(segment, &extent)?;
            (walked.tail, walked.next, walked.chain)
        }
    };
    let len_bytes = segment.file.len_bytes().map_err(|source| RecoverError::Io {
        operation: "reading",
        file: segment.name.clone(),
        source,
    })?;
    let part = SegmentPart {
        name: segment.name.clone(),
        used_bytes,
        len_bytes: len_bytes.max(used_bytes),
        chain_before: segment.header.chain,
        sealed: after.is_some() && !ends_inside,
    };
    Ok((part, next, chain))
}

/// Checks the frames up to a position that is known to be durable: what a server writes behind it
/// meanwhile is not looked at.
fn walk_to(segment: &Segment, upto: Position) -> Result<(u64, u64, [u8; 32]), RecoverError> {
    let mut chain = Chain::at(segment.header.chain);
    let mut cursor = segment.cursor(FIRST_FRAME, SCAN_CHUNK_BYTES_MAX);
    let mut next = segment.header.base;
    while next < upto.get() {
        let offset = cursor.offset();
        let stored = checked_frame(&mut cursor, next, &mut chain)
            .map_err(|bad| segment.error(offset, next, bad))?;
        chain.advance(stored.chain);
        next = stored.next().get();
    }
    Ok((cursor.offset(), next, chain.value()))
}
