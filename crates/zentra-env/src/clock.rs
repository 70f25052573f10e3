//! The machine, for what is not given its [`Env`] yet.
#![expect(clippy::disallowed_methods, reason = "this is the clock's seam")]

use crate::Env;
use std::time::{Duration, Instant};

/// The machine.
pub fn env() -> Env {
    Env::machine()
}

/// A clock that nobody can set: it only measures.
#[derive(Clone, Copy, Debug)]
pub struct WaitingClock(Instant);

impl WaitingClock {
    /// A clock that starts now.
    pub fn start() -> WaitingClock {
        WaitingClock(Instant::now())
    }

    /// How long it has run.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
