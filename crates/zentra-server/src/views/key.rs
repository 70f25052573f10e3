//! The keys of view rows: kind, scope, then where the row's thing was made.
//!
//! Big-endian, so that a scan in reverse is newest first. Owns the layout. Must not know rows.

use zentra_events::{LogRef, Position, ScopeNo};

/// Bytes of a key.
pub(super) const KEY_BYTES: usize = 15;

/// The key of the row of a thing made at this place.
pub(super) fn row_key(kind: u8, scope: ScopeNo, position: Position, index: u16) -> [u8; KEY_BYTES] {
    let mut key = [0_u8; KEY_BYTES];
    key[0] = kind;
    key[1..5].copy_from_slice(&scope.0.to_be_bytes());
    key[5..13].copy_from_slice(&position.get().to_be_bytes());
    key[13..].copy_from_slice(&index.to_be_bytes());
    key
}

/// As [`row_key`], of a thing whose id is a log reference.
pub(super) fn ref_key(kind: u8, scope: ScopeNo, made: LogRef) -> [u8; KEY_BYTES] {
    row_key(kind, scope, made.position, made.index)
}

/// Bytes of a key of the open index.
pub(super) const OPEN_KEY_BYTES: usize = 22;

/// The key that says that an endpoint's delivery is not done.
pub(super) fn open_key(endpoint: LogRef, delivery: LogRef) -> [u8; OPEN_KEY_BYTES] {
    let mut key = [0_u8; OPEN_KEY_BYTES];
    key[..12].copy_from_slice(&open_prefix(endpoint));
    key[12..20].copy_from_slice(&delivery.position.get().to_be_bytes());
    key[20..].copy_from_slice(&delivery.index.to_be_bytes());
    key
}

/// What the open index's keys of an endpoint begin with.
pub(super) fn open_prefix(endpoint: LogRef) -> [u8; 12] {
    let mut prefix = [0_u8; 12];
    prefix[..2].copy_from_slice(&endpoint.partition.to_be_bytes());
    prefix[2..10].copy_from_slice(&endpoint.position.get().to_be_bytes());
    prefix[10..].copy_from_slice(&endpoint.index.to_be_bytes());
    prefix
}

/// The delivery that a key of the open index names.
pub(super) fn open_delivery(partition: u16, key: &[u8]) -> Option<LogRef> {
    let key: &[u8; OPEN_KEY_BYTES] = key.try_into().ok()?;
    let (position, index) = key[12..].split_first_chunk::<8>()?;
    let position = Position(u64::from_be_bytes(*position));
    let index = u16::from_be_bytes(index.try_into().ok()?);
    Some(LogRef { partition, position, index })
}

/// What all keys of a kind in a scope begin with.
pub(super) fn prefix(kind: u8, scope: ScopeNo) -> [u8; 5] {
    let mut prefix = [0_u8; 5];
    prefix[0] = kind;
    prefix[1..].copy_from_slice(&scope.0.to_be_bytes());
    prefix
}
