//! Strict forms that several texts share: decimal numbers and base64 hashes.
//!
//! Owns the refusal of second spellings: every value has exactly one text. Must not know the texts.

use crate::merkle::Hash;
use data_encoding::BASE64;

/// A decimal number without sign, space or leading zero.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = text == "0" || !text.starts_with('0');
    if plain && canonical { text.parse().ok() } else { None }
}

/// A hash in standard base64 with padding.
pub(crate) fn hash(text: &str) -> Option<Hash> {
    base64(text)?.try_into().ok()
}

/// Bytes in standard base64 with padding. Padding in the middle joins two encodings, and would be
/// a second spelling.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    let is_one = !text.trim_end_matches('=').contains('=');
    is_one.then(|| BASE64.decode(text.as_bytes()).ok()).flatten()
}

/// Shows a hash in standard base64 with padding.
pub(crate) fn show_hash(hash: &Hash) -> String {
    BASE64.encode(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_spelling() {
        for (text, number) in [("0", 0), ("7", 7), ("18446744073709551615", u64::MAX)] {
            assert_eq!(decimal(text), Some(number));
        }
        for text in ["", "00", "01", "+1", "-1", " 1", "1 ", "1e3", "18446744073709551616"] {
            assert_eq!(decimal(text), None, "{text:?}");
        }
    }

    #[test]
    fn hashes_have_one_spelling() {
        let good = show_hash(&[0xff; 32]);
        assert_eq!(hash(&good), Some([0xff; 32]));
        assert_eq!(hash(&good.replace("8=", "9=")), None, "bits after the last byte");
        assert_eq!(hash(good.trim_end_matches('=')), None, "padding");
        assert_eq!(hash(&BASE64.encode(&[0; 31])), None, "length");
        let joined = BASE64.encode(&[0; 1]) + &BASE64.encode(&[0; 31]);
        assert_eq!(hash(&joined), None, "padding in the middle");
        assert_eq!(base64(&joined), None);
    }
}
