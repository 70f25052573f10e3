//! The three things that a process asks the machine for, as traits: so that a simulated world can
//! put its own there.
//!
//! Must not know who asks.

use std::pin::Pin;
use std::time::{Duration, SystemTime};

/// Tells the time, in two ways.
pub trait Clock: Send + Sync {
    /// What the system shows. It can be set: it may go back, and forward by any amount.
    fn system(&self) -> SystemTime;

    /// How long it has been since an instant that stays the same while the process runs. Nobody can
    /// set it, and it never goes back.
    fn passed(&self) -> Duration;
}

/// A wait. Dropped, it is over: so whoever waits for something else as well ends it early.
pub type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Waits, by the clock that nobody can set.
pub trait Timer: Send + Sync {
    /// Ends once so much time has passed.
    fn wait(&self, time: Duration) -> Wait;
}

/// Gives random bytes.
pub trait Entropy: Send + Sync {
    /// Fills the bytes.
    fn fill(&self, bytes: &mut [u8]);
}
