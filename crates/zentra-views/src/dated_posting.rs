//! A dated posting, and the buckets of time that it is added to.
//!
//! Owns the keys of buckets and the bytes of their sums. Must not know which postings are dated.

use crate::as_of::Totals;
use zentra_events::{AccountNo, Amount, Timestamp};

/// By which time a posting is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// When it was recorded.
    Recorded,
    /// When it takes effect.
    Effective,
}

/// Bytes of a bucket's key.
const BUCKET_BYTES: usize = 14;

/// A bucket: account, clock, level and number, big-endian.
pub(crate) type Bucket = [u8; BUCKET_BYTES];

/// Bits of time that a level takes.
pub(crate) const LEVEL_BITS: u32 = 6;
/// Levels that 64 bits of nanoseconds have.
pub(crate) const LEVELS: u32 = 11;

/// The key of a bucket.
pub(crate) fn bucket(account: AccountNo, clock: Clock, level: u32, number: u64) -> Bucket {
    let mut key = [0; BUCKET_BYTES];
    key[..4].copy_from_slice(&account.0.to_be_bytes());
    key[4] = u8::from(clock == Clock::Effective);
    key[5] = level as u8;
    key[6..].copy_from_slice(&number.to_be_bytes());
    key
}

/// What an entry posts to an account, and by which times it counts.
#[derive(Clone, Copy)]
pub(crate) struct DatedPosting {
    pub(crate) totals: Totals,
    pub(crate) recorded_at: Timestamp,
    pub(crate) effective_at: Timestamp,
}

impl DatedPosting {
    /// Which buckets it is added to.
    pub(crate) fn buckets(self, account: AccountNo) -> impl Iterator<Item = Bucket> {
        let times = [(Clock::Recorded, self.recorded_at), (Clock::Effective, self.effective_at)];
        times.into_iter().flat_map(move |(clock, time)| {
            (0..LEVELS)
                .map(move |level| bucket(account, clock, level, time.0 >> (LEVEL_BITS * level)))
        })
    }
}

/// The bytes of a bucket's sums.
pub(crate) fn encode(totals: Totals) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&totals.debits.0.to_le_bytes());
    bytes[16..].copy_from_slice(&totals.credits.0.to_le_bytes());
    bytes
}

/// The sums in these bytes; zero when they are not a bucket's.
pub(crate) fn decode(bytes: &[u8]) -> Totals {
    let amount =
        |bytes: Option<&[u8; 16]>| bytes.map_or(Amount::ZERO, |b| Amount(u128::from_le_bytes(*b)));
    Totals { debits: amount(bytes.first_chunk()), credits: amount(bytes.last_chunk()) }
}
