//! The one place that asks the operating system for randomness.
#![expect(clippy::disallowed_methods, reason = "this is the entropy's seam")]

/// Random bytes from the operating system.
///
/// # Panics
/// When the system has none to give: no key or id may be made without.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
