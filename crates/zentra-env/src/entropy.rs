//! Randomness, for what is not given its [`crate::Env`] yet.

/// Random bytes from the operating system.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    crate::clock::env().random_bytes()
}
