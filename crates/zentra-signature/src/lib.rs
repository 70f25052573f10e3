//! Standard Webhooks signing and verifying, for Zentra and for whoever receives from it.
//!
//! Owns secrets, signatures, headers and the verifier. Depends on nothing of ours. Must not know
//! endpoints, deliveries or time: instants come in as arguments.
//!
//! Invariants:
//! - the sender's headers are strictly canonical, because consumer libraries differ on the rest;
//! - a secret is wiped when dropped and never shown by `Debug`;
//! - signatures are compared in constant time, and every candidate is compared.

mod asymmetric;
mod base64;
mod diagnose;
mod message;
mod ring;
mod secret;
mod verify;

pub use asymmetric::{KeyError, SigningKeyV1a, VerifyingKeyV1a};
pub use diagnose::{Diagnosis, Question, diagnose};
pub use message::{
    HEADER_ID, HEADER_SIGNATURE, HEADER_TIMESTAMP, MessageId, MessageIdError, sign_v1, sign_v1a,
    signature_header,
};
pub use ring::{RingError, SecretRing, VERSIONS_MAX, Version};
pub use secret::{SECRET_BYTES_MAX, SECRET_BYTES_MIN, SecretError, SymmetricSecret};
pub use verify::{CANDIDATES_MAX, Verified, Verifier, VerifierKey, VerifyError};
