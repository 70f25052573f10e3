//! Walks all frames of one segment and checks each: lengths, position, checksum, chain.
//!
//! Owns what a full check is. Changes nothing.

use crate::cursor::FrameCursor;
use crate::error::{Bad, Fault, Unreadable};
use crate::index::{FramePoint, SparseIndex};
use crate::layout::{Chain, frame};
use crate::limits::SCAN_CHUNK_BYTES_MAX;
use crate::report::TornTail;
use crate::segment::{FIRST_FRAME, Segment};
use crate::tail::{self, Verdict};
use zentra_log::StoredFrame;

/// Where a segment's frames end.
pub(crate) enum Extent {
    /// The next segment starts at this position: the frames must end there, followed by zeros.
    Sealed(u64),
    /// It is the last segment: a torn tail may follow.
    Last,
}

/// What a walk found.
pub(crate) struct Walk {
    pub(crate) frames: u64,
    pub(crate) next: u64,
    pub(crate) chain: [u8; 32],
    /// Where the next frame goes.
    pub(crate) tail: u64,
    pub(crate) index: SparseIndex,
    pub(crate) torn: Option<TornTail>,
}

/// Checks every frame of a segment.
pub(crate) fn walk(segment: &Segment, extent: &Extent) -> Result<Walk, Unreadable> {
    let mut chain = Chain::at(segment.header.chain);
    let mut cursor = segment.cursor(FIRST_FRAME, SCAN_CHUNK_BYTES_MAX);
    let mut index = SparseIndex::default();
    let mut next = segment.header.base;
    let mut frames = 0;
    let torn = loop {
        let offset = cursor.offset();
        if let Extent::Sealed(end) = extent
            && next >= *end
        {
            end_of_sealed(segment, offset, next, *end)?;
            break None;
        }
        let stored = match checked_frame(&mut cursor, next, &mut chain) {
            Ok(frame) => frame,
            Err(bad) => match bad_frame(&mut cursor, segment, next, &mut chain, extent, bad)? {
                After::End(torn) => break torn,
                After::Frame(frame) => *frame,
            },
        };
        chain.advance(stored.chain);
        index.note(FramePoint { base: next, offset });
        next = stored.next().0;
        frames += 1;
    };
    Ok(Walk { frames, next, chain: chain.value(), tail: cursor.offset(), index, torn })
}

enum After {
    End(Option<TornTail>),
    Frame(Box<StoredFrame>),
}

fn bad_frame(
    cursor: &mut FrameCursor<'_>,
    segment: &Segment,
    next: u64,
    chain: &mut Chain,
    extent: &Extent,
    bad: Bad,
) -> Result<After, Unreadable> {
    let offset = cursor.offset();
    let refuse = |bad: Bad| segment.error(offset, next, bad);
    let fault = match (bad, extent) {
        (Bad::Fault(fault), Extent::Last) => fault,
        (bad, _) => return Err(refuse(bad)),
    };
    match tail::judge(segment, offset, next, fault).map_err(|error| refuse(error.into()))? {
        Verdict::CleanEnd => Ok(After::End(None)),
        Verdict::Torn(torn) => Ok(After::End(Some(torn))),
        Verdict::Corrupt => {
            // A server may be writing this log: what was missing a moment ago may be there now.
            cursor.forget();
            let again = checked_frame(cursor, next, chain);
            again.map(|frame| After::Frame(Box::new(frame))).map_err(|_| refuse(fault.into()))
        }
    }
}

pub(crate) fn checked_frame(
    cursor: &mut FrameCursor<'_>,
    base: u64,
    chain: &mut Chain,
) -> Result<StoredFrame, Bad> {
    let header = cursor.header(base)?;
    let offset = cursor.offset();
    let (stored, bytes) = cursor.frame(&header)?;
    if chain.after(frame::chained(&bytes)) == stored.chain {
        return Ok(stored);
    }
    cursor.back_to(offset);
    Err(Fault::Chain.into())
}

fn end_of_sealed(segment: &Segment, offset: u64, next: u64, end: u64) -> Result<(), Unreadable> {
    let refuse = |bad: Bad| segment.error(offset, next, bad);
    if next != end {
        return Err(refuse(Fault::End { found: next }.into()));
    }
    if !tail::is_zero_from(segment, offset).map_err(|error| refuse(error.into()))? {
        return Err(refuse(Fault::Trailing.into()));
    }
    Ok(())
}
