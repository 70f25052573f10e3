//! Many keys into their hash tables at once.
//!
//! A key's table is somewhere in memory, and to enter keys in the order of their numbers waits for
//! that memory each time. Here keys are sorted by table first, so that a table is filled while it
//! is near; threads share the tables among them. Owns that order. Must not know when it is done.

use crate::dense::Dense;
use crate::key_hash::{CHUNK_BITS, NameKey, shard, slot_hash};
use hashbrown::HashTable;

/// Keys that are sorted at a time: 16 bytes each.
const ROUND_KEYS: usize = 1 << 20;

/// Enters the keys from a number on in their tables. When one stands there already: its number.
pub(crate) fn index(
    keys: &Dense<NameKey, CHUNK_BITS>,
    from: usize,
    shards: &mut [HashTable<u32>],
    workers: usize,
) -> Result<(), u32> {
    let share = shards.len().div_ceil(workers.max(1)).max(1);
    let shares = shards.chunks_mut(share).enumerate();
    let mut parts = shares.map(|(part, shards)| Part { keys, from, first: part * share, shards });
    std::thread::scope(|scope| {
        let own = parts.next();
        let others: Vec<_> = parts.map(|part| scope.spawn(|| part.index())).collect();
        let own = own.map_or(Ok(()), Part::index);
        others.into_iter().fold(own, |found, other| {
            found.and(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })
    })
}

/// Some of the hash tables, to enter many keys in.
struct Part<'a> {
    keys: &'a Dense<NameKey, CHUNK_BITS>,
    /// The first key that stands in no table.
    from: usize,
    /// Which table is the first of the part.
    first: usize,
    shards: &'a mut [HashTable<u32>],
}

impl Part<'_> {
    fn index(self) -> Result<(), u32> {
        let Part { keys, from, first, shards } = self;
        let mut counts = vec![0; shards.len()];
        count(keys.iter_from(from), first, &mut counts);
        for (shard, count) in shards.iter_mut().zip(counts) {
            shard.reserve(count, |no| keys.get(*no as usize).map_or(0, slot_hash));
        }
        let (mut rows, mut ends) = (Vec::new(), vec![0; shards.len()]);
        for from in (from..keys.len()).step_by(ROUND_KEYS) {
            sort(keys, from, first, &mut rows, &mut ends);
            let starts = std::iter::once(0).chain(ends.iter().copied());
            for (shard, (start, end)) in shards.iter_mut().zip(starts.zip(&ends)) {
                for (hash, number) in &rows[start..*end] {
                    let key = keys.get(*number as usize);
                    if shard.find(*hash, |other| keys.get(*other as usize) == key).is_some() {
                        return Err(*number);
                    }
                    // There is room: nothing is hashed again.
                    shard.insert_unique(*hash, *number, |_| 0);
                }
            }
        }
        Ok(())
    }
}

/// Adds to the counts how many of the keys belong to each table from `first` on.
fn count<'a>(keys: impl Iterator<Item = &'a NameKey>, first: usize, counts: &mut [usize]) {
    for key in keys {
        if let Some(count) = counts.get_mut(shard(key).wrapping_sub(first)) {
            *count += 1;
        }
    }
}

/// Puts the hashes and numbers of a round's keys in the order of their tables, so that each table
/// is filled while it is near; `ends` tells where the rows of each table end.
fn sort(
    keys: &Dense<NameKey, CHUNK_BITS>,
    from: usize,
    first: usize,
    rows: &mut Vec<(u64, u32)>,
    ends: &mut [usize],
) {
    let round = || keys.iter_from(from).take(ROUND_KEYS);
    ends.fill(0);
    count(round(), first, ends);
    let mut start = 0;
    for end in ends.iter_mut() {
        start += std::mem::replace(end, start);
    }
    rows.resize(start, (0, 0));
    for (number, key) in (from as u32..).zip(round()) {
        if let Some(place) = ends.get_mut(shard(key).wrapping_sub(first)) {
            rows[*place] = (slot_hash(key), number);
            *place += 1;
        }
    }
}
