//! The crate against known vectors and hostile headers.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod rotation;
mod vectors;
mod verifier;
