//! Reading durable entries back from the log.
//!
//! Owns the step from stored bytes to entries. Must not see anything that is not durable.

use std::ops::ControlFlow;
use std::sync::Arc;
use zentra_events::codec::{CodecError, decode_entry};
use zentra_events::{Entry, Position};
use zentra_store::{LogReader, ReadError, StoredEntry};

/// Why an entry could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The stored bytes are not an entry.
    #[error("the entry at {position:?}: {source}")]
    Codec {
        /// The entry.
        position: Position,
        /// What is wrong.
        source: CodecError,
    },
}

/// The durable entries of one log.
pub struct LogAccess {
    reader: Arc<dyn LogReader>,
}

impl LogAccess {
    /// Reads through this reader.
    pub fn new(reader: Arc<dyn LogReader>) -> LogAccess {
        LogAccess { reader }
    }

    pub(crate) fn reader(&self) -> &dyn LogReader {
        self.reader.as_ref()
    }

    /// The exclusive upper bound of what can be read.
    pub fn durable(&self) -> Position {
        self.reader.durable()
    }

    /// The entry at a position; none when it is not durable (yet).
    ///
    /// # Errors
    /// When the log cannot be read or its bytes are not an entry.
    pub fn entry(&self, position: Position) -> Result<Option<Arc<Entry>>, LogError> {
        self.stored(position)?.map(|stored| decode(&stored).map(Arc::new)).transpose()
    }

    /// The stored bytes of the entry at a position.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn stored(&self, position: Position) -> Result<Option<StoredEntry>, LogError> {
        Ok(self.reader.read(position)?)
    }

    /// Visits durable entries in order, until the visitor breaks or the log ends.
    ///
    /// # Errors
    /// When the log cannot be read or its bytes are not entries.
    pub fn scan(
        &self,
        from: Position,
        visit: &mut dyn FnMut(&Arc<Entry>, &StoredEntry) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        let mut failed = None;
        self.reader.scan(from, &mut |frame| {
            for stored in frame.entries() {
                if stored.position < from {
                    continue;
                }
                match decode(&stored) {
                    Ok(entry) => visit(&Arc::new(entry), &stored)?,
                    Err(error) => {
                        failed = Some(error);
                        return ControlFlow::Break(());
                    }
                }
            }
            ControlFlow::Continue(())
        })?;
        failed.map_or(Ok(()), Err)
    }
}

fn decode(stored: &StoredEntry) -> Result<Entry, LogError> {
    let position = stored.position;
    decode_entry(stored.codec, position, &stored.shared, &stored.payload)
        .map_err(|source| LogError::Codec { position, source })
}
