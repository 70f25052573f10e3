//! The meta file: what makes a folder a log, and whose log it is.

use crate::layout::{FORMAT_VERSION, field};

/// Bytes of the meta file.
pub(crate) const META_BYTES: usize = CHECKSUM_AT + 4;

const MAGIC: [u8; 8] = *b"ZENTRLOG";
const VERSION_AT: usize = 8;
const PARTITION_AT: usize = 10;
const RESERVED_AT: usize = 12;
const LOG_ID_AT: usize = 16;
const CHECKSUM_AT: usize = 32;

const LOG_CONTEXT: &str = "zentra log v1";

/// Whose log it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) partition: u16,
    pub(crate) log_id: [u8; 16],
}

/// Why a meta file does not name a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MetaFault {
    Version(u16),
    Damaged,
}

impl Identity {
    pub(crate) fn encode(&self) -> [u8; META_BYTES] {
        let mut bytes = [0; META_BYTES];
        bytes[..VERSION_AT].copy_from_slice(&MAGIC);
        bytes[VERSION_AT..PARTITION_AT].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[PARTITION_AT..RESERVED_AT].copy_from_slice(&self.partition.to_le_bytes());
        bytes[LOG_ID_AT..CHECKSUM_AT].copy_from_slice(&self.log_id);
        let checksum = crc32c::crc32c(&bytes[..CHECKSUM_AT]);
        bytes[CHECKSUM_AT..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Identity, MetaFault> {
        if bytes.len() < LOG_ID_AT || bytes[..VERSION_AT] != MAGIC {
            return Err(MetaFault::Damaged);
        }
        let version = u16::from_le_bytes(field(bytes, VERSION_AT));
        let checks = bytes.len() == META_BYTES
            && crc32c::crc32c(&bytes[..CHECKSUM_AT])
                == u32::from_le_bytes(field(bytes, CHECKSUM_AT));
        if version != FORMAT_VERSION && version != 0 {
            return Err(MetaFault::Version(version));
        }
        if !checks || field::<4>(bytes, RESERVED_AT) != [0; 4] || version != FORMAT_VERSION {
            return Err(MetaFault::Damaged);
        }
        Ok(Identity {
            partition: u16::from_le_bytes(field(bytes, PARTITION_AT)),
            log_id: field(bytes, LOG_ID_AT),
        })
    }

    /// The chain value before the first frame: it binds the chain to this log.
    pub(crate) fn genesis(&self) -> [u8; 32] {
        blake3::derive_key(LOG_CONTEXT, &self.encode()[..CHECKSUM_AT])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_as_documented() {
        let identity = Identity { partition: 0x0102, log_id: *b"0123456789abcdef" };
        let bytes = identity.encode();
        assert_eq!(&bytes[..16], b"ZENTRLOG\x01\x00\x02\x01\x00\x00\x00\x00");
        assert_eq!(&bytes[16..32], b"0123456789abcdef");
        assert_eq!(Identity::decode(&bytes), Ok(identity));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let bytes = Identity { partition: 3, log_id: [9; 16] }.encode();
        for bit in 0..META_BYTES * 8 {
            let mut damaged = bytes;
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(Identity::decode(&damaged).is_err(), "bit {bit}");
        }
        assert_eq!(Identity::decode(&bytes[..20]), Err(MetaFault::Damaged));
        assert_eq!(Identity::decode(b""), Err(MetaFault::Damaged));
    }
}
