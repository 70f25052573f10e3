//! What can go wrong when a log is written or read.

use std::io;
use zentra_events::Position;

/// Why frames were not appended or synced.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// An earlier write or sync failed; what is on the disk is not known, so nothing more is
    /// written. Open the log again.
    #[error("an earlier write or sync failed; the log takes nothing more")]
    Poisoned,
    /// A write or sync failed now.
    #[error("{operation} failed on {file}: {source}")]
    Io {
        /// What was being done.
        operation: &'static str,
        /// The file.
        file: String,
        /// The system's answer.
        source: io::Error,
    },
    /// The frame has no entry.
    #[error("frame {frame} has no entry")]
    NoEntries {
        /// Its index in the append.
        frame: usize,
    },
    /// The ends decrease, or the last one is not the length of the payloads.
    #[error("the ends of frame {frame} do not divide its payloads")]
    EntryEnds {
        /// Its index in the append.
        frame: usize,
    },
    /// An entry is larger than [`zentra_events::limits::ENTRY_BYTES_MAX`].
    #[error("entry {entry} of frame {frame} has {bytes} bytes")]
    EntryTooLarge {
        /// The frame's index in the append.
        frame: usize,
        /// The entry's index in the frame.
        entry: usize,
        /// Its payload.
        bytes: usize,
    },
    /// A frame is larger than [`zentra_events::limits::FRAME_BYTES_MAX`].
    #[error("frame {frame} has {bytes} bytes")]
    FrameTooLarge {
        /// Its index in the append.
        frame: usize,
        /// Its size with header and trailer.
        bytes: usize,
    },
}

/// Why entries could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The storage failed.
    #[error("reading {file} failed: {source}")]
    Io {
        /// The file.
        file: String,
        /// The system's answer.
        source: io::Error,
    },
    /// The stored bytes do not check.
    #[error("the log is damaged: {place}, position {}: {fault}", .position.get())]
    Damaged {
        /// Where in the storage.
        place: String,
        /// The position that was expected there.
        position: Position,
        /// What does not check.
        fault: String,
    },
}
