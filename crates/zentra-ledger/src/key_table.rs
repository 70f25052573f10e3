//! From names that callers choose to dense numbers.
//!
//! A key is the first 16 bytes of BLAKE3 over a domain, the scope and the name, so no caller can
//! choose where it falls. Keys stand in a dense vector by number; the hash table holds numbers
//! only (5 bytes a slot) and is never iterated.
//! Owns keys and their table. Must not know what a number stands for.

use hashbrown::HashTable;
use zentra_events::ScopeNo;
use zentra_events::limits::NAME_BYTES_MAX;

/// The key of a name in a scope.
pub(crate) type Key = [u8; 16];

/// Sets accounts apart from intents.
pub(crate) const ACCOUNT_DOMAIN: &[u8; 8] = b"zentra.a";
/// Sets intents apart from accounts.
pub(crate) const INTENT_DOMAIN: &[u8; 8] = b"zentra.i";

/// The most numbers that a table gives.
pub(crate) const NUMBERS_MAX: usize = u32::MAX as usize;

const DOMAIN_BYTES: usize = 8;
const PREFIX_BYTES: usize = 12;

/// The key of `name` in `scope`. Short names take one BLAKE3 block.
pub(crate) fn key(domain: &[u8; DOMAIN_BYTES], scope: ScopeNo, name: &str) -> Key {
    let mut input = [0_u8; PREFIX_BYTES + NAME_BYTES_MAX];
    let (prefix, rest) = input.split_at_mut(PREFIX_BYTES);
    prefix[..DOMAIN_BYTES].copy_from_slice(domain);
    prefix[DOMAIN_BYTES..].copy_from_slice(&scope.0.to_le_bytes());
    rest[..name.len()].copy_from_slice(name.as_bytes());
    let hash = blake3::hash(&input[..PREFIX_BYTES.saturating_add(name.len())]);
    let (key, _) = hash.as_bytes().split_first_chunk().expect("a BLAKE3 hash has 32 bytes");
    *key
}

/// Keys by number, and numbers by key.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyTable {
    keys: Vec<Key>,
    slots: HashTable<u32>,
}

impl KeyTable {
    /// The number of a key.
    pub(crate) fn find(&self, key: &Key) -> Option<u32> {
        self.slots.find(slot_hash(key), |no| self.keys[*no as usize] == *key).copied()
    }

    /// Gives the key the next number. False when it has one already or none is left.
    pub(crate) fn push(&mut self, key: Key) -> bool {
        let next = u32::try_from(self.keys.len()).ok().filter(|no| *no != u32::MAX);
        let Some(next) = next else { return false };
        if self.find(&key).is_some() {
            return false;
        }
        self.keys.push(key);
        let keys = &self.keys;
        self.slots.insert_unique(slot_hash(&key), next, |no| slot_hash(&keys[*no as usize]));
        true
    }

    /// The keys in the order of their numbers.
    pub(crate) fn keys(&self) -> &[Key] {
        &self.keys
    }
}

/// Keys are uniform already, so eight of their bytes are a hash.
fn slot_hash(key: &Key) -> u64 {
    let (first, _) = key.split_first_chunk().expect("a key has 16 bytes");
    u64::from_le_bytes(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_dense_and_keys_are_unique() {
        let mut table = KeyTable::default();
        for n in 0..1_000_u32 {
            assert!(table.push(key(INTENT_DOMAIN, ScopeNo(1), &n.to_string())));
        }
        for n in 0..1_000_u32 {
            assert_eq!(table.find(&key(INTENT_DOMAIN, ScopeNo(1), &n.to_string())), Some(n));
        }
        assert!(!table.push(key(INTENT_DOMAIN, ScopeNo(1), "7")));
        assert_eq!(table.keys().len(), 1_000);
    }

    #[test]
    fn domain_scope_and_name_all_count() {
        let base = key(INTENT_DOMAIN, ScopeNo(1), "a");
        assert_ne!(base, key(ACCOUNT_DOMAIN, ScopeNo(1), "a"));
        assert_ne!(base, key(INTENT_DOMAIN, ScopeNo(2), "a"));
        assert_ne!(base, key(INTENT_DOMAIN, ScopeNo(1), "b"));
        key(INTENT_DOMAIN, ScopeNo(1), &"x".repeat(NAME_BYTES_MAX));
    }
}
