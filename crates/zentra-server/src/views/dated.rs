//! Sums of postings that count at another time than they were recorded.
//!
//! An intent with an `effective_at` counts from then on. For each account and both clocks its
//! postings are summed in buckets of time, 64 of a level in one of the next, so that the sum up to
//! any moment is that of at most 63 buckets a level, however many postings there are. Owns the
//! buckets. Must not know balances: what was not dated is told by the log alone.

use crate::api::{Totals, posted};
use crate::views::store::{ViewError, Views};
use std::collections::BTreeSet;
use zentra_events::{AccountNo, Amount, Entry, Event, Timestamp};

/// By which time a posting is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// When it was recorded.
    Recorded,
    /// When it takes effect.
    Effective,
}

/// Bytes of a bucket's key.
pub(super) const BUCKET_BYTES: usize = 14;

/// A bucket: account, clock, level and number, big-endian.
pub(super) type Bucket = [u8; BUCKET_BYTES];

/// Bits of time that a level takes.
const LEVEL_BITS: u32 = 6;
/// Levels that 64 bits of nanoseconds have.
const LEVELS: u32 = 11;

/// What a dated entry adds to which bucket; nothing for any other entry.
pub(super) fn additions(entry: &Entry) -> Vec<(Bucket, Totals)> {
    let Some(effective_at) = effective_at(entry) else { return Vec::new() };
    let mut accounts = BTreeSet::new();
    for recorded in &entry.events {
        if let Event::LedgerPosted(body) = &recorded.event {
            accounts.extend(body.lines.iter().map(|line| line.account.0));
        }
    }
    let mut additions = Vec::new();
    for account in accounts.into_iter().map(AccountNo) {
        let totals = posted(entry, account);
        for (clock, time) in
            [(Clock::Recorded, entry.header.recorded_at), (Clock::Effective, effective_at)]
        {
            for level in 0..LEVELS {
                additions
                    .push((bucket(account, clock, level, time.0 >> (LEVEL_BITS * level)), totals));
            }
        }
    }
    additions
}

/// The bytes of a bucket's sums.
pub(super) fn encode(totals: Totals) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&totals.debits.0.to_le_bytes());
    bytes[16..].copy_from_slice(&totals.credits.0.to_le_bytes());
    bytes
}

/// The sums in these bytes; zero when they are not a bucket's.
pub(super) fn decode(bytes: &[u8]) -> Totals {
    let amount =
        |bytes: Option<&[u8; 16]>| bytes.map_or(Amount::ZERO, |b| Amount(u128::from_le_bytes(*b)));
    Totals { debits: amount(bytes.first_chunk()), credits: amount(bytes.last_chunk()) }
}

impl Views {
    /// What an account's dated postings up to and at a time sum to, by this clock.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn dated(
        &self,
        account: AccountNo,
        clock: Clock,
        time: Timestamp,
    ) -> Result<Totals, ViewError> {
        let mut totals = Totals::default();
        for level in 0..LEVELS {
            let own = time.0 >> (LEVEL_BITS * level);
            // From the first bucket of the one above; the one of the moment counts at level 0 only.
            let first = own >> LEVEL_BITS << LEVEL_BITS;
            let end = own + u64::from(level == 0);
            let (from, to) =
                (bucket(account, clock, level, first), bucket(account, clock, level, end));
            for item in self.sums().range(from..to) {
                totals = totals.plus(decode(&item.value()?));
            }
        }
        Ok(totals)
    }
}

fn bucket(account: AccountNo, clock: Clock, level: u32, number: u64) -> Bucket {
    let mut key = [0; BUCKET_BYTES];
    key[..4].copy_from_slice(&account.0.to_be_bytes());
    key[4] = u8::from(clock == Clock::Effective);
    key[5] = level as u8;
    key[6..].copy_from_slice(&number.to_be_bytes());
    key
}

/// When an entry takes effect, if it says so.
fn effective_at(entry: &Entry) -> Option<Timestamp> {
    entry.events.iter().find_map(|recorded| match &recorded.event {
        Event::IntentAccepted(body) => body.details.as_ref()?.effective_at,
        Event::IntentConfirmed(body) => body.details.effective_at,
        _ => None,
    })
}
