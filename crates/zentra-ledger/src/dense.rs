//! Records by dense number, in chunks of a fixed size.
//!
//! Growing never moves a record, so there is no stall. A clone shares its chunks and copies one
//! only when it is changed: that is how a snapshot holds a moment of the state while the writer
//! goes on. Owns the chunks. Must not know what a record is.

use std::sync::Arc;

/// Records by number; a chunk has `2^BITS` of them.
#[derive(Clone, Debug)]
pub struct Dense<T, const BITS: u32> {
    chunks: Vec<Arc<Vec<T>>>,
    len: usize,
}

impl<T, const BITS: u32> Default for Dense<T, BITS> {
    fn default() -> Self {
        Dense { chunks: Vec::new(), len: 0 }
    }
}

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
    pub fn get(&self, number: usize) -> Option<&T> {
        self.chunks.get(number >> BITS)?.get(number & (Self::CHUNK - 1))
    }

    /// As [`Dense::get`], to change it.
    pub fn get_mut(&mut self, number: usize) -> Option<&mut T> {
        let chunk = self.chunks.get_mut(number >> BITS)?;
        Arc::make_mut(chunk).get_mut(number & (Self::CHUNK - 1))
    }

    /// Adds a record under the next number.
    pub fn push(&mut self, record: T) {
        if self.len.is_multiple_of(Self::CHUNK) {
            self.chunks.push(Arc::new(Vec::with_capacity(Self::CHUNK)));
        }
        let Some(last) = self.chunks.last_mut() else { return };
        let chunk = Arc::make_mut(last);
        if chunk.capacity() < Self::CHUNK {
            chunk.reserve_exact(Self::CHUNK.saturating_sub(chunk.len()));
        }
        chunk.push(record);
        self.len = self.len.saturating_add(1);
    }

    /// The records in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_keeps_its_moment() {
        let mut live: Dense<u32, 2> = Dense::default();
        for number in 0..10 {
            live.push(number);
        }
        let moment = live.clone();
        live.push(10);
        *live.get_mut(3).unwrap() = 33;
        assert_eq!(moment.iter().copied().collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
        assert_eq!((live.get(3), live.get(10), live.len()), (Some(&33), Some(&10), 11));
        assert_eq!((moment.get(3), moment.get(10)), (Some(&3), None));
    }
}
