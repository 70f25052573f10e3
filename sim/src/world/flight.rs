//! An attempt under way.

use zentra_delivery::StartAttempt;
use zentra_sender::Prepared;

/// What is known of it until it ends.
pub(super) struct Flight {
    pub(super) start: StartAttempt,
    /// What was sent.
    pub(super) message: Prepared,
    /// When it began, by the world's time.
    pub(super) began: u64,
    /// Which of all attempts it is.
    pub(super) number: u64,
}
