//! Standard base64 with padding, in its one spelling.
//!
//! Owns the refusal of padding in the middle: it joins two encodings, and would be a second text
//! for the same bytes. Must not know what the bytes are.

use data_encoding::BASE64;

/// The bytes of a text.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let is_one = !text.trim_end_matches('=').contains('=');
    is_one.then(|| BASE64.decode(text.as_bytes()).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_one_text() {
        assert_eq!(decode("QUJD"), Some(b"ABC".to_vec()));
        assert_eq!(decode("QQ=="), Some(b"A".to_vec()));
        for text in ["QQ==QUJD", "QQ==QQ==", "QQ", "QR==", "QQ==\n", "QUJD====", "===="] {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }
}
