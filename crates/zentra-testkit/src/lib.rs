//! What the tests of several crates ask and start, once each.
//!
//! Owns the short ways: a command, a batch of intents, entries; with the feature `runtime` a log in
//! memory and a runtime in a folder. Tests, benches and fuzzing use it; nothing of the product may.
//! What only one crate's tests need stays with them.
#![expect(clippy::unwrap_used, reason = "what cannot be made fails the test that wants it")]

mod batch;
mod commands;
pub mod made;
#[cfg(feature = "runtime")]
mod memory_log;
#[cfg(feature = "runtime")]
mod runtime;

pub use batch::{PlainItem, batch, terms};
pub use commands::{
    accept, attempt, details, endpoint, fund, intent, key, publish, request, scope, transfer,
};
#[cfg(feature = "runtime")]
pub use memory_log::memory_log;
#[cfg(feature = "runtime")]
pub use runtime::{start, start_opened, stop, submit};
