//! Sums of postings that count at another time than they were recorded.
//!
//! A leg of an intent takes effect at the time that its entry says, or else when it is recorded,
//! but never before an earlier leg of the intent. For each account and both clocks its postings are
//! summed in buckets of time, 64 of a level in one of the next, so that the sum up to any moment is
//! that of at most 63 buckets a level, however many postings there are. Owns which postings are
//! dated. Must not know balances: what was not dated is told by the log alone.

use crate::as_of::{Totals, posted};
use crate::dated_posting::{Bucket, Clock, DatedPosting, LEVEL_BITS, LEVELS, bucket};
use crate::error::ViewError;
use crate::rows::Rows;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use zentra_events::{AccountNo, Entry, Event, IntentNo, Position, Timestamp};

/// What an account's dated postings up to and at a time sum to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dated {
    /// Those that were recorded by then.
    pub recorded: Totals,
    /// Those that took effect by then.
    pub effective: Totals,
    /// The sums are those of the entries before this position.
    pub before: Position,
}

/// The intent whose legs an entry has.
fn legs_of(entry: &Entry) -> Option<IntentNo> {
    entry.events().iter().find_map(|recorded| match &recorded.event {
        Event::LedgerPosted(body) => body.intent,
        _ => None,
    })
}

impl Rows {
    /// Takes in what an entry posts, if it takes effect at another time than it was recorded.
    pub(crate) fn date(&mut self, entry: &Entry) -> Result<(), ViewError> {
        let Some(intent) = legs_of(entry) else { return Ok(()) };
        let (position, recorded_at) = (entry.header.position, entry.header.recorded_at);
        let known = self.later(intent)?;
        let effective_at = takes_effect(entry, known);
        // An earlier time needs no keeping: whatever follows is recorded later than that.
        if effective_at > recorded_at && known != Some(effective_at) {
            self.changed.later.insert(intent, effective_at);
        }
        if effective_at == recorded_at && own_effective_at(entry).is_none() {
            return Ok(());
        }
        for account in accounts_of(entry) {
            let totals = posted(entry, account);
            let posting = DatedPosting { totals, recorded_at, effective_at };
            self.changed.dated.insert((account, position), posting);
        }
        Ok(())
    }

    /// What an account's dated postings up to and at a time sum to, all as of one position.
    ///
    /// # Errors
    /// When the store fails.
    pub fn dated(&self, account: AccountNo, time: Timestamp) -> Result<Dated, ViewError> {
        let recorded = self.stored_sum(account, Clock::Recorded, time)?;
        let effective = self.stored_sum(account, Clock::Effective, time)?;
        let mut dated = Dated { recorded, effective, before: self.seen };
        let all = (account, Position::ZERO)..=(account, Position(u64::MAX));
        for posting in self.changed.dated.range(all).map(|(_, posting)| posting) {
            if posting.recorded_at <= time {
                dated.recorded = dated.recorded.plus(posting.totals);
            }
            if posting.effective_at <= time {
                dated.effective = dated.effective.plus(posting.totals);
            }
        }
        Ok(dated)
    }

    fn stored_sum(
        &self,
        account: AccountNo,
        clock: Clock,
        time: Timestamp,
    ) -> Result<Totals, ViewError> {
        let mut totals = Totals::default();
        for level in 0..LEVELS {
            let own = time.0 >> (LEVEL_BITS * level);
            // From the first bucket of the one above.
            let first = bucket(account, clock, level, own >> LEVEL_BITS << LEVEL_BITS);
            let own = bucket(account, clock, level, own);
            // The bucket of the moment itself counts at level 0 only.
            let end = if level == 0 { Bound::Included(own) } else { Bound::Excluded(own) };
            for sum in self.buckets(first, end) {
                totals = totals.plus(sum?);
            }
        }
        Ok(totals)
    }
}

/// The sums that the changes of these rows make.
pub(crate) fn sums(rows: &Rows) -> Result<BTreeMap<Bucket, Totals>, ViewError> {
    let mut sums = BTreeMap::new();
    for ((account, _), posting) in &rows.changed.dated {
        for bucket in posting.buckets(*account) {
            let before = match sums.get(&bucket) {
                Some(before) => *before,
                None => rows.bucket(&bucket)?,
            };
            sums.insert(bucket, before.plus(posting.totals));
        }
    }
    Ok(sums)
}

/// The accounts that an entry posts to.
fn accounts_of(entry: &Entry) -> BTreeSet<AccountNo> {
    let posted = entry.events().iter().filter_map(|recorded| match &recorded.event {
        Event::LedgerPosted(body) => Some(body.lines.iter().map(|line| line.account)),
        _ => None,
    });
    posted.flatten().collect()
}

/// When the legs of an entry take effect, after legs of their intent that do so at `earlier`.
pub fn takes_effect(entry: &Entry, earlier: Option<Timestamp>) -> Timestamp {
    let own = own_effective_at(entry).unwrap_or(entry.header.recorded_at);
    earlier.map_or(own, |earlier| own.max(earlier))
}

/// When an entry takes effect, if it says so.
pub(crate) fn own_effective_at(entry: &Entry) -> Option<Timestamp> {
    entry.events().iter().find_map(|recorded| match &recorded.event {
        Event::IntentAccepted(body) => body.details.as_ref()?.effective_at,
        Event::IntentConfirmed(body) => body.details.effective_at,
        Event::IntentDated(body) => Some(body.effective_at),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Views;
    use zentra_engine::{AccessCommand, Command};
    use zentra_events::event::Capture;
    use zentra_events::{Amount, ScopeNo};
    use zentra_testkit::made::{Made, fund, intent};

    /// Where buckets of every level begin and end.
    fn edges() -> Vec<u64> {
        let mut edges = vec![0, 1, u64::MAX - 1, u64::MAX];
        for level in 0..LEVELS {
            let size = 1_u64 << (LEVEL_BITS * level);
            for count in [1, 2, 15] {
                let edge = size.saturating_mul(count);
                edges.extend([edge - 1, edge, edge.saturating_add(1)]);
            }
        }
        edges
    }

    #[test]
    fn sums_are_those_of_a_plain_model_at_the_edges_of_buckets() {
        let folder = tempfile::tempdir().unwrap();
        let views = Views::of_nothing(folder.path());
        let mut made = Made::default();
        let name = "acme".parse().unwrap();
        made.ask(Timestamp(1), Command::Access(AccessCommand::CreateScope { name, key: None }));
        made.ask(Timestamp(2), fund());
        for (number, edge) in edges().into_iter().enumerate() {
            // Some are not dated, and count for nothing here.
            let effective_at = (number % 7 != 3).then_some(Timestamp(edge));
            let dated = intent(number, number as u128 + 1, Capture::Automatic, effective_at);
            made.ask(Timestamp(1_000 * (10 + 97 * number as u64)), dated);
        }
        let Made { engine, entries, .. } = made;
        // In several batches, so that stored buckets are added to.
        for batch in entries.chunks(13) {
            views.fold(batch).unwrap();
        }
        let code = "customer_balance".parse().unwrap();
        let account = engine.ledger().account(ScopeNo(0), &code).unwrap().no;
        let model = |by: &dyn Fn(&Entry, Timestamp) -> bool| {
            let dated = entries.iter().filter_map(|entry| Some((entry, own_effective_at(entry)?)));
            dated
                .filter(|(entry, effective_at)| by(entry, *effective_at))
                .fold(Totals::default(), |sum, (entry, _)| sum.plus(posted(entry, account)))
        };
        let rows = views.stored().unwrap();
        for time in edges().into_iter().chain((0..9_000_000).step_by(41_000)).map(Timestamp) {
            let expected = Dated {
                recorded: model(&|entry, _| entry.header.recorded_at <= time),
                effective: model(&|_, effective_at| effective_at <= time),
                before: Position(entries.len() as u64),
            };
            assert_eq!(rows.dated(account, time).unwrap(), expected, "{time:?}");
        }
        let all = rows.dated(account, Timestamp(u64::MAX)).unwrap();
        assert!(all.effective.debits > Amount::ZERO && all.effective == all.recorded);
    }
}
