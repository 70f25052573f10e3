//! The kernel of Zentra: commands in, entries out; one synchronous state machine per log.
//!
//! Owns the order of the steps (idempotency, decide, sequence, evolve), the write-side state as a
//! whole, and its snapshot. Must not know clocks, randomness, files, sockets or threads: `now` and
//! ids come in as arguments, and what must happen outside follows from the entries.
//!
//! Invariants:
//! - the same inputs give the same bytes;
//! - `apply` of the entries that `handle` returned gives the same state (rebuild);
//! - money moves only by events that the ledger decided; delivery commands cannot name the ledger.

mod access;
mod batch;
mod batch_run;
mod capacity;
mod command;
mod directory;
mod engine;
mod error;
mod fast_path;
mod group;
mod idempotency;
mod memory;
mod meter;
mod outcome;
mod quota;
mod rebuild;
mod seal;
pub mod snapshot;
mod space;
mod weight;

pub use access::{SYSTEM_ACTOR, is_reserved};
pub use batch::{
    BatchItem, BatchTerms, EntrySink, GROUP_ITEMS_MAX, IntentBatch, ItemOutcome, NO_TERMS, PartyAt,
    Past, TextAt,
};
pub use command::{AccessCommand, Command, NewKey, Request, SealCommand};
pub use directory::{ApiKey, Directory, ScopeMade};
pub use engine::Engine;
pub use error::{ApplyError, Refusal, WrongFact};
pub use fast_path::PREFETCHED;
pub use outcome::{Outcome, Would};
pub use rebuild::projection_digest;
pub use seal::Sealed;
pub use space::Space;
