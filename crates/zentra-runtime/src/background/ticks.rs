//! Work that is done again and again until the server stops.
//!
//! Owns how a tick and a stop meet: the stop comes first, and ticks that were late are not made up
//! for. Must not know what is done.

use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// Ticks at a steady pace, the first at once, until a stop.
pub struct Ticks {
    interval: Interval,
    stopping: watch::Receiver<bool>,
}

impl Ticks {
    /// One tick each `period`.
    pub fn every(period: Duration, stopping: watch::Receiver<bool>) -> Ticks {
        let mut interval = interval(period);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ticks { interval, stopping }
    }

    /// Waits for the next tick; false when the server stops.
    pub async fn next(&mut self) -> bool {
        tokio::select! {
            biased;
            // A sender that is gone ends it as well.
            _ = self.stopping.wait_for(|stop| *stop) => false,
            _ = self.interval.tick() => true,
        }
    }
}
