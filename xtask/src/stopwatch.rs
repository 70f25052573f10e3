//! Times a step, for the developer to see. The only file of xtask that reads a clock.
#![expect(clippy::disallowed_methods, reason = "steps are timed; nothing depends on the result")]

use std::time::{Duration, Instant};

/// What a piece of work returned, and how long it took.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let done = work();
    (done, started.elapsed())
}
