//! From keys to dense numbers.
//!
//! Keys are hashes already, uniform over 16 bytes, so nobody can choose where one falls. They stand
//! in chunks by number; the hash tables hold numbers only (5 bytes a slot) and are never iterated.
//! There are many small tables, told apart by the last bytes of the key: one that grows moves a few
//! thousand slots, so that no insert waits for all of them. They have shares from 1 to 2, spread
//! evenly on a logarithmic scale, so that they do not all grow at the same time.
//! Owns keys and their tables. Must not know what a number stands for.

use crate::dense::Dense;
use hashbrown::HashTable;
use std::sync::LazyLock;

/// A key: the first 16 bytes of a BLAKE3 hash.
pub type Key = [u8; 16];

/// The most numbers that a table gives.
pub const NUMBERS_MAX: usize = u32::MAX as usize;

/// Hash tables side by side.
const SHARDS: usize = 2_048;
/// Bits of a key that choose its table.
const SHARD_BITS: u32 = 15;
/// Keys in a chunk: 2^16, i.e. 1 MiB.
const CHUNK_BITS: u32 = 16;

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
    /// The table of these keys, in the order of their numbers. None when a key stands there twice.
    pub fn of(keys: Dense<Key, CHUNK_BITS>) -> Option<KeyTable> {
        let mut counts = vec![0_usize; SHARDS];
        for key in keys.iter() {
            counts[shard(key)] += 1;
        }
        let mut table = KeyTable { shards: Vec::with_capacity(SHARDS), keys };
        for count in counts {
            table.shards.push(HashTable::with_capacity(count));
        }
        let KeyTable { keys, shards } = &mut table;
        for (number, key) in keys.iter().enumerate() {
            let number = u32::try_from(number).ok()?;
            let (shard, hash) = (&mut shards[shard(key)], slot_hash(key));
            if shard.find(hash, |other| keys.get(*other as usize) == Some(key)).is_some() {
                return None;
            }
            // There is room: nothing is hashed again.
            shard.insert_unique(hash, number, |_| 0);
        }
        Some(table)
    }

    /// The number of a key.
    pub fn find(&self, key: &Key) -> Option<u32> {
        let shard = self.shards.get(shard(key))?;
        shard.find(slot_hash(key), |no| self.keys.get(*no as usize) == Some(key)).copied()
    }

    /// Gives the key the next number. False when it has one already or none is left.
    pub fn push(&mut self, key: Key) -> bool {
        self.find(&key).is_none() && self.push_absent(key)
    }

    /// As [`KeyTable::push`], of a key that was just looked up and not found: it is not looked up
    /// again.
    pub fn push_absent(&mut self, key: Key) -> bool {
        debug_assert!(self.find(&key).is_none(), "the key is there already");
        let next = u32::try_from(self.keys.len()).ok().filter(|no| *no != u32::MAX);
        let Some(next) = next else { return false };
        self.keys.push(key);
        let keys = &self.keys;
        let hash_of = |no: &u32| keys.get(*no as usize).map_or(0, slot_hash);
        let Some(shard) = self.shards.get_mut(shard(&key)) else { return false };
        if shard.len() == shard.capacity() {
            // It is about to grow and will hash every key again. Looking at them all first lets the
            // memory come near for many at once; the order does not matter.
            std::hint::black_box(shard.iter().map(hash_of).fold(0, |all, hash| all ^ hash));
        }
        shard.insert_unique(slot_hash(&key), next, hash_of);
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
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter()
    }

    /// The keys of this moment, without the tables: nothing is found in it.
    #[must_use]
    pub fn moment(&mut self) -> KeyTable {
        KeyTable { keys: self.keys.moment(), shards: Vec::new() }
    }
}

/// Keys are uniform already, so eight of their bytes are a hash; others choose the shard.
fn slot_hash(key: &Key) -> u64 {
    let (first, _) = key.split_first_chunk().expect("a key has 16 bytes");
    u64::from_le_bytes(*first)
}

fn shard(key: &Key) -> usize {
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
    fn key(number: u64) -> Key {
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
