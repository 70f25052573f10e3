//! From keys to dense numbers.
//!
//! Keys are hashes already, uniform over 16 bytes, so nobody can choose where one falls. They stand
//! in chunks by number; the hash tables hold numbers only (5 bytes a slot) and are never iterated.
//! There are many small tables, told apart by the last bytes of the key: one that grows moves a few
//! thousand slots, so that no insert waits for all of them. They have shares from 1 to 2, spread
//! evenly on a logarithmic scale, so that they do not all grow at the same time.
//! Owns keys and their tables. Must not know what a number stands for.

use crate::dense::Dense;
use crate::index;
use hashbrown::HashTable;
use std::sync::LazyLock;

/// A key: the first 16 bytes of a BLAKE3 hash.
pub type NameKey = [u8; 16];

/// The most numbers that a table gives.
pub const NUMBERS_MAX: usize = u32::MAX as usize;

/// Hash tables side by side.
const SHARDS: usize = 2_048;
/// Bits of a key that choose its table.
const SHARD_BITS: u32 = 15;
/// Keys in a chunk: 2^16, i.e. 1 MiB.
pub(crate) const CHUNK_BITS: u32 = 16;

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

/// Keys are uniform already, so eight of their bytes are a hash; others choose the shard.
pub(crate) fn slot_hash(key: &NameKey) -> u64 {
    let (first, _) = key.split_first_chunk().expect("a key has 16 bytes");
    u64::from_le_bytes(*first)
}

pub(crate) fn shard(key: &NameKey) -> usize {
    let chosen = (usize::from(key[14]) | usize::from(key[15]) << 8) & ((1 << SHARD_BITS) - 1);
    usize::from(SHARD_OF[chosen])
}

/// 2^(1/2048) with 62 bits after the point.
const STEP: u128 = 4_613_247_111_281_068_008;

/// Table `i` takes the numbers `x` with `2^(i/2048) <= 1 + x/2^15 < 2^((i+1)/2048)`.
static SHARD_OF: LazyLock<Box<[u16; 1 << SHARD_BITS]>> = LazyLock::new(|| {
    let mut shards = Vec::with_capacity(1 << SHARD_BITS);
    let (mut shard, mut bound) = (0_u16, STEP);
    for chosen in 0..1_u128 << SHARD_BITS {
        let place = (1 << 62) + (chosen << (62 - SHARD_BITS));
        while place >= bound && usize::from(shard) < SHARDS - 1 {
            shard += 1;
            bound = (bound * STEP) >> 62;
        }
        shards.push(shard);
    }
    shards.try_into().expect("one for each choice")
});

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
    fn shares_of_tables_grow_evenly_from_one_to_two() {
        let mut counts = vec![0_u32; SHARDS];
        for shard in SHARD_OF.iter() {
            counts[usize::from(*shard)] += 1;
        }
        let of = |shards: std::ops::Range<usize>| counts[shards].iter().sum::<u32>();
        assert_eq!(of(0..SHARDS), 1 << SHARD_BITS);
        assert!(counts.iter().all(|count| (10..=24).contains(count)));
        // 2^(1/2) - 1 of all in the first half.
        assert!((13_500..=13_650).contains(&of(0..SHARDS / 2)), "{}", of(0..SHARDS / 2));
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
