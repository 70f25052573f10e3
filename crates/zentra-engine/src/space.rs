//! How much may be recorded, by the space that the disk has.
//!
//! Owns these levels. Must not know how much space there is.

/// How much may be recorded, by the space that the disk has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// Everything is recorded.
    Enough,
    /// Only a reserve: outcomes of attempts and checkpoints are recorded, and no more.
    Low,
    /// None: nothing is recorded.
    Full,
    /// Nothing is recorded, whatever space there is: the server was started so.
    ReadOnly,
}

impl Space {
    /// Whether outcomes of attempts and checkpoints are recorded.
    pub fn records_outcomes(self) -> bool {
        matches!(self, Space::Enough | Space::Low)
    }
}
