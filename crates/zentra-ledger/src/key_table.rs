//! From names that callers choose to dense numbers.
//!
//! A key is the first 16 bytes of BLAKE3 over a domain, the scope and the name, so no caller can
//! choose where it falls. Keys stand in chunks by number; the hash tables hold numbers only (5
//! bytes a slot) and are never iterated. There are many small tables, told apart by the last bits
//! of the key: one that grows moves a few thousand slots, so that no insert waits for all of them.
//! Owns keys and their tables. Must not know what a number stands for.

use crate::dense::Dense;
use hashbrown::HashTable;
use zentra_events::ScopeNo;
use zentra_events::limits::NAME_BYTES_MAX;

/// The key of a name in a scope.
pub type Key = [u8; 16];

/// The most numbers that a table gives.
pub(crate) const NUMBERS_MAX: usize = u32::MAX as usize;

const ACCOUNT_DOMAIN: &[u8; DOMAIN_BYTES] = b"zentra.a";
const INTENT_DOMAIN: &[u8; DOMAIN_BYTES] = b"zentra.i";
const DOMAIN_BYTES: usize = 8;
const PREFIX_BYTES: usize = 12;
/// Hash tables side by side.
const SHARDS: usize = 4_096;
/// Keys in a chunk: 2^16, i.e. 1 MiB.
const CHUNK_BITS: u32 = 16;

/// The key of an account's code.
pub fn account_key(scope: ScopeNo, code: &str) -> Key {
    key(ACCOUNT_DOMAIN, scope, code)
}

/// The key of an intent's id.
pub fn intent_key(scope: ScopeNo, id: &str) -> Key {
    key(INTENT_DOMAIN, scope, id)
}

/// The key of `name` in `scope`. Short names take one BLAKE3 block.
fn key(domain: &[u8; DOMAIN_BYTES], scope: ScopeNo, name: &str) -> Key {
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
#[derive(Clone, Debug)]
pub struct KeyTable {
    keys: Dense<Key, CHUNK_BITS>,
    shards: Vec<HashTable<u32>>,
}

impl Default for KeyTable {
    fn default() -> KeyTable {
        KeyTable { keys: Dense::default(), shards: vec![HashTable::new(); SHARDS] }
    }
}

impl KeyTable {
    /// The number of a key.
    pub fn find(&self, key: &Key) -> Option<u32> {
        let shard = self.shards.get(shard(key))?;
        shard.find(slot_hash(key), |no| self.keys.get(*no as usize) == Some(key)).copied()
    }

    /// Gives the key the next number. False when it has one already or none is left.
    pub fn push(&mut self, key: Key) -> bool {
        let next = u32::try_from(self.keys.len()).ok().filter(|no| *no != u32::MAX);
        let Some(next) = next else { return false };
        if self.find(&key).is_some() {
            return false;
        }
        self.keys.push(key);
        let keys = &self.keys;
        let Some(shard) = self.shards.get_mut(shard(&key)) else { return false };
        shard.insert_unique(slot_hash(&key), next, |no| {
            keys.get(*no as usize).map_or(0, slot_hash)
        });
        true
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The key with this number.
    pub fn get(&self, number: u32) -> Option<&Key> {
        self.keys.get(number as usize)
    }

    /// The keys in the order of their numbers.
    pub(crate) fn keys(&self) -> &Dense<Key, CHUNK_BITS> {
        &self.keys
    }
}

/// Keys are uniform already, so eight of their bytes are a hash; others choose the shard.
fn slot_hash(key: &Key) -> u64 {
    let (first, _) = key.split_first_chunk().expect("a key has 16 bytes");
    u64::from_le_bytes(*first)
}

fn shard(key: &Key) -> usize {
    (usize::from(key[14]) | usize::from(key[15]) << 8) & (SHARDS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_dense_and_keys_are_unique() {
        let mut table = KeyTable::default();
        for n in 0..100_000_u32 {
            assert!(table.push(intent_key(ScopeNo(1), &n.to_string())));
        }
        for n in 0..100_000_u32 {
            assert_eq!(table.find(&intent_key(ScopeNo(1), &n.to_string())), Some(n));
        }
        assert!(!table.push(intent_key(ScopeNo(1), "7")));
        assert_eq!(table.len(), 100_000);
    }

    #[test]
    fn domain_scope_and_name_all_count() {
        let base = intent_key(ScopeNo(1), "a");
        assert_ne!(base, account_key(ScopeNo(1), "a"));
        assert_ne!(base, intent_key(ScopeNo(2), "a"));
        assert_ne!(base, intent_key(ScopeNo(1), "b"));
        intent_key(ScopeNo(1), &"x".repeat(NAME_BYTES_MAX));
    }
}
