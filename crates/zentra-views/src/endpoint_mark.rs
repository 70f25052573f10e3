//! What is stored of an endpoint: whether it listens, and since when.
//!
//! Owns its bytes. Must not know deliveries.

use zentra_events::{LogRef, Position, Timestamp};

/// Bytes of a mark's key.
pub(crate) const MARK_KEY_BYTES: usize = 12;
/// Bytes of a mark.
const MARK_BYTES: usize = 17;

/// Whether an endpoint listens, and when it was last enabled: what waited before is due since then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) listens: bool,
    pub(crate) enabled: Option<(Position, Timestamp)>,
}

impl Mark {
    pub(crate) fn encode(self) -> [u8; MARK_BYTES] {
        let (position, at) = self.enabled.unwrap_or((Position::ZERO, Timestamp(0)));
        let mut bytes = [0; MARK_BYTES];
        bytes[0] = u8::from(self.listens);
        bytes[1..9].copy_from_slice(&position.get().to_be_bytes());
        bytes[9..].copy_from_slice(&at.0.to_be_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Mark {
        let number = |bytes: &[u8]| bytes.try_into().map_or(0, u64::from_be_bytes);
        let position = Position(number(bytes.get(1..9).unwrap_or_default()));
        let at = Timestamp(number(bytes.get(9..).unwrap_or_default()));
        let enabled = (position != Position::ZERO).then_some((position, at));
        Mark { listens: bytes.first() == Some(&1), enabled }
    }
}

/// The key of an endpoint's mark.
pub(crate) fn mark_key(endpoint: LogRef) -> [u8; MARK_KEY_BYTES] {
    let mut key = [0_u8; MARK_KEY_BYTES];
    key[..2].copy_from_slice(&endpoint.partition.to_be_bytes());
    key[2..10].copy_from_slice(&endpoint.position.get().to_be_bytes());
    key[10..].copy_from_slice(&endpoint.index.to_be_bytes());
    key
}
