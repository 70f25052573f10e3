//! The two sides of a log: one writer, many readers.
//!
//! Owns what both promise. Must not know how they keep it.

use crate::error::{AppendError, ReadError};
use crate::frame::{PendingFrame, StoredEntry, StoredFrame};
use std::ops::ControlFlow;
use std::sync::Arc;
use zentra_events::Position;

/// Where the log ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The next position to write.
    pub next: Position,
    /// The chain value after the last frame: it depends on every byte before it.
    pub chain: [u8; 32],
}

/// The writing side of a log. There is one per log.
pub trait LogWriter: Send {
    /// Where the log ends, with frames that are appended and not yet synced.
    fn head(&self) -> Head;

    /// Writes the frames behind the head. Not durable before [`LogWriter::sync`]. Returns the new
    /// head.
    ///
    /// # Errors
    /// A frame that breaks a limit refuses the whole call, and the log stays usable. A failed write
    /// poisons the log.
    fn append(&mut self, frames: &[PendingFrame]) -> Result<Head, AppendError>;

    /// Makes everything appended durable and visible to readers. Returns the exclusive upper bound
    /// of what is durable.
    ///
    /// # Errors
    /// A failed sync poisons the log.
    fn sync(&mut self) -> Result<Position, AppendError>;

    /// A reader, which may outlive the writer.
    fn reader(&self) -> Arc<dyn LogReader>;
}

/// The reading side of a log: durable entries only.
pub trait LogReader: Send + Sync {
    /// The exclusive upper bound of what may be read. Always the end of a frame.
    fn durable(&self) -> Position;

    /// The entry at a position; none when it is not durable. The cost does not depend on the size
    /// of the log.
    ///
    /// # Errors
    /// When the storage fails or the frame does not check.
    fn read(&self, position: Position) -> Result<Option<StoredEntry>, ReadError>;

    /// Visits the durable frames in order, from the one that holds `from` (whole: its first entries
    /// may be before `from`), until the visitor breaks or what was durable at the start of the call
    /// ends.
    ///
    /// # Errors
    /// When the storage fails or a frame does not check.
    fn scan(
        &self,
        from: Position,
        visit: &mut dyn FnMut(&StoredFrame) -> ControlFlow<()>,
    ) -> Result<(), ReadError>;
}
