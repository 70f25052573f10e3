//! The canonical bytes of a projection: counted lists of rows, written and read row by row.
//!
//! Rows are bincode with fixed-width little-endian integers, or raw bytes of a fixed length. Every
//! row has a size limit and every byte must be used. Owns this form. Must not know which lists a
//! projection has.

use bincode::config::legacy;
use bincode::error::DecodeError;
use bincode::{Decode, Encode};

/// Bytes that are handed on at once.
const BUFFER_BYTES: usize = 256 * 1024;
/// How many bytes of memory a row may ask for, for each byte that is left to read: no row of ours
/// takes as many. A length that was made up is refused before anything is allocated for it.
const MEMORY_PER_BYTE: usize = 32;

/// Why bytes are not a projection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SectionError {
    /// The bytes end early, or a row does not decode.
    #[error("{0} do not decode")]
    Undecodable(&'static str),
    /// The bytes decode and contradict themselves.
    #[error("the projection is inconsistent: {0}")]
    Inconsistent(&'static str),
}

fn config() -> impl bincode::config::Config {
    legacy()
}

/// Decodes a row; the memory that it takes is bounded by the bytes that are left.
fn decode<T: Decode<()>>(bytes: &[u8]) -> Result<(T, usize), DecodeError> {
    macro_rules! within {
        ($($limit:expr),*) => {
            match bytes.len().saturating_mul(MEMORY_PER_BYTE) {
                $(0..=$limit => {
                    bincode::decode_from_slice(bytes, legacy().with_limit::<$limit>())
                })*
                _ => bincode::decode_from_slice(bytes, legacy().with_limit::<ROW_BYTES_MAX>()),
            }
        };
    }
    // Limits are part of a type: each is eight times the one before.
    within!(0x1_0000, 0x8_0000, 0x40_0000, 0x200_0000, 0x1000_0000)
}

/// Bytes of memory that one row may take, whatever is left to read.
const ROW_BYTES_MAX: usize = 1 << 31;

/// Hands the bytes of a projection on, piece by piece.
pub struct SectionWriter<'a> {
    buffer: Vec<u8>,
    sink: &'a mut dyn FnMut(&[u8]),
}

/// The bytes that `write` writes, in one piece.
pub fn section_bytes(write: impl FnOnce(&mut SectionWriter<'_>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut sink = |piece: &[u8]| bytes.extend_from_slice(piece);
    let mut writer = SectionWriter::new(&mut sink);
    write(&mut writer);
    writer.finish();
    bytes
}

impl<'a> SectionWriter<'a> {
    /// Writes to this sink.
    pub fn new(sink: &'a mut dyn FnMut(&[u8])) -> SectionWriter<'a> {
        SectionWriter { buffer: Vec::with_capacity(BUFFER_BYTES + 4_096), sink }
    }

    /// Appends a row.
    pub fn put(&mut self, row: &impl Encode) {
        bincode::encode_into_std_write(row, &mut self.buffer, config())
            .expect("writing to memory does not fail, and no row is near the limit");
        self.hand_on();
    }

    /// Appends a row of a fixed length.
    pub fn put_raw(&mut self, row: &[u8]) {
        self.buffer.extend_from_slice(row);
        self.hand_on();
    }

    /// Appends a list: its count and its rows.
    pub fn put_list<T: Encode>(&mut self, count: usize, rows: impl Iterator<Item = T>) {
        self.put(&(count as u64));
        for row in rows {
            self.put(&row);
        }
    }

    /// Hands on what is left.
    pub fn finish(self) {
        (self.sink)(&self.buffer);
    }

    fn hand_on(&mut self) {
        if self.buffer.len() >= BUFFER_BYTES {
            (self.sink)(&self.buffer);
            self.buffer.clear();
        }
    }
}

/// Reads the bytes of a projection.
pub struct SectionReader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> SectionReader<'a> {
    /// Reads these bytes; `what` names them in errors.
    pub fn new(bytes: &'a [u8], what: &'static str) -> SectionReader<'a> {
        SectionReader { rest: bytes, what }
    }

    /// Takes a row.
    ///
    /// # Errors
    /// When the bytes do not decode.
    pub fn take<T: Decode<()>>(&mut self) -> Result<T, SectionError> {
        let (row, used) = decode(self.rest).map_err(|_| SectionError::Undecodable(self.what))?;
        self.rest = &self.rest[used..];
        Ok(row)
    }

    /// As [`SectionReader::take`], of a row that holds maps: a key that stands twice, or out of
    /// order, would be dropped or moved without a word.
    ///
    /// # Errors
    /// When the bytes do not decode, or are not the row's one form.
    pub fn take_canonical<T: Decode<()> + Encode>(&mut self) -> Result<T, SectionError> {
        let before = self.rest;
        let row = self.take::<T>()?;
        let used = before.strip_suffix(self.rest).unwrap_or(before);
        let mut again = Vec::with_capacity(used.len());
        bincode::encode_into_std_write(&row, &mut again, config())
            .map_err(|_| SectionError::Undecodable(self.what))?;
        if again == used {
            Ok(row)
        } else {
            Err(SectionError::Inconsistent("a map is not in its one form"))
        }
    }

    /// Takes a row of a fixed length.
    ///
    /// # Errors
    /// When the bytes end early.
    pub fn take_raw<const N: usize>(&mut self) -> Result<&'a [u8; N], SectionError> {
        let taken = self.rest.split_first_chunk::<N>();
        let (row, rest) = taken.ok_or(SectionError::Undecodable(self.what))?;
        self.rest = rest;
        Ok(row)
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// When bytes are left.
    pub fn finish(self) -> Result<(), SectionError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(SectionError::Inconsistent("bytes follow the last row"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_map_with_a_key_twice_or_out_of_order_is_refused() {
        let take = |pairs: &[(u32, u8)]| {
            let mut bytes = Vec::new();
            let mut sink = |piece: &[u8]| bytes.extend_from_slice(piece);
            let mut writer = SectionWriter::new(&mut sink);
            writer.put_list(pairs.len(), pairs.iter());
            writer.finish();
            SectionReader::new(&bytes, "a map").take_canonical::<BTreeMap<u32, u8>>()
        };
        assert_eq!(take(&[(1, 7), (2, 8)]), Ok(BTreeMap::from([(1, 7), (2, 8)])));
        for damaged in [[(1, 7), (1, 7)], [(2, 8), (1, 7)]] {
            assert!(matches!(take(&damaged), Err(SectionError::Inconsistent(_))), "{damaged:?}");
        }
    }

    #[test]
    fn a_length_that_was_made_up_asks_for_no_memory() {
        for (length, bytes) in [(1_u64 << 50, 0), (1 << 32, 9), (1 << 20, 1_000), (u64::MAX, 5_000)]
        {
            let row = [length.to_le_bytes().as_slice(), &vec![0; bytes]].concat();
            let mut reader = SectionReader::new(&row, "texts");
            assert_eq!(reader.take::<Vec<String>>(), Err(SectionError::Undecodable("texts")));
        }
        let texts = vec![String::new(); 10_000];
        let bytes = section_bytes(|out| out.put(&texts));
        assert_eq!(SectionReader::new(&bytes, "texts").take::<Vec<String>>(), Ok(texts));
    }

    #[test]
    fn long_sections_are_handed_on_in_pieces() {
        let (mut bytes, mut pieces) = (Vec::new(), 0);
        let mut sink = |piece: &[u8]| {
            bytes.extend_from_slice(piece);
            pieces += 1;
        };
        let mut writer = SectionWriter::new(&mut sink);
        for number in 0..100_000_u64 {
            writer.put_raw(&number.to_le_bytes());
        }
        writer.finish();
        assert!(pieces > 1);
        let mut reader = SectionReader::new(&bytes, "numbers");
        for number in 0..100_000_u64 {
            assert_eq!(reader.take_raw::<8>().map(|raw| u64::from_le_bytes(*raw)), Ok(number));
        }
        assert_eq!(reader.finish(), Ok(()));
    }
}
