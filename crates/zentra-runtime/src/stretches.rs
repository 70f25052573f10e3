//! Work of low priority in short stretches, with the core let go between them.
//!
//! Owns how long a stretch is. Must not know what is worked on.

use std::thread;
use std::time::Duration;
use zentra_env::Env;

/// How long a thread of low priority works before it lets go.
const WORKED: Duration = Duration::from_micros(250);

/// Work of low priority in short stretches. Whoever has a core keeps it for a time slice of some
/// milliseconds, also when a thread of higher priority wakes up meanwhile; so it lets go by itself.
pub struct Stretches {
    env: Env,
    since: Duration,
}

impl Stretches {
    /// A stretch begins now.
    pub fn on(env: &Env) -> Stretches {
        Stretches { since: env.passed(), env: env.clone() }
    }

    /// A small step is done: lets others have the core if it worked for long enough.
    pub fn step(&mut self) {
        if self.env.passed().saturating_sub(self.since) >= WORKED {
            thread::yield_now();
            self.since = self.env.passed();
        }
    }
}
