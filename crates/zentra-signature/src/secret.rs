//! Symmetric secrets: `whsec_` and 24 to 64 bytes in padded standard base64.
//!
//! The HMAC key is the decoded bytes (Standard Webhooks 1.0.0), not the text. Owns parsing; never
//! shows a secret by accident.

use crate::base64;
use data_encoding::BASE64;
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The fewest bytes of a secret.
pub const SECRET_BYTES_MIN: usize = 24;
/// The most bytes of a secret.
pub const SECRET_BYTES_MAX: usize = 64;

pub(crate) const PREFIX: &str = "whsec_";

/// The bytes that sign. Two are compared in constant time.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SymmetricSecret(Vec<u8>);

/// Why a text is not a symmetric secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It does not begin with `whsec_`.
    #[error("a secret begins with whsec_")]
    MissingPrefix,
    /// What follows is not padded standard base64.
    #[error("after whsec_ comes standard base64 with padding")]
    NotBase64,
    /// It decodes to too few bytes.
    #[error("a secret has at least {SECRET_BYTES_MIN} bytes, this one has {bytes}")]
    TooShort {
        /// How many it has.
        bytes: usize,
    },
    /// It decodes to too many bytes.
    #[error("a secret has at most {SECRET_BYTES_MAX} bytes, this one has {bytes}")]
    TooLong {
        /// How many it has.
        bytes: usize,
    },
}

impl SymmetricSecret {
    /// Parses `whsec_...`.
    ///
    /// # Errors
    /// With the first reason that holds.
    pub fn parse(text: &str) -> Result<SymmetricSecret, SecretError> {
        let encoded = text.strip_prefix(PREFIX).ok_or(SecretError::MissingPrefix)?;
        let bytes = Zeroizing::new(base64::decode(encoded).ok_or(SecretError::NotBase64)?);
        SymmetricSecret::from_bytes(&bytes)
    }

    /// A secret of these bytes.
    ///
    /// # Errors
    /// When they are too few or too many.
    pub fn from_bytes(bytes: &[u8]) -> Result<SymmetricSecret, SecretError> {
        match bytes.len() {
            ..SECRET_BYTES_MIN => Err(SecretError::TooShort { bytes: bytes.len() }),
            SECRET_BYTES_MIN..=SECRET_BYTES_MAX => Ok(SymmetricSecret(bytes.to_vec())),
            _ => Err(SecretError::TooLong { bytes: bytes.len() }),
        }
    }

    /// The secret as text, to be shown once to its owner.
    pub fn expose(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + 88));
        text.push_str(PREFIX);
        BASE64.encode_append(&self.0, &mut text);
        text
    }

    /// The bytes that sign.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for SymmetricSecret {
    fn eq(&self, other: &SymmetricSecret) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SymmetricSecret {}

impl fmt::Debug for SymmetricSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SymmetricSecret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_parsed_strictly() {
        let encoded = |count: usize| format!("whsec_{}", BASE64.encode(&vec![7; count]));
        let rows = [
            ("", SecretError::MissingPrefix),
            ("whsk_AAAA", SecretError::MissingPrefix),
            ("WHSEC_AAAA", SecretError::MissingPrefix),
            ("whsec_", SecretError::TooShort { bytes: 0 }),
            ("whsec_!!!", SecretError::NotBase64),
            ("whsec_QQ", SecretError::NotBase64),
            ("whsec_QQ==QUJD", SecretError::NotBase64),
            ("whsec_live", SecretError::TooShort { bytes: 3 }),
            (" whsec_AAAA", SecretError::MissingPrefix),
            ("whsec_QUFB\n", SecretError::NotBase64),
            ("whsec_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_", SecretError::NotBase64),
        ];
        for (text, expected) in rows {
            assert_eq!(SymmetricSecret::parse(text), Err(expected), "{text}");
        }
        let unused_bits = format!("{}B==", &encoded(64)[..encoded(64).len() - 3]);
        assert_eq!(SymmetricSecret::parse(&unused_bits), Err(SecretError::NotBase64));
        let short = SecretError::TooShort { bytes: 23 };
        assert_eq!(SymmetricSecret::parse(&encoded(23)), Err(short));
        assert_eq!(SymmetricSecret::parse(&encoded(65)), Err(SecretError::TooLong { bytes: 65 }));
        for count in [24, 32, 64] {
            let secret = SymmetricSecret::parse(&encoded(count)).unwrap();
            assert_eq!(secret.expose().as_str(), encoded(count));
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let secret = SymmetricSecret::from_bytes(&[0x41; 32]).unwrap();
        assert_eq!(format!("{secret:?}"), "SymmetricSecret(redacted)");
    }
}
