//! The text of an API key, and what is kept of it.
//!
//! Owns both forms. Must not draw the bytes.

use data_encoding::BASE32_NOPAD;

/// The text of the key that these random bytes are: `zk_` and lower-case base32.
pub fn key_text(random: &[u8; 32]) -> String {
    let mut text = BASE32_NOPAD.encode(random);
    text.make_ascii_lowercase();
    format!("zk_{text}")
}

/// What is kept of a key: the BLAKE3 hash of its text.
pub fn hash_of_key(text: &str) -> [u8; 32] {
    *blake3::hash(text.as_bytes()).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_52_letters_after_their_prefix() {
        let text = key_text(&[0xff; 32]);
        assert_eq!(text.len(), 3 + 52);
        assert!(text.starts_with("zk_7777"));
        assert_ne!(hash_of_key(&text), hash_of_key(&key_text(&[0xfe; 32])));
    }
}
