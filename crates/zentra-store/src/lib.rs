//! The append-only segmented log: a log in files ([`zentra_log`] is its contract).
//!
//! The byte layout and the recovery rule are specified in `docs/internals/log-format.md`; the code
//! equals that document. The store knows positions and nothing else about what an entry means.
//!
//! Invariant: all IO goes through [`Storage`]; no clock, no randomness.

mod cursor;
mod error;
pub mod files;
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
mod tail;
mod verify;
mod walk;

pub use error::{Corruption, Fault, RecoverError};
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
pub use verify::verify;
