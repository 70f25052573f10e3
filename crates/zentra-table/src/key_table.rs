//! From keys to dense numbers.
//!
//! Keys are hashes already, uniform over 16 bytes, so nobody can choose where one falls. They stand
//! in chunks by number; the hash tables hold numbers only (5 bytes a slot) and are never iterated.
//! There are many small tables: one that grows moves a few thousand slots, so that no insert waits
//! for all of them. Owns keys and their tables. Must not know what a number stands for.

use crate::dense::Dense;
use crate::index;
use crate::key_hash::{CHUNK_BITS, NameKey, SHARDS, shard, slot_hash};
use hashbrown::HashTable;

/// The most numbers that a table gives.
pub const NUMBERS_MAX: usize = u32::MAX as usize;

/// Keys by number, and numbers by key.
#[derive(Clone, Debug)]
pub struct KeyTable {
    keys: Dense<NameKey, CHUNK_BITS>,
    shards: Vec<HashTable<u32>>,
    /// How many keys stand in the hash tables; those after them were appended.
    indexed: usize,
}

impl Default for KeyTable {
    fn default() -> KeyTable {
        let shards = vec![HashTable::new(); SHARDS];
        KeyTable { keys: Dense::default(), shards, indexed: 0 }
    }
}

impl KeyTable {
    /// The table of these keys, in the order of their numbers. None when a key stands there twice,
    /// or there are too many.
    pub fn of(keys: Dense<NameKey, CHUNK_BITS>) -> Option<KeyTable> {
        if keys.len() > NUMBERS_MAX {
            return None;
        }
        let mut table = KeyTable { keys, ..KeyTable::default() };
        table.index(1).ok()?;
        Some(table)
    }

    /// The number of a key.
    ///
    /// # Panics
    /// When keys were appended and not indexed.
    pub fn find(&self, key: &NameKey) -> Option<u32> {
        assert!(self.is_indexed(), "a key is looked up where not all are indexed");
        self.look_up(key)
    }

    /// Gives the key the next number without looking whether it has one; [`KeyTable::index`] does,
    /// for many keys at once and in a fraction of the time. False when no number is left.
    pub fn append(&mut self, key: NameKey) -> bool {
        let left = self.keys.len() < NUMBERS_MAX;
        if left {
            self.keys.push(key);
        }
        left
    }

    /// Lets the appended keys be found. When they are many, as many threads as there are workers
    /// share the hash tables among them.
    ///
    /// # Errors
    /// The number of a key that has another number, too; the table must not be used any more.
    ///
    /// # Panics
    /// When the system gives no thread.
    pub fn index(&mut self, workers: usize) -> Result<(), u32> {
        if self.keys.len() - self.indexed < SHARDS {
            return self.index_each();
        }
        index::index(&self.keys, self.indexed, &mut self.shards, workers)?;
        self.indexed = self.keys.len();
        Ok(())
    }

    /// Gives the key the next number. False when it has one already or none is left.
    pub fn push(&mut self, key: NameKey) -> bool {
        self.find(&key).is_none() && self.push_absent(key)
    }

    /// As [`KeyTable::push`], of a key that was just looked up and not found: it is not looked up
    /// again.
    pub fn push_absent(&mut self, key: NameKey) -> bool {
        debug_assert!(self.find(&key).is_none(), "the key is there already");
        let number = self.keys.len() as u32;
        let left = self.append(key);
        if left {
            self.enter(&key, number);
        }
        left
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
    pub fn get(&self, number: u32) -> Option<&NameKey> {
        self.keys.get(number as usize)
    }

    /// The keys in the order of their numbers.
    pub fn keys(&self) -> impl Iterator<Item = &NameKey> {
        self.keys.iter()
    }

    /// A read view of the keys, without the tables: nothing is found in it.
    #[must_use]
    pub fn read_view(&mut self) -> KeyTable {
        KeyTable { keys: self.keys.read_view(), shards: Vec::new(), indexed: self.indexed }
    }

    /// Whether every key can be found.
    fn is_indexed(&self) -> bool {
        self.indexed == self.keys.len()
    }

    fn look_up(&self, key: &NameKey) -> Option<u32> {
        let shard = self.shards.get(shard(key))?;
        shard.find(slot_hash(key), |no| self.keys.get(*no as usize) == Some(key)).copied()
    }

    fn index_each(&mut self) -> Result<(), u32> {
        for number in self.indexed..self.keys.len() {
            let number = number as u32;
            let Some(key) = self.get(number).copied() else { return Err(number) };
            if self.look_up(&key).is_some() {
                return Err(number);
            }
            self.enter(&key, number);
        }
        Ok(())
    }

    /// Enters a key in its hash table.
    #[inline]
    fn enter(&mut self, key: &NameKey, number: u32) {
        let keys = &self.keys;
        let hash_of = |no: &u32| keys.get(*no as usize).map_or(0, slot_hash);
        let Some(shard) = self.shards.get_mut(shard(key)) else { return };
        if shard.len() == shard.capacity() {
            // It is about to grow and will hash every key again. Looking at them all first lets the
            // memory come near for many at once; the order does not matter.
            std::hint::black_box(shard.iter().map(hash_of).fold(0, |all, hash| all ^ hash));
        }
        shard.insert_unique(slot_hash(key), number, hash_of);
        self.indexed += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As uniform as a hash, and a bijection: SplitMix64's finalizer on both halves.
    fn key(number: u64) -> NameKey {
        let mix = |seed: u64| {
            let z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        let mut key = [0; 16];
        key[..8].copy_from_slice(&mix(number).to_le_bytes());
        key[8..].copy_from_slice(&mix(!number).to_le_bytes());
        key
    }

    #[test]
    fn numbers_are_dense_and_keys_are_unique() {
        let mut table = KeyTable::default();
        for number in 0..200_000 {
            assert!(table.push(key(number)));
        }
        assert!(!table.push(key(7)));
        let again = KeyTable::of(table.keys.clone()).unwrap();
        for number in 0..200_000 {
            assert_eq!(table.find(&key(number)), Some(number as u32));
            assert_eq!(again.find(&key(number)), Some(number as u32));
        }
        assert_eq!(again.find(&key(200_000)), None);
        assert_eq!((table.len(), again.len()), (200_000, 200_000));
    }

    /// As many keys as are indexed one by one, and as many as are sorted first.
    const APPENDED: [u64; 4] = [1, SHARDS as u64 - 1, SHARDS as u64, 50_000];

    #[test]
    fn appended_keys_are_found_once_they_are_indexed() {
        for (appended, workers) in APPENDED.into_iter().zip([1, 1, 3, 2]) {
            let mut table = KeyTable::default();
            let mut next = 0;
            for round in 0..3 {
                assert!(table.push(key(next)));
                for number in next + 1..=next + appended {
                    assert!(table.append(key(number)));
                }
                assert!(!table.is_indexed());
                table.index(workers).unwrap();
                next += 1 + appended;
                assert_eq!(table.len() as u64, next, "round {round}");
            }
            for number in 0..next {
                assert_eq!(table.find(&key(number)), Some(number as u32));
            }
            assert_eq!(table.find(&key(next)), None);
            assert!(table.is_indexed() && !table.push(key(next - 1)) && table.push(key(next)));
        }
    }

    #[test]
    fn an_appended_key_that_is_there_is_found_when_it_is_indexed() {
        for (appended, workers) in APPENDED.into_iter().zip([1, 2, 2, 1]) {
            for twice in [0, appended - 1] {
                let mut table = KeyTable::default();
                assert!(table.push(key(0)));
                for number in 1..appended {
                    assert!(table.append(key(number)));
                }
                assert!(table.append(key(twice)));
                let found = table.index(workers).unwrap_err();
                assert_eq!(table.get(found), Some(&key(twice)), "{appended}, {twice}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "not all are indexed")]
    fn nothing_is_looked_up_where_not_all_are_indexed() {
        let mut table = KeyTable::default();
        assert!(table.append(key(1)));
        table.find(&key(2));
    }

    #[test]
    fn a_key_that_stands_twice_makes_no_table() {
        let mut keys = Dense::default();
        for number in [1, 2, 1] {
            keys.push(key(number));
        }
        assert!(KeyTable::of(keys).is_none());
    }
}
