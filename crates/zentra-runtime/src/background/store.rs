//! The key-value store of a follower: small, so that the command path keeps its memory and files.
//!
//! Owns what of them it takes. Must not know what is kept in it.

use crate::files::store_share;
use fjall::{Database, KeyspaceCreateOptions};
use std::path::Path;

/// What the cache of a follower's store takes of memory.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

/// Opens a follower's store: one thread, a small cache, and its share of the process's files.
///
/// # Errors
/// When the store does not open.
pub fn open_store(path: &Path) -> Result<Database, fjall::Error> {
    Database::builder(path)
        .worker_threads(1)
        .cache_size(CACHE_BYTES)
        .max_cached_files(Some(store_share()))
        .open()
}

/// The settings of a follower's tables: what is not written yet takes little memory, too.
pub fn small_buffers() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default().max_memtable_size(8 * 1024 * 1024)
}
