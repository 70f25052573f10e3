//! What can go wrong, one closed enum per operation.

use std::io;
use zentra_events::Position;

/// What does not check in a stored segment or frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The file ends inside a frame.
    #[error("the file ends inside the frame")]
    Truncated,
    /// The bytes are not a start marker.
    #[error("no start marker")]
    StartMarker,
    /// The frame header does not match its checksum.
    #[error("the frame header does not match its checksum")]
    HeaderChecksum,
    /// The frame was written for another segment.
    #[error("the frame belongs to another segment")]
    SegmentTag,
    /// A reserved byte is not zero.
    #[error("a reserved byte is not zero")]
    Reserved,
    /// The frame does not continue the log.
    #[error("the frame starts at position {found}")]
    Position {
        /// The base position in the frame header.
        found: u64,
    },
    /// The frame says that more was durable than was written.
    #[error("the frame's durable mark {found} is beyond its base")]
    DurableMark {
        /// The mark in the frame header.
        found: u64,
    },
    /// The frame has no entry, or its lengths are beyond the limits.
    #[error("the frame's lengths are outside the limits")]
    Length,
    /// The frame does not match its checksum.
    #[error("the frame does not match its checksum")]
    Checksum,
    /// The frame does not end with its end marker.
    #[error("no end marker")]
    EndMarker,
    /// The entries' end offsets do not divide the payload bytes.
    #[error("the entry end offsets are not in order")]
    EntryEnds,
    /// The chain value does not follow from the frame and the chain before it.
    #[error("the chain does not continue")]
    Chain,
    /// The segment header does not check.
    #[error("the segment header does not check")]
    SegmentHeader,
    /// The segment belongs to another log or partition.
    #[error("the segment belongs to another log")]
    SegmentIdentity,
    /// The segment does not continue the one before: a file is missing or misnamed.
    #[error("the segment says it is number {found}")]
    SegmentNumber {
        /// The number in the segment header.
        found: u32,
    },
    /// The segment ends at another position than the next one starts, or than is known durable.
    #[error("the frames end at position {found}")]
    End {
        /// Where the frames end.
        found: u64,
    },
    /// Bytes after the last frame of a full segment are not zero.
    #[error("bytes after the last frame are not zero")]
    Trailing,
    /// The meta file does not check although the log holds frames.
    #[error("the meta file does not check")]
    Meta,
}

/// Damage that no crash explains: the log is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{segment}, byte {offset}, position {}: {fault}", .position.get())]
pub struct Corruption {
    /// The file.
    pub segment: String,
    /// Bytes from the start of the file.
    pub offset: u64,
    /// The position that was expected there.
    pub position: Position,
    /// What does not check.
    pub fault: Fault,
}

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
    /// An entry is larger than [`crate::limits::ENTRY_BYTES_MAX`].
    #[error("entry {entry} of frame {frame} has {bytes} bytes")]
    EntryTooLarge {
        /// The frame's index in the append.
        frame: usize,
        /// The entry's index in the frame.
        entry: usize,
        /// Its payload.
        bytes: usize,
    },
    /// A frame is larger than [`crate::limits::FRAME_BYTES_MAX`].
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
    #[error("the log is damaged: {0}")]
    Corrupt(Corruption),
}

/// Why a log does not open.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// Another process has the log.
    #[error("{folder} is in use by another process{}", holder_text(*.holder))]
    Locked {
        /// The log's folder.
        folder: String,
        /// The process that holds it, when the lock file says so.
        holder: Option<u32>,
    },
    /// The storage failed.
    #[error("{operation} failed on {file}: {source}")]
    Io {
        /// What was being done.
        operation: &'static str,
        /// The file or folder.
        file: String,
        /// The system's answer.
        source: io::Error,
    },
    /// The folder holds no log.
    #[error("{folder} holds no log")]
    NoLog {
        /// The folder.
        folder: String,
    },
    /// The log was written by another version of the format.
    #[error("the log has format version {found}; this build reads version 1")]
    UnsupportedVersion {
        /// Its version.
        found: u16,
    },
    /// The log belongs to another partition.
    #[error("the log belongs to partition {found}, not {expected}")]
    WrongPartition {
        /// The partition in the log.
        found: u16,
        /// The partition that was asked for.
        expected: u16,
    },
    /// The configured segment size is below [`crate::limits::SEGMENT_BYTES_MIN`].
    #[error("segments of {segment_bytes} bytes are too small")]
    SegmentTooSmall {
        /// What was configured.
        segment_bytes: u64,
    },
    /// The log is damaged in a way that no crash explains.
    #[error("the log is damaged: {0}")]
    Corrupt(Corruption),
}

impl From<ReadError> for RecoverError {
    fn from(error: ReadError) -> RecoverError {
        match error {
            ReadError::Io { file, source } => {
                RecoverError::Io { operation: "reading", file, source }
            }
            ReadError::Corrupt(corruption) => RecoverError::Corrupt(corruption),
        }
    }
}

fn holder_text(holder: Option<u32>) -> String {
    holder.map_or_else(String::new, |pid| format!(" (pid {pid})"))
}

/// A fault or a failed read, before it is known where.
#[derive(Debug)]
pub(crate) enum Bad {
    Io(io::Error),
    Fault(Fault),
}

impl From<io::Error> for Bad {
    fn from(error: io::Error) -> Bad {
        Bad::Io(error)
    }
}

impl From<Fault> for Bad {
    fn from(fault: Fault) -> Bad {
        Bad::Fault(fault)
    }
}

impl Bad {
    pub(crate) fn at(self, file: &str, offset: u64, position: u64) -> ReadError {
        match self {
            Bad::Io(source) => ReadError::Io { file: file.to_owned(), source },
            Bad::Fault(fault) => ReadError::Corrupt(Corruption {
                segment: file.to_owned(),
                offset,
                position: Position(position),
                fault,
            }),
        }
    }
}
