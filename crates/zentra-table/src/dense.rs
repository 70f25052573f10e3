//! Records by dense number, in chunks of a fixed size.
//!
//! Growing never moves a record, so there is no stall. A read view of the table shares its chunks
//! and the table copies one only when it is changed: that is how a snapshot is written while the
//! writer goes on. A chunk that nobody shares is changed without an atomic operation. Owns the
//! chunks. Must not know what a record is.

use crate::visits::visit;
use std::sync::Arc;

/// Records by number; a chunk has `2^BITS` of them.
#[derive(Clone, Debug)]
pub struct Dense<T, const BITS: u32> {
    chunks: Vec<Chunk<T>>,
    len: usize,
}

#[derive(Clone, Debug)]
enum Chunk<T> {
    Own(Vec<T>),
    Shared(Arc<Vec<T>>),
}

impl<T> Chunk<T> {
    #[inline]
    fn records(&self) -> &[T] {
        match self {
            Chunk::Own(records) => records,
            Chunk::Shared(records) => records,
        }
    }
}

impl<T: Clone> Chunk<T> {
    /// The records, to be changed: those that a read view still has are copied.
    #[inline]
    fn own(&mut self, capacity: usize) -> &mut Vec<T> {
        if let Chunk::Shared(_) = self {
            self.take_back(capacity);
        }
        match self {
            Chunk::Own(records) => records,
            Chunk::Shared(_) => unreachable!("a shared chunk was made an own one"),
        }
    }

    #[cold]
    fn take_back(&mut self, capacity: usize) {
        let Chunk::Shared(shared) = self else { return };
        let records = match Arc::try_unwrap(std::mem::take(shared)) {
            Ok(records) => records,
            Err(shared) => {
                let mut records = Vec::with_capacity(capacity);
                records.extend_from_slice(&shared);
                records
            }
        };
        *self = Chunk::Own(records);
    }
}

impl<T, const BITS: u32> Default for Dense<T, BITS> {
    fn default() -> Self {
        Dense { chunks: Vec::new(), len: 0 }
    }
}

impl<T: PartialEq + Clone, const BITS: u32> PartialEq for Dense<T, BITS> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl<T: Eq + Clone, const BITS: u32> Eq for Dense<T, BITS> {}

impl<T: Clone, const BITS: u32> Dense<T, BITS> {
    const CHUNK: usize = 1 << BITS;

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The record with this number.
    #[inline]
    pub fn get(&self, number: usize) -> Option<&T> {
        visit();
        self.chunks.get(number >> BITS)?.records().get(number & (Self::CHUNK - 1))
    }

    /// As [`Dense::get`], to change it.
    #[inline]
    pub fn get_mut(&mut self, number: usize) -> Option<&mut T> {
        let chunk = self.chunks.get_mut(number >> BITS)?;
        chunk.own(Self::CHUNK).get_mut(number & (Self::CHUNK - 1))
    }

    /// Adds a record under the next number.
    #[inline]
    pub fn push(&mut self, record: T) {
        if self.len.is_multiple_of(Self::CHUNK) {
            self.chunks.push(Chunk::Own(Vec::with_capacity(Self::CHUNK)));
        }
        let Some(last) = self.chunks.last_mut() else { return };
        last.own(Self::CHUNK).push(record);
        self.len = self.len.saturating_add(1);
    }

    /// The record with the largest number.
    pub fn last(&self) -> Option<&T> {
        self.chunks.last()?.records().last()
    }

    /// How many records there are before the first that is not `before`; those that are come first.
    pub fn partition_point(&self, before: impl Fn(&T) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle) {
                Some(record) if before(record) => low = middle + 1,
                _ => high = middle,
            }
        }
        low
    }

    /// The records in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.records().iter()).inspect(|_| visit())
    }

    /// The records from a number on.
    pub fn iter_from(&self, number: usize) -> impl Iterator<Item = &T> {
        let (chunk, record) = (number >> BITS, number & (Self::CHUNK - 1));
        let chunks = self.chunks.iter().skip(chunk).map(Chunk::records);
        let records = chunks.enumerate().flat_map(move |(later, records)| {
            records.get(if later == 0 { record } else { 0 }..).unwrap_or_default()
        });
        records.inspect(|_| visit())
    }

    /// A read view of the records. It costs little, whatever their number.
    #[must_use]
    pub fn read_view(&mut self) -> Dense<T, BITS> {
        let share = |chunk: &mut Chunk<T>| {
            if let Chunk::Own(records) = chunk {
                *chunk = Chunk::Shared(Arc::new(std::mem::take(records)));
            }
            chunk.clone()
        };
        Dense { chunks: self.chunks.iter_mut().map(share).collect(), len: self.len }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_keeps_its_records() {
        let mut live: Dense<u32, 2> = Dense::default();
        for number in 0..10 {
            live.push(number);
        }
        let view = live.read_view();
        live.push(10);
        *live.get_mut(3).unwrap() = 33;
        assert_eq!(view.iter().copied().collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
        assert_eq!((live.get(3), live.get(10), live.len()), (Some(&33), Some(&10), 11));
        for from in 0..13 {
            let all = live.iter().skip(from).collect::<Vec<_>>();
            assert_eq!(live.iter_from(from).collect::<Vec<_>>(), all, "from {from}");
        }
        assert_eq!((view.get(3), view.get(10)), (Some(&3), None));
        assert_eq!((view.last(), live.last()), (Some(&9), Some(&10)));
        assert_eq!(view.partition_point(|number| *number < 6), 6);
        assert_eq!(view.partition_point(|number| *number < 60), 10);
        drop(view);
        *live.get_mut(7).unwrap() = 77;
        assert_eq!(live.get(7), Some(&77));
    }
}
