//! The keys of view rows: kind, scope, then where the row's thing was made.
//!
//! Big-endian, so that a scan in reverse is newest first. Owns the layout. Must not know rows.

use zentra_events::{LogRef, Position, ScopeNo};

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 15;

/// The key of the row of a thing made at this place.
pub(crate) fn row_key(kind: u8, scope: ScopeNo, position: Position, index: u16) -> [u8; KEY_BYTES] {
    let mut key = [0_u8; KEY_BYTES];
    key[0] = kind;
    key[1..5].copy_from_slice(&scope.0.to_be_bytes());
    key[5..13].copy_from_slice(&position.get().to_be_bytes());
    key[13..].copy_from_slice(&index.to_be_bytes());
    key
}

/// As [`row_key`], of a thing whose id is a log reference.
pub(crate) fn ref_key(kind: u8, scope: ScopeNo, made: LogRef) -> [u8; KEY_BYTES] {
    row_key(kind, scope, made.position, made.index)
}

/// The position in a key; zero when it is not one.
pub(crate) fn key_position(key: &[u8]) -> u64 {
    let bytes = key.get(5..13).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0, u64::from_be_bytes)
}

/// What all keys of a kind in a scope begin with.
pub(crate) fn prefix(kind: u8, scope: ScopeNo) -> [u8; 5] {
    let mut prefix = [0_u8; 5];
    prefix[0] = kind;
    prefix[1..].copy_from_slice(&scope.0.to_be_bytes());
    prefix
}
