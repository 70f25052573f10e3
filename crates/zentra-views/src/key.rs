//! The keys of view rows: kind, scope, then where the row's thing was made.
//!
//! Big-endian, so that a scan in reverse is newest first. Owns the kinds and the layout. Must not
//! know rows.

use zentra_events::{LogRef, Position, ScopeNo};

/// Bytes of a key.
const KEY_BYTES: usize = 15;

/// The key of a row.
pub(crate) type Key = [u8; KEY_BYTES];

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// Accounts, newest first.
    Accounts,
    /// Intents.
    Intents,
    /// Published events.
    Events,
    /// Deliveries.
    Deliveries,
    /// Deliveries that are dead letters.
    DeadLetters,
    /// Replays.
    Replays,
}

impl ListKind {
    fn tag(self) -> u8 {
        match self {
            ListKind::Accounts => b'a',
            ListKind::Intents => b'i',
            ListKind::Events => b'e',
            ListKind::Deliveries => b'd',
            ListKind::DeadLetters => b'x',
            ListKind::Replays => b'r',
        }
    }
}

/// The key of the row of a thing made at this place.
pub(crate) fn row_key(kind: ListKind, scope: ScopeNo, position: Position, index: u16) -> Key {
    let mut key = [0_u8; KEY_BYTES];
    key[0] = kind.tag();
    key[1..5].copy_from_slice(&scope.0.to_be_bytes());
    key[5..13].copy_from_slice(&position.get().to_be_bytes());
    key[13..].copy_from_slice(&index.to_be_bytes());
    key
}

/// As [`row_key`], of a thing whose id is a log reference.
pub(crate) fn ref_key(kind: ListKind, scope: ScopeNo, made: LogRef) -> Key {
    row_key(kind, scope, made.position, made.index)
}

/// The position in a key; zero when it is not one.
pub(crate) fn key_position(key: &[u8]) -> u64 {
    let bytes = key.get(5..13).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0, u64::from_be_bytes)
}

/// What all keys of a kind in a scope begin with.
pub(crate) fn prefix(kind: ListKind, scope: ScopeNo) -> [u8; 5] {
    let mut prefix = [0_u8; 5];
    prefix[0] = kind.tag();
    prefix[1..].copy_from_slice(&scope.0.to_be_bytes());
    prefix
}
