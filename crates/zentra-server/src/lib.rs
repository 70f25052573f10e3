//! The shell of Zentra: threads, sockets, files and clocks around the engine.
//!
//! Owns everything that touches the outside. Must not decide anything about money or deliveries: it
//! turns the outside into commands, and entries into answers and attempts.

pub mod api;
mod asked;
pub mod background;
pub mod backup;
pub mod config;
pub mod control;
pub mod deliver;
pub mod disk;
pub mod files;
pub mod follower;
#[doc(hidden)]
pub mod fuzzing;
pub mod http;
pub mod log_access;
pub mod metrics;
pub mod names;
pub mod notices;
pub mod payload;
mod progress;
pub mod quota;
pub mod quota_limits;
mod quota_use;
pub mod rates;
pub mod ready;
pub mod runtime;
pub mod sealer;
pub mod server;
#[cfg(test)]
mod testing;
pub mod turns;
pub mod views;
