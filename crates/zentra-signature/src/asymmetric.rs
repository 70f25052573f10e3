//! Ed25519 keys of the `v1a` scheme: `whsk_` signs, `whpk_` verifies.
//!
//! The specification does not fix the bytes of a `whsk_`: both the 32-byte seed and the 64-byte
//! seed-and-public form are read, the latter only when its halves agree; the latter is written.

use crate::base64;
use data_encoding::BASE64;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use std::fmt;
use zeroize::Zeroizing;

/// A key that signs `v1a`.
#[derive(Clone)]
pub struct SigningKeyV1a(SigningKey);

/// A key that verifies `v1a`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyingKeyV1a(VerifyingKey);

/// Why a text is not a key of `v1a`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It does not begin with `whsk_` (private) or `whpk_` (public).
    #[error("a private key begins with whsk_, a public key with whpk_")]
    MissingPrefix,
    /// What follows is not padded standard base64.
    #[error("after the prefix comes standard base64 with padding")]
    NotBase64,
    /// It decodes to another number of bytes than a key has.
    #[error("a private key has 32 or 64 bytes, a public key has 32; this one has {bytes}")]
    WrongLength {
        /// How many it has.
        bytes: usize,
    },
    /// The public half of a private key is not that of its seed.
    #[error("the public half is not that of the seed")]
    PublicHalfDisagrees,
    /// The bytes are no point of the curve, or one for which forgeries are easy.
    #[error("the bytes are not a usable public key")]
    NotAPublicKey,
}

impl SigningKeyV1a {
    /// The key of this seed.
    pub fn from_seed(seed: &[u8; 32]) -> SigningKeyV1a {
        SigningKeyV1a(SigningKey::from_bytes(seed))
    }

    /// Parses `whsk_...`.
    ///
    /// # Errors
    /// When the text is not of the form, or the public half is not that of the seed.
    pub fn parse(text: &str) -> Result<SigningKeyV1a, KeyError> {
        let bytes = decode(text, "whsk_")?;
        match bytes.len() {
            32 => {
                let mut seed = Zeroizing::new([0; 32]);
                seed.copy_from_slice(&bytes);
                Ok(SigningKeyV1a::from_seed(&seed))
            }
            64 => {
                let mut pair = Zeroizing::new([0; 64]);
                pair.copy_from_slice(&bytes);
                SigningKey::from_keypair_bytes(&pair)
                    .map(SigningKeyV1a)
                    .map_err(|_| KeyError::PublicHalfDisagrees)
            }
            bytes => Err(KeyError::WrongLength { bytes }),
        }
    }

    /// The key as text, seed and public half.
    pub fn expose(&self) -> Zeroizing<String> {
        let pair = Zeroizing::new(self.0.to_keypair_bytes());
        let mut text = Zeroizing::new(String::with_capacity(5 + 88));
        text.push_str("whsk_");
        BASE64.encode_append(pair.as_slice(), &mut text);
        text
    }

    /// The key that verifies what this one signs.
    pub fn verifying_key(&self) -> VerifyingKeyV1a {
        VerifyingKeyV1a(self.0.verifying_key())
    }

    pub(crate) fn sign(&self, content: &[u8]) -> [u8; 64] {
        self.0.sign(content).to_bytes()
    }
}

impl fmt::Debug for SigningKeyV1a {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKeyV1a(redacted)")
    }
}

impl VerifyingKeyV1a {
    /// Parses `whpk_...`.
    ///
    /// # Errors
    /// When the text is not of the form, or its bytes are not a key.
    pub fn parse(text: &str) -> Result<VerifyingKeyV1a, KeyError> {
        let bytes = decode(text, "whpk_")?;
        let key = <[u8; 32]>::try_from(bytes.as_slice())
            .map_err(|_| KeyError::WrongLength { bytes: bytes.len() })?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| KeyError::NotAPublicKey)?;
        if key.is_weak() { Err(KeyError::NotAPublicKey) } else { Ok(VerifyingKeyV1a(key)) }
    }

    /// The key as text.
    pub fn to_text(&self) -> String {
        format!("whpk_{}", BASE64.encode(self.0.as_bytes()))
    }

    pub(crate) fn verifies(&self, content: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(content, &Signature::from_bytes(signature)).is_ok()
    }
}

fn decode(text: &str, prefix: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let encoded = text.strip_prefix(prefix).ok_or(KeyError::MissingPrefix)?;
    base64::decode(encoded).map(Zeroizing::new).ok_or(KeyError::NotBase64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIVATE: &str = concat!(
        "whsk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8DoQe/884Qvh1w3RjnS8CZZ+TWMJulDV8d3IZkElUx",
        "uA=="
    );
    const PUBLIC: &str = "whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=";

    #[test]
    fn both_forms_of_a_private_key_are_read_and_one_is_written() {
        let key = SigningKeyV1a::parse(PRIVATE).unwrap();
        assert_eq!(key.expose().as_str(), PRIVATE);
        assert_eq!(key.verifying_key().to_text(), PUBLIC);
        assert_eq!(VerifyingKeyV1a::parse(PUBLIC).unwrap(), key.verifying_key());
        let seed: [u8; 32] = std::array::from_fn(|index| index as u8);
        assert_eq!(SigningKeyV1a::from_seed(&seed).expose().as_str(), PRIVATE);
    }

    #[test]
    fn the_seed_alone_is_read() {
        let seed: [u8; 32] = std::array::from_fn(|index| index as u8);
        let text = format!("whsk_{}", BASE64.encode(&seed));
        assert_eq!(SigningKeyV1a::parse(&text).unwrap().expose().as_str(), PRIVATE);
    }

    #[test]
    fn private_texts_are_parsed_strictly() {
        let encoded = |count: usize| format!("whsk_{}", BASE64.encode(&vec![7; count]));
        let mut pair = SigningKeyV1a::parse(PRIVATE).unwrap().0.to_keypair_bytes();
        pair[63] ^= 1;
        let disagrees = format!("whsk_{}", BASE64.encode(&pair));
        let rows = [
            (PUBLIC, KeyError::MissingPrefix),
            ("whsk_!!!", KeyError::NotBase64),
            (PRIVATE.trim_end_matches('='), KeyError::NotBase64),
            ("whsk_", KeyError::WrongLength { bytes: 0 }),
            (&encoded(31), KeyError::WrongLength { bytes: 31 }),
            (&encoded(33), KeyError::WrongLength { bytes: 33 }),
            (&encoded(65), KeyError::WrongLength { bytes: 65 }),
            (&disagrees, KeyError::PublicHalfDisagrees),
        ];
        for (text, expected) in rows {
            assert_eq!(SigningKeyV1a::parse(text).map(drop), Err(expected), "{text}");
        }
    }

    #[test]
    fn public_texts_are_parsed_strictly() {
        let encoded = |bytes: &[u8]| format!("whpk_{}", BASE64.encode(bytes));
        let mut identity = [0; 32];
        identity[0] = 1;
        let rows = [
            (PRIVATE.to_owned(), KeyError::MissingPrefix),
            ("whpk_*".to_owned(), KeyError::NotBase64),
            (encoded(&[7; 31]), KeyError::WrongLength { bytes: 31 }),
            (encoded(&[7; 64]), KeyError::WrongLength { bytes: 64 }),
            (encoded(&identity), KeyError::NotAPublicKey),
        ];
        for (text, expected) in rows {
            assert_eq!(VerifyingKeyV1a::parse(&text), Err(expected), "{text}");
        }
    }

    #[test]
    fn debug_shows_no_private_key() {
        let key = SigningKeyV1a::parse(PRIVATE).unwrap();
        assert_eq!(format!("{key:?}"), "SigningKeyV1a(redacted)");
    }
}
