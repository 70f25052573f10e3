//! A log opened without its lock, for reading what is whole now.
//!
//! A server may be writing it meanwhile: what comes later is not seen.

use crate::error::RecoverError;
use crate::meta;
use crate::opened::{bases, segments};
use crate::reader::SegmentReader;
use crate::segment::Shared;
use crate::storage::Storage;
use crate::walk::walk;
use std::sync::Arc;
use zentra_log::LogReader;

/// The whole frames of a log.
pub struct ReadOnlyLog {
    shared: Arc<Shared>,
}

impl ReadOnlyLog {
    /// Opens a folder; a torn tail is not shown.
    ///
    /// # Errors
    /// When there is no log, or it is damaged.
    pub fn open(storage: Box<dyn Storage>) -> Result<ReadOnlyLog, RecoverError> {
        let bases = bases(storage.as_ref())?;
        let identity = meta::read(storage.as_ref(), !bases.is_empty())?
            .ok_or_else(|| RecoverError::NoLog { folder: storage.location() })?;
        let all = segments(storage.as_ref(), &identity, &bases)?;
        let mut durable = 0;
        if let Some((index, last)) = all.made.iter().enumerate().next_back() {
            let found = walk(last, &all.extent(index))?;
            durable = found.next;
            last.set_tail(found.tail);
            last.set_index(found.index);
        }
        Ok(ReadOnlyLog { shared: Arc::new(Shared::new(all.made, durable)) })
    }

    /// The reader.
    pub fn reader(&self) -> Arc<dyn LogReader> {
        Arc::new(SegmentReader { shared: Arc::clone(&self.shared) })
    }
}
