//! What a process asks the machine for: the time, waiting, and randomness.
//!
//! Owns [`Env`], which `main` makes once and hands down, and the only file that may read a clock or
//! draw entropy. Must not be used by the core crates, which are given both as arguments, and must
//! not know what they are for.

mod env;
mod log_clock;
mod machine;
#[cfg(any(test, feature = "test-util"))]
mod manual_clock;
mod seam;
mod waiting_clock;

pub use env::Env;
pub use log_clock::LogClock;
#[cfg(any(test, feature = "test-util"))]
pub use manual_clock::{CountingEntropy, ManualClock};
pub use seam::{Clock, Entropy, Timer, Wait};
pub use waiting_clock::WaitingClock;
