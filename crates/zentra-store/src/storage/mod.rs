//! The seam for all IO of the log: a flat folder of files.
//!
//! Must not know segments or frames.

#[cfg(feature = "test-util")]
pub(crate) mod crash;
pub(crate) mod file;
pub(crate) mod memory;
mod seam;

pub use seam::{LockError, Storage, StorageFile};
