//! Signing a message: the id, the signed content, the signature header.
//!
//! Signed content is `{id}.{timestamp}.{body}` with the body's bytes exactly as sent. Owns the
//! canonical forms of what the sender writes.

use crate::asymmetric::SigningKeyV1a;
use crate::secret::SymmetricSecret;
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// The header that names the event; the consumer's key for de-duplication.
pub const HEADER_ID: &str = "webhook-id";
/// The header with the attempt's time in whole seconds since 1970.
pub const HEADER_TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures.
pub const HEADER_SIGNATURE: &str = "webhook-signature";

const MESSAGE_ID_BYTES_MAX: usize = 128;

/// The id of a message: visible ASCII without `.`, since the signed content is joined by dots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageId(String);

/// Why a text is not a message id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message id is 1 to {MESSAGE_ID_BYTES_MAX} visible ASCII characters without '.'")]
pub struct MessageIdError;

impl MessageId {
    /// Parses an id.
    ///
    /// # Errors
    /// When it is empty, too long, or has a character that it may not have.
    pub fn parse(text: &str) -> Result<MessageId, MessageIdError> {
        let shaped = (1..=MESSAGE_ID_BYTES_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.');
        if shaped { Ok(MessageId(text.to_owned())) } else { Err(MessageIdError) }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The `v1` entry of a signature header: `v1,` and padded base64 of HMAC-SHA256.
pub fn sign_v1(secret: &SymmetricSecret, id: &MessageId, seconds: u64, body: &[u8]) -> String {
    format!("v1,{}", BASE64.encode(&hmac_v1(secret.bytes(), id.as_str(), seconds, body)))
}

/// The `v1a` entry of a signature header: `v1a,` and padded base64 of Ed25519.
pub fn sign_v1a(key: &SigningKeyV1a, id: &MessageId, seconds: u64, body: &[u8]) -> String {
    format!("v1a,{}", BASE64.encode(&key.sign(&signed_content(id.as_str(), seconds, body))))
}

/// The signature header's value: the entries with exactly one space between.
pub fn signature_header(signatures: impl IntoIterator<Item = String>) -> String {
    signatures.into_iter().collect::<Vec<_>>().join(" ")
}

pub(crate) fn signed_content(id: &str, seconds: u64, body: &[u8]) -> Vec<u8> {
    let mut content = format!("{id}.{seconds}.").into_bytes();
    content.extend_from_slice(body);
    content
}

pub(crate) fn hmac_v1(key: &[u8], id: &str, seconds: u64, body: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body);
    mac.finalize().into_bytes().into()
}
