//! The names of keys, as signature lines and verifier keys spell them.
//!
//! Owns which texts are names. Must not know keys or notes.

/// Whether a text may name a key.
pub(crate) fn is_key_name(name: &str) -> bool {
    let sound = |letter: char| !letter.is_whitespace() && !letter.is_control() && letter != '+';
    !name.is_empty() && name.chars().all(sound)
}
