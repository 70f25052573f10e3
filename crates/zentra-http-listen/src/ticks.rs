//! The time of the sweep, which looks through all connections, and whether the server stops.
//!
//! One number that everyone reads: a clock of its own for each connection would cost every request.
//! Owns the grain of connections' times. Must not know what lasts how long.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::time::Duration;

/// How often connections are looked through, and the grain of their times.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// How many ticks have passed.
#[derive(Default)]
pub(crate) struct Ticks {
    passed: AtomicU32,
    stopping: AtomicBool,
}

impl Ticks {
    pub(crate) fn now(&self) -> u32 {
        self.passed.load(Relaxed)
    }

    /// One more has passed; the time from now on.
    pub(crate) fn pass(&self) -> u32 {
        self.passed.fetch_add(1, Relaxed).wrapping_add(1)
    }

    pub(crate) fn stopping(&self) -> bool {
        self.stopping.load(Relaxed)
    }

    pub(crate) fn stop(&self) {
        self.stopping.store(true, Relaxed);
    }
}

/// How many ticks a time is, rounded up.
pub(crate) fn ticks(time: Duration) -> u32 {
    u32::try_from(time.as_millis().div_ceil(TICK.as_millis())).unwrap_or(u32::MAX)
}
