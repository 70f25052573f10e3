//! The engine from outside: answers, idempotency, and that a rebuild gives the same state.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod answers;
mod batches;
mod quotas;
mod read_views;
mod rebuild;
mod weights;
mod world;
mod wrong_facts;
