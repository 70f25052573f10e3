//! The segments of a folder, opened and checked against each other by their headers.
//!
//! Owns what must hold between segments. Changes nothing.

use crate::error::{Corruption, Fault, RecoverError};
use crate::layout::segment::{segment_base, segment_name};
use crate::layout::{Identity, SEGMENT_HEADER_BYTES, SegmentHeader};
use crate::segment::{FIRST_FRAME, Segment};
use crate::storage::Storage;
use crate::tail;
use std::sync::Arc;
use zentra_events::Position;

/// The base positions in the names of a folder's segments, in order.
pub(crate) fn bases(storage: &dyn Storage) -> Result<Vec<u64>, RecoverError> {
    let names = storage.list().map_err(|source| RecoverError::Io {
        operation: "listing",
        file: storage.location(),
        source,
    })?;
    let mut bases: Vec<u64> = names.iter().filter_map(|name| segment_base(name)).collect();
    bases.sort_unstable();
    Ok(bases)
}

/// Opens the segments. The last one may have been cut off while it was being made: then it has no
/// header and no frames, and is left out.
pub(crate) fn segments(
    storage: &dyn Storage,
    identity: &Identity,
    bases: &[u64],
) -> Result<Vec<Arc<Segment>>, RecoverError> {
    let mut segments: Vec<Arc<Segment>> = Vec::new();
    for (index, base) in bases.iter().enumerate() {
        let number = u32::try_from(segments.len()).unwrap_or(u32::MAX);
        match segment(storage, identity, number, *base) {
            Ok(Some(segment)) => segments.push(Arc::new(segment)),
            Ok(None) if index + 1 == bases.len() => {}
            Ok(None) => return Err(corrupt(*base, Fault::SegmentHeader)),
            Err(error) => return Err(error),
        }
    }
    Ok(segments)
}

/// One segment; none when it has neither a header nor anything else.
fn segment(
    storage: &dyn Storage,
    identity: &Identity,
    number: u32,
    base: u64,
) -> Result<Option<Segment>, RecoverError> {
    let name = segment_name(base);
    let failed = |source| RecoverError::Io { operation: "reading", file: name.clone(), source };
    let file = storage.open(&name).map_err(failed)?;
    let mut bytes = [0; SEGMENT_HEADER_BYTES];
    let read = file.read_at(0, &mut bytes).map_err(failed)?;
    let Ok(header) = SegmentHeader::decode(&bytes[..read]) else {
        let placeholder = SegmentHeader { identity: *identity, number, base, chain: [0; 32] };
        let unmade = Segment::new(name.clone(), placeholder, file, FIRST_FRAME, None);
        return if tail::is_zero_from(&unmade, FIRST_FRAME).map_err(failed)? {
            Ok(None)
        } else {
            Err(corrupt(base, Fault::SegmentHeader))
        };
    };
    if header.identity != *identity {
        return Err(corrupt(base, Fault::SegmentIdentity));
    }
    if header.number != number {
        return Err(corrupt(base, Fault::SegmentNumber { found: header.number }));
    }
    if header.base != base {
        return Err(corrupt(base, Fault::Position { found: header.base }));
    }
    let len = file.len_bytes().map_err(failed)?;
    Ok(Some(Segment::new(name, header, file, len, None)))
}

pub(crate) fn corrupt(base: u64, fault: Fault) -> RecoverError {
    let (segment, position) = (segment_name(base), Position(base));
    RecoverError::Corrupt(Corruption { segment, offset: 0, position, fault })
}
