//! Which hash table a key is in, and by which hash.
//!
//! Keys are hashes already, so their own bytes are taken: some as the hash, the last ones to choose
//! the table. The tables have shares from 1 to 2, spread evenly on a logarithmic scale, so that
//! they do not all grow at the same time. Owns keys and these shares. Must not know what is in a
//! table.

use std::sync::LazyLock;

/// A key: the first 16 bytes of a BLAKE3 hash.
pub type NameKey = [u8; 16];

/// Hash tables side by side.
pub(crate) const SHARDS: usize = 2_048;
/// Bits of a key that choose its table.
const SHARD_BITS: u32 = 15;
/// Keys in a chunk: 2^16, i.e. 1 MiB.
pub(crate) const CHUNK_BITS: u32 = 16;

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
}
