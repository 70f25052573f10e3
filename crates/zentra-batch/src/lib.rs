//! Batches of intents as bytes, and a small client that sends them.
//!
//! Owns the body `application/vnd.zentra.bincode` (docs/reference/batch.md). The server reads it,
//! any program may write it; with the feature `client` this crate also sends it. Must not know how
//! intents are decided.
//!
//! A batch is built, sent as it is, and its answer has one outcome for each item:
//!
//! ```
//! use zentra_batch::wire::{AccountV1, ItemV1, TermsV1};
//! use zentra_batch::{BatchBuilder, decode_batch};
//!
//! # fn main() -> Result<(), zentra_batch::BatchError> {
//! let mut batch = BatchBuilder::new();
//! let terms = batch.terms(&TermsV1 {
//!     currency: "USD",
//!     corridor: "domestic",
//!     manual_capture: false,
//!     effective_at_ns: None,
//!     metadata: vec![("payroll", "2026-04")],
//! })?;
//! for (intent_id, minor_units) in [("pay_1", 125_000), ("pay_2", 98_000)] {
//!     batch.push(&ItemV1 {
//!         intent_id,
//!         minor_units,
//!         source: AccountV1::Code("customer_balance"),
//!         destination: AccountV1::Code("merchant_balance"),
//!         terms,
//!         linked: false,
//!     })?;
//! }
//! let bytes = batch.finish();
//! assert_eq!(decode_batch(&bytes)?.items.len(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! With the feature `client`, `Client::submit` takes these bytes to `POST /intents/batch`. The same
//! bytes may be sent again: each intent is moved once.

mod build;
#[cfg(feature = "client")]
mod client;
mod codec;
pub mod wire;

pub use build::BatchBuilder;
#[cfg(feature = "client")]
pub use client::{Client, ClientError};
pub use codec::{BatchError, decode_answer, decode_batch, encode_answer};
