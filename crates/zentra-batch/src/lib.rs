//! Batches of intents as bytes, and a small client that sends them.
//!
//! Owns the body `application/vnd.zentra.bincode` (docs/reference/batch.md). The server reads it,
//! any program may write it; with the feature `client` this crate also sends it. Must not know how
//! intents are decided.

mod build;
#[cfg(feature = "client")]
mod client;
mod codec;
pub mod wire;

pub use build::BatchBuilder;
#[cfg(feature = "client")]
pub use client::{Client, ClientError};
pub use codec::{BatchError, decode_answer, decode_batch, encode_answer};
