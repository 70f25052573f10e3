//! What can go wrong, one closed enum per operation.

use std::io;
use zentra_events::Position;
use zentra_log::ReadError;

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

/// Why stored bytes are not a part of the log, where it is still known which and how.
#[derive(Debug)]
pub(crate) enum Unreadable {
    Io { file: String, source: io::Error },
    Corrupt(Corruption),
}

impl From<Unreadable> for ReadError {
    fn from(unreadable: Unreadable) -> ReadError {
        match unreadable {
            Unreadable::Io { file, source } => ReadError::Io { file, source },
            Unreadable::Corrupt(Corruption { segment, offset, position, fault }) => {
                let place = format!("{segment}, byte {offset}");
                ReadError::Damaged { place, position, fault: fault.to_string() }
            }
        }
    }
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

impl From<Unreadable> for RecoverError {
    fn from(unreadable: Unreadable) -> RecoverError {
        match unreadable {
            Unreadable::Io { file, source } => {
                RecoverError::Io { operation: "reading", file, source }
            }
            Unreadable::Corrupt(corruption) => RecoverError::Corrupt(corruption),
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
    pub(crate) fn at(self, file: &str, offset: u64, position: u64) -> Unreadable {
        match self {
            Bad::Io(source) => Unreadable::Io { file: file.to_owned(), source },
            Bad::Fault(fault) => Unreadable::Corrupt(Corruption {
                segment: file.to_owned(),
                offset,
                position: Position(position),
                fault,
            }),
        }
    }
}
