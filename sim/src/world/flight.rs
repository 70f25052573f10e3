//! An attempt under way.

use zentra_delivery::StartAttempt;

/// What is known of it until it ends.
pub(super) struct Flight {
    pub(super) start: StartAttempt,
    /// When it began, by the world's time and by the system's clock.
    pub(super) began: (u64, u64),
    /// Which of all attempts it is.
    pub(super) number: u64,
}
