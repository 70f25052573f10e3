//! The append-only segmented log: frames of opaque entries, durable before they are read.
//!
//! The byte layout and the recovery rule are specified in `docs/internals/log-format.md`; the code
//! equals that document. The store knows positions and nothing else about what an entry means.
//!
//! Invariant: there is no way to change or remove an entry that was synced.
//! Invariant: a reader never sees a frame that is not durable.
//! Invariant: after a failed write or sync nothing more is written ([`AppendError::Poisoned`]).
//! Invariant: all IO goes through [`Storage`]; no clock, no randomness.

mod cursor;
mod error;
pub mod files;
mod frame;
mod index;
mod layout;
pub mod limits;
mod log;
mod meta;
mod opened;
mod options;
mod parts;
mod read_only;
mod reader;
mod recover;
mod report;
mod segment;
mod storage;
mod store;
mod tail;
mod verify;
mod walk;

pub use error::{AppendError, Corruption, Fault, ReadError, RecoverError};
pub use frame::{Entries, PendingFrame, StoredEntry, StoredFrame};
pub use log::SegmentedLog;
pub use options::LogOptions;
pub use parts::{LogParts, SegmentPart, parts};
pub use read_only::ReadOnlyLog;
pub use recover::UnrecoveredLog;
pub use report::{RecoveryReport, TornTail, VerifyReport};
#[cfg(feature = "test-util")]
pub use storage::crash::CrashStorage;
pub use storage::file::FileStorage;
pub use storage::memory::MemoryStorage;
pub use storage::{LockError, Storage, StorageFile};
pub use store::{EventStore, Head, LogReader};
pub use verify::verify;
