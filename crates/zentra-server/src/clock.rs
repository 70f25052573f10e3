//! The one place that reads the clock.
//!
//! Everything else is given instants. Must not be called from the core crates.
#![expect(clippy::disallowed_methods, reason = "this is the clock's seam")]

use std::time::{SystemTime, UNIX_EPOCH};
use zentra_events::Timestamp;

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock;

impl Clock {
    /// Now, in nanoseconds since 1970; zero when the system's clock is before that.
    pub fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    }
}
