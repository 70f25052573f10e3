//! Standard Webhooks signing and verifying, for Zentra and for whoever receives from it.
//!
//! Owns secrets, signatures, headers and the verifier. Depends on nothing of ours. Must not know
//! endpoints, deliveries or time: instants come in as arguments.
//!
//! Invariants:
//! - the sender's headers are strictly canonical, because consumer libraries differ on the rest;
//! - a secret is wiped when dropped and never shown by `Debug`;
//! - signatures are compared in constant time, and every candidate is compared.
//!
//! A consumer verifies what it receives before it reads it:
//!
//! ```
//! use zentra_signature::{MessageId, SymmetricSecret, Verifier, VerifierKey, sign_v1};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let secret = SymmetricSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?;
//! // What came in: the headers webhook-id, webhook-timestamp, webhook-signature, and the body.
//! let (id, timestamp, body) = ("msg_42", "1777212729", br#"{"type":"transfer.settled"}"#);
//! let signature = sign_v1(&secret, &MessageId::parse(id)?, 1_777_212_729, body);
//!
//! let verifier = Verifier::new(vec![VerifierKey::Symmetric(secret)]);
//! let now_seconds = 1_777_212_800;
//! let verified = verifier.verify(id, timestamp, &signature, body, now_seconds)?;
//! assert_eq!(verified.timestamp_seconds, 1_777_212_729);
//!
//! let changed = br#"{"type":"transfer.reversed"}"#;
//! assert!(verifier.verify(id, timestamp, &signature, changed, now_seconds).is_err());
//! # Ok(())
//! # }
//! ```

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
