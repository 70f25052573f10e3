//! Rows that only few numbers have, in the order of the numbers.
//!
//! An ordered map in pieces: a clone shares the pieces and copies one only when it is changed.
//! Owns the pieces. Must not know what a row is.

use crate::visits::visit;
use bincode::de::{BorrowDecode, BorrowDecoder, Decode, Decoder};
use bincode::enc::{Encode, Encoder};
use bincode::error::{DecodeError, EncodeError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Numbers of one piece: 2^12.
const PIECE_BITS: u32 = 12;

/// Rows of few numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sparse<T> {
    pieces: BTreeMap<u64, Arc<BTreeMap<u64, T>>>,
    len: usize,
}

impl<T> Default for Sparse<T> {
    fn default() -> Self {
        Sparse { pieces: BTreeMap::new(), len: 0 }
    }
}

impl<T: Clone> Sparse<T> {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The row of a number.
    pub fn get(&self, number: u64) -> Option<&T> {
        // Most tables of this kind are empty most of the time.
        if self.len == 0 {
            return None;
        }
        visit();
        self.pieces.get(&(number >> PIECE_BITS))?.get(&number)
    }

    /// Sets the row of a number; gives the one before.
    pub fn insert(&mut self, number: u64, row: T) -> Option<T> {
        let piece = self.pieces.entry(number >> PIECE_BITS).or_default();
        let before = Arc::make_mut(piece).insert(number, row);
        self.len = self.len.saturating_add(usize::from(before.is_none()));
        before
    }

    /// The row of a number, to change it; it is made where there is none.
    pub fn entry(&mut self, number: u64, make: impl FnOnce() -> T) -> &mut T {
        let piece = Arc::make_mut(self.pieces.entry(number >> PIECE_BITS).or_default());
        let len = &mut self.len;
        piece.entry(number).or_insert_with(|| {
            *len = len.saturating_add(1);
            make()
        })
    }

    /// Takes the row of a number away.
    pub fn remove(&mut self, number: u64) -> Option<T> {
        self.get(number)?;
        let piece = self.pieces.get_mut(&(number >> PIECE_BITS))?;
        let row = Arc::make_mut(piece).remove(&number);
        let is_empty = piece.is_empty();
        if is_empty {
            self.pieces.remove(&(number >> PIECE_BITS));
        }
        self.len = self.len.saturating_sub(1);
        row
    }

    /// The rows from a number on.
    pub fn iter_from(&self, number: u64) -> impl Iterator<Item = (u64, &T)> {
        let pieces = self.pieces.range(number >> PIECE_BITS..);
        let rows = pieces.flat_map(move |(_, piece)| piece.range(number..));
        rows.inspect(|_| visit()).map(|(number, row)| (*number, row))
    }

    /// The rows in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        let rows = self.pieces.values().flat_map(|piece| piece.iter());
        rows.inspect(|_| visit()).map(|(number, row)| (*number, row))
    }
}

/// As a map of its rows.
impl<T: Encode> Encode for Sparse<T> {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        (self.len as u64).encode(encoder)?;
        self.pieces.values().flat_map(|piece| piece.iter()).try_for_each(|row| row.encode(encoder))
    }
}

impl<Context, T: Clone + Decode<Context>> Decode<Context> for Sparse<T> {
    fn decode<D: Decoder<Context = Context>>(decoder: &mut D) -> Result<Sparse<T>, DecodeError> {
        let mut sparse = Sparse::default();
        for _ in 0..u64::decode(decoder)? {
            // A row takes more memory than bytes: the limit counts it.
            decoder.claim_container_read::<(u64, T)>(1)?;
            let (number, row) = Decode::decode(decoder)?;
            sparse.insert(number, row);
        }
        Ok(sparse)
    }
}

impl<'de, Context, T: Clone + Decode<Context>> BorrowDecode<'de, Context> for Sparse<T> {
    fn borrow_decode<D: BorrowDecoder<'de, Context = Context>>(
        decoder: &mut D,
    ) -> Result<Sparse<T>, DecodeError> {
        Sparse::decode(decoder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_an_ordered_map(
            steps in proptest::collection::vec((0_u64..9_000, any::<Option<u8>>()), 0..300)
        ) {
            let (mut sparse, mut map) = (Sparse::default(), BTreeMap::new());
            for (number, row) in steps {
                let view = sparse.clone();
                let before: Vec<(u64, u8)> = map.iter().map(|(n, r)| (*n, *r)).collect();
                match row {
                    Some(row) => {
                        prop_assert_eq!(sparse.insert(number, row), map.insert(number, row));
                    }
                    None => prop_assert_eq!(sparse.remove(number), map.remove(&number)),
                }
                prop_assert_eq!(sparse.get(number), map.get(&number));
                prop_assert_eq!(sparse.len(), map.len());
                let kept: Vec<(u64, u8)> = view.iter().map(|(n, r)| (n, *r)).collect();
                prop_assert_eq!(kept, before);
            }
            prop_assert!(sparse.iter().eq(map.iter().map(|(n, r)| (*n, r))));
            let after = sparse.iter().skip_while(|(number, _)| *number < 5_000);
            prop_assert!(sparse.iter_from(5_000).eq(after));
            let bytes = bincode::encode_to_vec(&sparse, bincode::config::legacy()).unwrap();
            let same = bincode::encode_to_vec(&map, bincode::config::legacy()).unwrap();
            prop_assert_eq!(&bytes, &same);
            let (read, _) = bincode::decode_from_slice(&bytes, bincode::config::legacy()).unwrap();
            prop_assert_eq!(sparse, read);
        }
    }
}
