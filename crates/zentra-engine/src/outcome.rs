//! What the engine answers.
//!
//! Owns the three kinds of answer. Must not know how an answer is shown: that is a function of the
//! entry, so that the first answer and every repeated one are the same.

use crate::error::Refusal;
use zentra_events::{Entry, Position};

/// The answer to a command. It may be released once every entry before it is durable, and itself.
#[expect(clippy::large_enum_variant, reason = "an entry goes to where it stays without a box")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// New facts.
    Entry(Entry),
    /// The same request was answered by the entry at this position.
    Repeat(Position),
    /// Refused, and nothing recorded.
    Refused(Refusal),
}

/// What the engine would do with a request, if nothing came before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Would {
    /// It would record new facts.
    Record,
    /// It has done it before.
    Repeat,
    /// It would refuse.
    Refuse {
        /// Why.
        refusal: Refusal,
        /// Whether it was decided, so that it is remembered for an idempotency key.
        decided: bool,
    },
}
