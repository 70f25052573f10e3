//! Frames and entries as callers see them.
//!
//! Owns the shape of a batch before it is written and after it is read. Must not know the layout
//! in which they are stored.

use crate::error::AppendError;
use bytes::Bytes;
use zentra_events::Position;
use zentra_events::codec::{CODEC, FrameBytes};
use zentra_events::limits::{ENTRY_BYTES_MAX, ENTRY_END_BYTES, FRAME_BYTES_MAX, FRAME_FIXED_BYTES};

/// One batch of entries that is to be written: they become durable together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PendingFrame {
    /// Says how to read `shared` and the payloads.
    pub codec: u8,
    /// What the entries have in common, written once.
    pub shared: Vec<u8>,
    /// The entries' bytes, one after the other.
    pub payloads: Vec<u8>,
    /// Where each entry's bytes end in `payloads`. At least one; not decreasing; the last is the
    /// length of `payloads`.
    pub ends: Vec<u32>,
}

impl From<FrameBytes> for PendingFrame {
    /// What was encoded just now, so with the codec that is written.
    fn from(FrameBytes { shared, payloads, ends }: FrameBytes) -> PendingFrame {
        PendingFrame { codec: CODEC, shared, payloads, ends }
    }
}

impl PendingFrame {
    /// Its size, as it counts against [`FRAME_BYTES_MAX`].
    pub fn frame_bytes(&self) -> usize {
        let ends = self.ends.len() * ENTRY_END_BYTES;
        FRAME_FIXED_BYTES + self.shared.len() + ends + self.payloads.len()
    }

    /// Whether the frame may be written as frame number `frame` of an append.
    ///
    /// # Errors
    /// With the limit that it breaks.
    pub fn check(&self, frame: usize) -> Result<(), AppendError> {
        let Some(last) = self.ends.last() else { return Err(AppendError::NoEntries { frame }) };
        if *last as usize != self.payloads.len() {
            return Err(AppendError::EntryEnds { frame });
        }
        let bytes = self.frame_bytes();
        if bytes > FRAME_BYTES_MAX {
            return Err(AppendError::FrameTooLarge { frame, bytes });
        }
        let mut before = 0;
        for (entry, end) in self.ends.iter().enumerate() {
            let Some(bytes) = end.checked_sub(before) else {
                return Err(AppendError::EntryEnds { frame });
            };
            if bytes as usize > ENTRY_BYTES_MAX {
                return Err(AppendError::EntryTooLarge { frame, entry, bytes: bytes as usize });
            }
            before = *end;
        }
        Ok(())
    }
}

/// One entry as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// Where it stands in the log.
    pub position: Position,
    /// How to read its bytes.
    pub codec: u8,
    /// What the entries of its frame have in common.
    pub shared: Bytes,
    /// Its own bytes.
    pub payload: Bytes,
}

/// One frame as it is stored. Its parts are slices of one buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFrame {
    /// The position of the first entry.
    pub base: Position,
    /// How to read the entries.
    pub codec: u8,
    /// What the entries have in common.
    pub shared: Bytes,
    /// The chain value after this frame.
    pub chain: [u8; 32],
    ends: Bytes,
    payloads: Bytes,
}

impl StoredFrame {
    /// A frame as it was found. `ends` has four bytes an entry, little-endian: where its bytes end
    /// in `payloads`, as in [`PendingFrame::ends`]. None when they do not divide `payloads`.
    pub fn new(
        base: Position,
        codec: u8,
        shared: Bytes,
        chain: [u8; 32],
        ends: Bytes,
        payloads: Bytes,
    ) -> Option<StoredFrame> {
        let frame = StoredFrame { base, codec, shared, chain, ends, payloads };
        let mut before = 0;
        for end in frame.ends() {
            if end < before {
                return None;
            }
            before = end;
        }
        (before as usize == frame.payloads.len()).then_some(frame)
    }

    /// The entries, in order.
    pub fn entries(&self) -> Entries<'_> {
        Entries { frame: self, front: 0, back: self.count() }
    }

    /// Its size, as it counts against [`FRAME_BYTES_MAX`].
    pub fn frame_bytes(&self) -> usize {
        FRAME_FIXED_BYTES + self.shared.len() + self.ends.len() + self.payloads.len()
    }

    /// The position after the last entry.
    pub fn next(&self) -> Position {
        Position(self.base.0 + self.count() as u64)
    }

    /// The entry at a position of this frame.
    pub fn entry(&self, position: Position) -> Option<StoredEntry> {
        let index = usize::try_from(position.0.checked_sub(self.base.0)?).ok()?;
        if index < self.count() { Some(self.nth(index)) } else { None }
    }

    fn ends(&self) -> impl Iterator<Item = u32> {
        self.ends.chunks_exact(ENTRY_END_BYTES).map(end_of)
    }

    /// How many entries there are.
    pub fn count(&self) -> usize {
        self.ends.len() / ENTRY_END_BYTES
    }

    /// The position and the payload of each entry, borrowed.
    pub fn payloads(&self) -> impl Iterator<Item = (Position, &[u8])> {
        let mut start = 0;
        self.ends().enumerate().map(move |(index, end)| {
            let payload = &self.payloads[start..end as usize];
            start = end as usize;
            (Position(self.base.0 + index as u64), payload)
        })
    }

    fn nth(&self, index: usize) -> StoredEntry {
        let at = index * ENTRY_END_BYTES;
        let start = match at.checked_sub(ENTRY_END_BYTES) {
            Some(before) => end_of(&self.ends[before..at]),
            None => 0,
        };
        let end = end_of(&self.ends[at..at + ENTRY_END_BYTES]);
        StoredEntry {
            position: Position(self.base.0 + index as u64),
            codec: self.codec,
            shared: self.shared.clone(),
            payload: self.payloads.slice(start as usize..end as usize),
        }
    }
}

fn end_of(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes.try_into().expect("the slice is one entry end long"))
}

/// The entries of a frame.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    frame: &'a StoredFrame,
    front: usize,
    back: usize,
}

impl Iterator for Entries<'_> {
    type Item = StoredEntry;

    fn next(&mut self) -> Option<StoredEntry> {
        if self.front >= self.back {
            return None;
        }
        let entry = self.frame.nth(self.front);
        self.front += 1;
        Some(entry)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.back - self.front;
        (left, Some(left))
    }

    fn last(mut self) -> Option<StoredEntry> {
        self.next_back()
    }
}

impl DoubleEndedIterator for Entries<'_> {
    fn next_back(&mut self) -> Option<StoredEntry> {
        if self.front >= self.back {
            return None;
        }
        self.back -= 1;
        Some(self.frame.nth(self.back))
    }
}

impl ExactSizeIterator for Entries<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_malformed_frame_is_refused() {
        let frame = |payloads: usize, ends: Vec<u32>| PendingFrame {
            codec: 0,
            shared: Vec::new(),
            payloads: vec![0; payloads],
            ends,
        };
        let max = ENTRY_BYTES_MAX as u32;
        assert!(matches!(frame(0, vec![]).check(3), Err(AppendError::NoEntries { frame: 3 })));
        assert!(matches!(frame(2, vec![1]).check(0), Err(AppendError::EntryEnds { .. })));
        assert!(matches!(frame(2, vec![3, 2]).check(0), Err(AppendError::EntryEnds { .. })));
        let large = frame(ENTRY_BYTES_MAX + 2, vec![1, max + 2]);
        assert!(matches!(large.check(0), Err(AppendError::EntryTooLarge { entry: 1, .. })));
        let huge = frame(2 * ENTRY_BYTES_MAX, vec![max, 2 * max]);
        assert!(matches!(huge.check(0), Err(AppendError::FrameTooLarge { .. })));
        assert!(frame(ENTRY_BYTES_MAX, vec![max]).check(0).is_ok());
        assert!(frame(0, vec![0, 0]).check(0).is_ok());
    }
}
