//! A clock that only measures how long something waits.
//!
//! Owns that its times can be compared with the system's, and do not jump with it.

use crate::env::{Env, span};
use std::time::Duration;
use zentra_events::Timestamp;

/// A clock that nobody can set: it begins with the system's time and then only measures.
#[derive(Clone)]
pub struct WaitingClock {
    env: Env,
    from: Timestamp,
    started: Duration,
}

impl WaitingClock {
    /// A clock that starts now.
    pub fn start(env: &Env) -> WaitingClock {
        WaitingClock { from: env.now(), started: env.passed(), env: env.clone() }
    }

    /// How late it is by this clock.
    pub fn now(&self) -> Timestamp {
        self.from.after(span(self.elapsed()))
    }

    /// How long it has run.
    pub fn elapsed(&self) -> Duration {
        self.env.passed().saturating_sub(self.started)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manual_clock::ManualClock;
    use std::time::UNIX_EPOCH;

    #[test]
    fn it_begins_with_the_systems_time_and_does_not_jump_with_it() {
        let clock = ManualClock::at(UNIX_EPOCH + Duration::from_secs(100));
        let waiting = WaitingClock::start(&clock.env());
        clock.advance(Duration::from_secs(5));
        clock.set(UNIX_EPOCH);
        assert_eq!(waiting.now(), Timestamp(105_000_000_000));
        clock.advance(Duration::from_secs(1));
        assert_eq!(waiting.elapsed(), Duration::from_secs(6));
    }
}
