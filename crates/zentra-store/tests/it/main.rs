//! The log from outside: one behaviour for every storage, a crash matrix, and files kept for ever.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod behaviour;
mod conformance;
mod crash;
mod damage;
mod fixtures;
mod roll;
mod support;
