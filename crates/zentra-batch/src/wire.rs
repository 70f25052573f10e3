//! The bytes of a batch of intents and of its answer: `application/vnd.zentra.bincode`, version 1.
//!
//! bincode with fixed-width little-endian integers (a text or a list starts with its length as
//! u64, a variant is a u32, an option is one byte and the value). Owns these shapes; a struct whose
//! name ends in `V1` is frozen. Must not know HTTP, nor what an intent does.

use bincode::{BorrowDecode, Decode, Encode};
use zentra_events::{Code, Position};

/// The media type of both bodies.
pub const MEDIA_TYPE: &str = "application/vnd.zentra.bincode";
/// The version that this module reads and writes.
pub const VERSION: u16 = 1;
/// Intents in one batch at most.
pub const ITEMS_MAX: usize = 8_190;
/// Terms in one batch at most.
pub const TERMS_MAX: usize = 256;
/// Bytes of a batch at most, in any of its forms.
pub const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A batch, borrowed from the bytes of its body.
#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct BatchV1<'a> {
    /// [`VERSION`].
    pub version: u16,
    /// What many intents have in common.
    pub terms: Vec<TermsV1<'a>>,
    /// The intents, in the order of their deciding.
    pub items: Vec<ItemV1<'a>>,
}

/// What many intents of a batch have in common.
#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct TermsV1<'a> {
    /// The currency's code.
    pub currency: &'a str,
    /// The corridor that a route must serve.
    pub corridor: &'a str,
    /// Hold the money instead of settling it at once.
    pub manual_capture: bool,
    /// When the movement counts, in nanoseconds since 1970; none for when it is recorded.
    pub effective_at_ns: Option<u64>,
    /// The caller's pairs.
    pub metadata: Vec<(&'a str, &'a str)>,
}

/// One intent of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct ItemV1<'a> {
    /// The caller's name for it, unique in the scope.
    pub intent_id: &'a str,
    /// How much to move, in minor units.
    pub minor_units: u128,
    /// Whose money.
    pub source: AccountV1<'a>,
    /// Who receives it when it is paid out.
    pub destination: AccountV1<'a>,
    /// Which of the batch's terms holds for it.
    pub terms: u16,
    /// Whether it succeeds or fails together with the next item.
    pub linked: bool,
}

/// An account, by its code or by the number that the API shows with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub enum AccountV1<'a> {
    /// By number: no look-up by name.
    Number(u32),
    /// By code.
    Code(&'a str),
}

/// The answer to a batch: one outcome for each item, in the same order.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AnswerV1 {
    /// [`VERSION`].
    pub version: u16,
    /// The outcomes.
    pub outcomes: Vec<OutcomeV1>,
}

/// How far an intent has come between two entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum StateV1 {
    /// Waits for its confirmation.
    Accepted,
    /// Refused for good; no money moved.
    Rejected,
    /// Its money is held.
    Routed,
    /// Its money is settled, perhaps given back in part.
    Synchronized,
    /// All that it held went back, or it never learnt what to move.
    Voided,
    /// All that it settled went back.
    Reversed,
    /// What it settled is paid out.
    PaidOut,
}

/// What became of one item. Everything that it tells is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum OutcomeV1 {
    /// The intent is new, and this entry has it.
    Created {
        /// Where.
        position: Position,
    },
    /// The same intent was taken before, by this entry.
    Replayed {
        /// Where.
        position: Position,
        /// How far it has come since.
        state: StateV1,
        /// Why it is rejected or voided; none in any other state.
        code: Option<Code>,
    },
    /// The intent is recorded as rejected: for good, no money moved.
    Rejected {
        /// Where.
        position: Position,
        /// Why.
        code: Code,
    },
    /// Nothing was recorded.
    Refused {
        /// Why.
        code: Code,
    },
}
