//! What a caller chooses when it opens a log.

use crate::limits::SEGMENT_BYTES;
use zentra_events::Position;

/// How a log is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogOptions {
    /// Bytes of each segment, which takes its space in steps as it fills; a frame that is larger
    /// gets a larger segment. At least [`crate::limits::SEGMENT_BYTES_MIN`].
    pub segment_bytes: u64,
    /// The partition that the log belongs to. Written when the log is created; a log of another
    /// partition is refused.
    pub partition: u16,
    /// Names the log. Written when the log is created, ignored afterwards: the stored one counts.
    pub log_id: [u8; 16],
    /// Everything before this position is known to have been durable (from a snapshot or a
    /// checkpoint): a damaged frame before it is corruption, never a torn tail, and a log that ends
    /// before it is refused. Zero when nothing is known.
    pub known_durable: Position,
}

impl Default for LogOptions {
    fn default() -> LogOptions {
        LogOptions {
            segment_bytes: SEGMENT_BYTES,
            partition: 0,
            log_id: [0; 16],
            known_durable: Position::ZERO,
        }
    }
}
