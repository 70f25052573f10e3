//! The keys of names that callers choose.
//!
//! A key is the first 16 bytes of BLAKE3 over a domain, the scope and the name, so no caller can
//! choose where it falls. Owns the domains. Must not know what is kept under a key.

use zentra_events::ScopeNo;
use zentra_events::limits::NAME_BYTES_MAX;
pub use zentra_table::{KeyTable, NameKey};

const ACCOUNT_DOMAIN: &[u8; DOMAIN_BYTES] = b"zentra.a";
const INTENT_DOMAIN: &[u8; DOMAIN_BYTES] = b"zentra.i";
const DOMAIN_BYTES: usize = 8;
const PREFIX_BYTES: usize = 12;

/// The key of an account's code.
pub fn account_key(scope: ScopeNo, code: &str) -> NameKey {
    key(ACCOUNT_DOMAIN, scope, code)
}

/// The key of an intent's id.
pub fn intent_key(scope: ScopeNo, id: &str) -> NameKey {
    key(INTENT_DOMAIN, scope, id)
}

/// The key of `name` in `scope`. Short names take one BLAKE3 block.
fn key(domain: &[u8; DOMAIN_BYTES], scope: ScopeNo, name: &str) -> NameKey {
    let mut input = [0_u8; PREFIX_BYTES + NAME_BYTES_MAX];
    let (prefix, rest) = input.split_at_mut(PREFIX_BYTES);
    prefix[..DOMAIN_BYTES].copy_from_slice(domain);
    prefix[DOMAIN_BYTES..].copy_from_slice(&scope.0.to_le_bytes());
    rest[..name.len()].copy_from_slice(name.as_bytes());
    let hash = blake3::hash(&input[..PREFIX_BYTES.saturating_add(name.len())]);
    let (key, _) = hash.as_bytes().split_first_chunk().expect("a BLAKE3 hash has 32 bytes");
    *key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domain_scope_and_name_all_count() {
        let base = intent_key(ScopeNo(1), "a");
        assert_ne!(base, account_key(ScopeNo(1), "a"));
        assert_ne!(base, intent_key(ScopeNo(2), "a"));
        assert_ne!(base, intent_key(ScopeNo(1), "b"));
        intent_key(ScopeNo(1), &"x".repeat(NAME_BYTES_MAX));
    }
}
