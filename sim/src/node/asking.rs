//! What a process is asked, and what it answers.

use zentra_engine::{IntentBatch, ItemOutcome, Request};
use zentra_events::{Entry, Position, Refusal, RequestId, Timestamp};

/// What a process is asked.
#[derive(Clone)]
pub(crate) enum Input {
    Command(Box<Request>),
    Intents(Box<IntentBatch>),
}

impl Input {
    /// Says which sending it is.
    pub(crate) fn set_request_id(&mut self, id: RequestId) {
        match self {
            Input::Command(request) => request.request_id = id,
            Input::Intents(batch) => batch.request_id = id,
        }
    }
}

/// An input on its way to be decided.
pub(crate) struct Asked {
    /// Which sending of a request it is.
    pub(crate) sending: u64,
    pub(crate) input: Input,
}

/// What became of an input.
pub(crate) enum Answer {
    Entry(Box<Entry>),
    Repeat(Position),
    Refused(Refusal),
    /// Of a batch: each item's outcome, and the entries that it made.
    Items(Vec<ItemOutcome>, Vec<Entry>),
    /// Of a batch that was decided in slices, between which others were: its entries are known.
    Slices(Vec<ItemOutcome>),
}

/// An input that was decided and is durable.
pub(crate) struct Decided {
    pub(crate) sending: u64,
    /// The log's time when it was decided, as far as the world can tell.
    pub(crate) now: Timestamp,
    pub(crate) answer: Answer,
}
