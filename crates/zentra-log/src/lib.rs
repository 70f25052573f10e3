//! What a log of entries is, whoever stores it: frames are appended, become durable, and are read.
//!
//! Owns the two sides of a log, its frames as bytes, its errors, and (with the feature
//! `conformance`) the suite that every store passes. Must not know what an entry means, nor how or
//! where frames are stored.
//!
//! Invariant: there is no way to change or remove an entry that was synced.
//! Invariant: a reader never sees a frame that is not durable.
//! Invariant: after a failed write or sync nothing more is written ([`AppendError::Poisoned`]).

#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod frame;
mod log;

pub use error::{AppendError, ReadError};
pub use frame::{Entries, PendingFrame, StoredEntry, StoredFrame};
pub use log::{Head, LogReader, LogWriter};
