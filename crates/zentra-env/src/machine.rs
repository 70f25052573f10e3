//! The machine that the process runs on: the one place that reads its clocks and asks it for
//! randomness.
//!
//! Waits are tokio's, so who waits does so on a runtime of tokio's. Must not be used but by
//! [`crate::Env`].
#![expect(clippy::disallowed_methods, reason = "this is the seam to the machine")]

use crate::seam::{Clock, Entropy, Timer, Wait};
use std::time::{Duration, Instant, SystemTime};

/// The machine, as it was found when the process began.
pub(crate) struct Machine {
    started: Instant,
}

impl Machine {
    /// Time passes from now on.
    pub(crate) fn start() -> Machine {
        Machine { started: Instant::now() }
    }
}

impl Clock for Machine {
    fn system(&self) -> SystemTime {
        SystemTime::now()
    }

    fn passed(&self) -> Duration {
        self.started.elapsed()
    }
}

impl Timer for Machine {
    fn wait(&self, time: Duration) -> Wait {
        Box::pin(tokio::time::sleep(time))
    }
}

impl Entropy for Machine {
    /// Random bytes from the operating system.
    ///
    /// # Panics
    /// When the system has none to give: no key or id may be made without.
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}
