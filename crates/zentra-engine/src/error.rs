//! What can be wrong with entries that are applied again.

use zentra_events::Position;

pub use zentra_events::{Refusal, WrongFact};

/// Why an entry of the log does not follow from the state before it: the log or the code is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// The entry's position is not the next one.
    #[error("expected the entry at position {}, got {}", .expected.get(), .got.get())]
    Position {
        /// The next position.
        expected: Position,
        /// The entry's.
        got: Position,
    },
    /// The entry's scope number is not the next one of its scope.
    #[error("the entry at position {} does not carry the next number of its scope", .0.get())]
    ScopeNumber(Position),
    /// The entry's time is not after the one before it.
    #[error("the entry at position {} is not recorded after the one before it", .0.get())]
    Time(Position),
    /// An event does not point at the previous entry of its stream.
    #[error(
        "event {index} of the entry at position {} does not point at its stream's last entry",
        .position.get()
    )]
    Prev {
        /// The entry.
        position: Position,
        /// The event.
        index: usize,
    },
    /// What the entry says does not follow from the state.
    #[error("the entry at position {}: {fact}", .position.get())]
    Fact {
        /// The entry.
        position: Position,
        /// What is wrong.
        fact: WrongFact,
    },
}

impl ApplyError {
    /// A wrong fact in the entry at this position.
    pub(crate) fn in_entry(position: Position) -> impl FnOnce(WrongFact) -> ApplyError {
        move |fact| ApplyError::Fact { position, fact }
    }
}
