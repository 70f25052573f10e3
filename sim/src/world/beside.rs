//! What is known of a data folder beside its log.

use super::harm::Harm;
use crate::disk::Bytes;
use zentra_events::Position;

/// What is known of it.
pub(super) struct Beside {
    /// What the last mark says, and when it was written.
    pub(super) marked: Position,
    pub(super) marked_at: u64,
    /// Where the newest snapshot stands.
    pub(super) snapshotted: Position,
    /// Where the snapshot of a clean stop stands, until the next start.
    pub(super) left: Option<Position>,
    /// What was done to it since the last start.
    pub(super) harm: Option<Harm>,
    /// Files of the folder and its snapshots as they were.
    pub(super) older: Option<(Bytes, Bytes)>,
    /// Free bytes below which the process refuses callers.
    pub(super) free_min: usize,
    /// Until when nothing was attempted for want of space.
    pub(super) held_until: u64,
}

impl Beside {
    /// Nothing is beside it.
    pub(super) fn new() -> Beside {
        Beside {
            marked: Position::ZERO,
            marked_at: 0,
            snapshotted: Position::ZERO,
            left: None,
            harm: None,
            older: None,
            free_min: 0,
            held_until: 0,
        }
    }
}
