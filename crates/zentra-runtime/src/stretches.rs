//! Work of low priority in short stretches, with the core let go between them.
//!
//! Owns how long a stretch is. Must not know what is worked on.

use std::thread;
use zentra_env::clock::WaitingClock;
use zentra_events::{Span, Timestamp};

/// How long a thread of low priority works before it lets go.
const WORKED: Span = Span(250_000);

/// Work of low priority in short stretches. Whoever has a core keeps it for a time slice of some
/// milliseconds, also when a thread of higher priority wakes up meanwhile; so it lets go by itself.
pub struct Stretches {
    clock: WaitingClock,
    since: Timestamp,
}

impl Stretches {
    /// A stretch begins now.
    pub fn begin() -> Stretches {
        let clock = WaitingClock::start();
        Stretches { since: clock.now(), clock }
    }

    /// A small step is done: lets others have the core if it worked for long enough.
    pub fn step(&mut self) {
        if self.clock.now().since(self.since) >= WORKED {
            thread::yield_now();
            self.since = self.clock.now();
        }
    }
}
