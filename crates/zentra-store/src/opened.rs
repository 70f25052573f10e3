//! The segments of a folder, opened and checked against each other by their headers.
//!
//! Owns what must hold between segments. Changes nothing.

use crate::error::{Corruption, Fault, RecoverError};
use crate::layout::segment::{segment_base, segment_name};
use crate::layout::{Identity, SEGMENT_HEADER_BYTES, SegmentHeader};
use crate::segment::{FIRST_FRAME, Segment};
use crate::storage::Storage;
use crate::tail;
use crate::walk::Extent;
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

/// The segments of a folder.
pub(crate) struct Segments {
    /// Those with a header, in order.
    pub(crate) made: Vec<Arc<Segment>>,
    /// The base of a last one that was cut off while it was being made: it has no header and no
    /// frames. Its name proves that everything before it was durable.
    pub(crate) unmade: Option<u64>,
}

impl Segments {
    /// Where the frames of the segment at `index` end.
    pub(crate) fn extent(&self, index: usize) -> Extent {
        match self.made.get(index + 1).map(|next| next.header.base).or(self.unmade) {
            Some(end) => Extent::Sealed(end),
            None => Extent::Last,
        }
    }
}

/// Opens the segments.
pub(crate) fn segments(
    storage: &dyn Storage,
    identity: &Identity,
    bases: &[u64],
) -> Result<Segments, RecoverError> {
    let mut made: Vec<Arc<Segment>> = Vec::new();
    let mut unmade = None;
    for (index, base) in bases.iter().enumerate() {
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        match segment(storage, identity, number, *base)? {
            Some(segment) => made.push(Arc::new(segment)),
            // Only the last file can be half made, and the first segment starts at zero.
            None if index + 1 == bases.len() && (index > 0 || *base == 0) => unmade = Some(*base),
            None => return Err(corrupt(*base, Fault::SegmentHeader)),
        }
    }
    Ok(Segments { made, unmade })
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
