//! What a process asks the machine for: the time, and randomness.
//!
//! Owns the only two files that may read a clock or draw entropy. Must not be used by the core
//! crates, which are given both as arguments, and must not know what they are for.

pub mod clock;
pub mod entropy;
