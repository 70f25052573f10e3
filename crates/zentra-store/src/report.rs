//! What recovery and verification found.

use zentra_events::Position;

/// A write that a crash cut off: never acknowledged, so not part of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornTail {
    /// The segment file.
    pub segment: String,
    /// Where the first incomplete frame starts, in bytes from the start of the file.
    pub offset: u64,
    /// Bytes from there to the last one that is not zero.
    pub dropped_bytes: u64,
}

/// What opening a log found and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryReport {
    /// The log did not exist and was created.
    pub created: bool,
    /// Segment files.
    pub segments: u64,
    /// Frames that were checked (checksum and chain): those of the last segment.
    pub frames: u64,
    /// Entries in the whole log.
    pub entries: u64,
    /// The next position to write.
    pub next: Position,
    /// The chain value after the last frame.
    pub chain: [u8; 32],
    /// The torn tail that was cut off, if there was one.
    pub torn: Option<TornTail>,
}

/// What a full check of a log found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// Segment files.
    pub segments: u64,
    /// Frames, each checked: lengths, positions, checksum, chain.
    pub frames: u64,
    /// Entries.
    pub entries: u64,
    /// The position after the last whole frame.
    pub next: Position,
    /// The chain value after the last whole frame.
    pub chain: [u8; 32],
    /// A torn tail; it is left where it is.
    pub torn: Option<TornTail>,
}
