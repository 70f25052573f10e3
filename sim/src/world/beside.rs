//! What is known of a data folder beside its log.

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
}

impl Beside {
    /// Nothing is beside it.
    pub(super) fn new() -> Beside {
        Beside { marked: Position::ZERO, marked_at: 0, snapshotted: Position::ZERO, left: None }
    }
}
