//! The shell of Zentra: threads, sockets, files and clocks around the engine.
//!
//! Owns everything that touches the outside. Must not decide anything about money or deliveries: it
//! turns the outside into commands, and entries into answers and attempts.

pub mod config;
pub mod disk;
pub mod metrics;
pub mod quota_limits;
pub mod ready;
pub mod server;
