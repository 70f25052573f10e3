//! Positions: where an entry stands in its log and in its scope.
//!
//! Owns the two dense numberings. Must not know how a log is stored.

use bincode::{Decode, Encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The dense 0-based number of an entry in its log.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Encode,
    Decode,
    Serialize,
    Deserialize,
    JsonSchema,
)]
pub struct Position(pub u64);

impl Position {
    /// The first position of a log.
    pub const ZERO: Position = Position(0);

    /// The number itself.
    pub fn get(self) -> u64 {
        self.0
    }

    /// The position that follows. A log cannot hold 2^64 entries, so this saturates.
    #[must_use]
    pub fn next(self) -> Position {
        Position(self.0.saturating_add(1))
    }
}

/// The dense 0-based number of an entry among the entries of its scope.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Encode,
    Decode,
    Serialize,
    Deserialize,
    JsonSchema,
)]
pub struct ScopeNumber(pub u64);

impl ScopeNumber {
    /// The number that follows; saturates like [`Position::next`].
    #[must_use]
    pub fn next(self) -> ScopeNumber {
        ScopeNumber(self.0.saturating_add(1))
    }
}
