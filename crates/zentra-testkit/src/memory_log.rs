//! An empty log in memory.

use zentra_log::LogWriter;
use zentra_store::{LogOptions, MemoryStorage, UnrecoveredLog};

/// A log that is gone with its writer and its readers.
pub fn memory_log() -> Box<dyn LogWriter> {
    let storage = Box::new(MemoryStorage::new());
    let unrecovered = UnrecoveredLog::open(storage, LogOptions::default()).unwrap();
    Box::new(unrecovered.recover().unwrap().0)
}
