//! The header of a segment file, and the file's name.

use crate::error::Fault;
use crate::layout::{CHAIN_BYTES, FORMAT_VERSION, Identity, field};

/// Bytes of the header; the first frame follows.
pub(crate) const SEGMENT_HEADER_BYTES: usize = CHECKSUM_AT + 4;

const MAGIC: [u8; 8] = *b"ZENTRSEG";
const VERSION_AT: usize = 8;
const PARTITION_AT: usize = 10;
const NUMBER_AT: usize = 12;
const LOG_ID_AT: usize = 16;
const BASE_AT: usize = 32;
const CHAIN_AT: usize = 40;
const CHECKSUM_AT: usize = CHAIN_AT + CHAIN_BYTES;

const SEGMENT_CONTEXT: &str = "zentra segment v1";
const NAME_DIGITS: usize = 20;
const NAME_SUFFIX: &str = ".seg";

/// What a segment says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) identity: Identity,
    /// Dense 0-based number: a missing file is noticed.
    pub(crate) number: u32,
    /// The position of the first entry. Everything before it was durable when this was written.
    pub(crate) base: u64,
    /// The chain value before the first frame.
    pub(crate) chain: [u8; CHAIN_BYTES],
}

impl SegmentHeader {
    pub(crate) fn encode(&self) -> [u8; SEGMENT_HEADER_BYTES] {
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        bytes[..VERSION_AT].copy_from_slice(&MAGIC);
        bytes[VERSION_AT..PARTITION_AT].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[PARTITION_AT..NUMBER_AT].copy_from_slice(&self.identity.partition.to_le_bytes());
        bytes[NUMBER_AT..LOG_ID_AT].copy_from_slice(&self.number.to_le_bytes());
        bytes[LOG_ID_AT..BASE_AT].copy_from_slice(&self.identity.log_id);
        bytes[BASE_AT..CHAIN_AT].copy_from_slice(&self.base.to_le_bytes());
        bytes[CHAIN_AT..CHECKSUM_AT].copy_from_slice(&self.chain);
        let checksum = crc32c::crc32c(&bytes[..CHECKSUM_AT]);
        bytes[CHECKSUM_AT..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<SegmentHeader, Fault> {
        if bytes.len() < SEGMENT_HEADER_BYTES
            || bytes[..VERSION_AT] != MAGIC
            || u16::from_le_bytes(field(bytes, VERSION_AT)) != FORMAT_VERSION
            || crc32c::crc32c(&bytes[..CHECKSUM_AT])
                != u32::from_le_bytes(field(bytes, CHECKSUM_AT))
        {
            return Err(Fault::SegmentHeader);
        }
        Ok(SegmentHeader {
            identity: Identity {
                partition: u16::from_le_bytes(field(bytes, PARTITION_AT)),
                log_id: field(bytes, LOG_ID_AT),
            },
            number: u32::from_le_bytes(field(bytes, NUMBER_AT)),
            base: u64::from_le_bytes(field(bytes, BASE_AT)),
            chain: field(bytes, CHAIN_AT),
        })
    }

    /// What each frame of the segment repeats, so that bytes of another segment, or bytes that a
    /// caller made to look like a frame, are not taken for one.
    pub(crate) fn tag(&self) -> u32 {
        let hash = blake3::derive_key(SEGMENT_CONTEXT, &self.encode());
        u32::from_le_bytes(field(&hash, 0))
    }
}

/// The file name of the segment whose first entry has this position.
pub(crate) fn segment_name(base: u64) -> String {
    format!("{base:0width$}{NAME_SUFFIX}", width = NAME_DIGITS)
}

/// The base position in a segment's file name; none for other files.
pub(crate) fn segment_base(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(NAME_SUFFIX)?;
    let dense = digits.len() == NAME_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    if dense { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> SegmentHeader {
        let identity = Identity { partition: 2, log_id: [5; 16] };
        SegmentHeader { identity, number: 7, base: 0x0102_0304, chain: [8; 32] }
    }

    #[test]
    fn bytes_are_as_documented() {
        let bytes = header().encode();
        assert_eq!(bytes.len(), 76);
        assert_eq!(&bytes[..16], b"ZENTRSEG\x01\x00\x02\x00\x07\x00\x00\x00");
        assert_eq!(&bytes[16..32], &[5; 16]);
        assert_eq!(&bytes[32..40], b"\x04\x03\x02\x01\x00\x00\x00\x00");
        assert_eq!(&bytes[40..72], &[8; 32]);
        assert_eq!(SegmentHeader::decode(&bytes), Ok(header()));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let bytes = header().encode();
        for bit in 0..SEGMENT_HEADER_BYTES * 8 {
            let mut damaged = bytes;
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(SegmentHeader::decode(&damaged), Err(Fault::SegmentHeader), "bit {bit}");
        }
    }

    #[test]
    fn names_are_the_base_position() {
        for base in [0, 1, 4711, u64::MAX] {
            assert_eq!(segment_base(&segment_name(base)), Some(base));
        }
        for name in ["meta", "LOCK", "1.seg", "0000000000000000000a.seg", "00000000000000000001"] {
            assert_eq!(segment_base(name), None, "{name}");
        }
    }
}
