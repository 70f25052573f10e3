//! Verifying a received message.
//!
//! Stricter than the reference libraries where they disagree with each other, and never a panic: a
//! bad entry is skipped, a good one beside it counts. Owns the rules of the header's grammar.

use crate::asymmetric::VerifyingKeyV1a;
use crate::base64;
use crate::message::{MessageId, hmac_v1, signed_content};
use crate::ring::VERSIONS_MAX;
use crate::secret::SymmetricSecret;
use subtle::{Choice, ConstantTimeEq};

/// Signature entries that are looked at in one header, empty ones aside; the rest is ignored.
pub const CANDIDATES_MAX: usize = 16;

// Every version of a full ring may sign with both schemes.
const _: () = assert!(CANDIDATES_MAX >= 2 * VERSIONS_MAX);

/// Seconds that a message's time may differ from now, either way, inclusive.
pub(crate) const TOLERANCE_SECONDS: u64 = 300;

/// A key that a consumer trusts.
#[derive(Clone, Debug)]
pub enum VerifierKey {
    /// Verifies `v1`.
    Symmetric(SymmetricSecret),
    /// Verifies `v1a`.
    Asymmetric(VerifyingKeyV1a),
}

/// A message that verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The index of the first key that verified it.
    pub key_index: usize,
    /// The message's time, in seconds since 1970.
    pub timestamp_seconds: u64,
}

/// Why a message does not verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The id is not one.
    #[error("the webhook-id is not valid")]
    BadId,
    /// The timestamp is not whole seconds in ASCII digits without leading zeros.
    #[error("the webhook-timestamp is not whole seconds")]
    BadTimestamp,
    /// The message is older than the tolerance.
    #[error("the message is too old")]
    TooOld,
    /// The message is further in the future than the tolerance.
    #[error("the message is from the future")]
    TooNew,
    /// No signature of a trusted key matches.
    #[error("no signature matches")]
    NoMatch,
}

/// Verifies messages against trusted keys.
#[derive(Clone, Debug)]
pub struct Verifier {
    keys: Vec<VerifierKey>,
    tolerance_seconds: u64,
}

impl Verifier {
    /// A verifier that trusts these keys, with the usual tolerance of 300 seconds.
    pub fn new(keys: Vec<VerifierKey>) -> Verifier {
        Verifier { keys, tolerance_seconds: TOLERANCE_SECONDS }
    }

    /// Another tolerance.
    #[must_use]
    pub fn with_tolerance(self, tolerance_seconds: u64) -> Verifier {
        Verifier { tolerance_seconds, ..self }
    }

    /// Verifies the three headers and the body's bytes as received.
    ///
    /// # Errors
    /// With the first reason that holds.
    pub fn verify(
        &self,
        id: &str,
        timestamp: &str,
        signature: &str,
        body: &[u8],
        now_seconds: u64,
    ) -> Result<Verified, VerifyError> {
        let id = MessageId::parse(id).map_err(|_| VerifyError::BadId)?;
        let seconds = parse_seconds(timestamp).ok_or(VerifyError::BadTimestamp)?;
        if now_seconds.saturating_sub(seconds) > self.tolerance_seconds {
            return Err(VerifyError::TooOld);
        }
        if seconds.saturating_sub(now_seconds) > self.tolerance_seconds {
            return Err(VerifyError::TooNew);
        }
        let mut matched = None;
        for (key_index, key) in self.keys.iter().enumerate() {
            let found = bool::from(key.matches(id.as_str(), seconds, signature, body));
            if found && matched.is_none() {
                matched = Some(Verified { key_index, timestamp_seconds: seconds });
            }
        }
        matched.ok_or(VerifyError::NoMatch)
    }
}

impl VerifierKey {
    fn matches(&self, id: &str, seconds: u64, header: &str, body: &[u8]) -> Choice {
        let mut found = Choice::from(0);
        match self {
            VerifierKey::Symmetric(secret) => {
                let expected = hmac_v1(secret.bytes(), id, seconds, body);
                for candidate in candidates::<32>(header, "v1") {
                    found |= candidate.ct_eq(&expected);
                }
            }
            VerifierKey::Asymmetric(key) => {
                let content = signed_content(id, seconds, body);
                for candidate in candidates::<64>(header, "v1a") {
                    found |= Choice::from(u8::from(key.verifies(&content, &candidate)));
                }
            }
        }
        found
    }
}

/// The well-formed entries of a version in a header: one comma (a second is not base64), padded
/// base64, the right length. Others are skipped.
pub(crate) fn candidates<const N: usize>(
    header: &str,
    version: &str,
) -> impl Iterator<Item = [u8; N]> {
    let entries = header.split(' ').filter(|entry| !entry.is_empty());
    entries.take(CANDIDATES_MAX).filter_map(move |entry| {
        let (label, encoded) = entry.split_once(',')?;
        if label != version {
            return None;
        }
        base64::decode(encoded)?.try_into().ok()
    })
}

/// Whole seconds in ASCII digits, in their one canonical form: no sign, space or leading zero.
pub(crate) fn parse_seconds(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = digits && (text == "0" || !text.starts_with('0'));
    if canonical { text.parse().ok() } else { None }
}
