//! What velocity rules have counted: the starts of each source account, by its number.
//!
//! A currency is counted from the policy that first has a velocity rule about it until one has
//! none. What was counted before that counts no more from then on: a policy says so in one step,
//! whatever was counted, and the rows go a few at a time. Owns that. Must not know rules' bounds.

use crate::policy::Usage;
use bincode::{Decode, Encode};
use std::collections::BTreeMap;
use std::sync::Arc;
use zentra_events::{AccountNo, Amount, Currency, Span, Timestamp};
use zentra_table::Sparse;

/// Rows that one step looks at for those that count no more.
const SWEPT_AT_ONCE: usize = 64;

/// The starts of a scope's source accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Velocity {
    /// The version of the policy since which each currency is counted.
    since: BTreeMap<Currency, u32>,
    rows: Sparse<Arc<Row>>,
    /// The next number to look at, while there may be rows that count no more.
    sweeping: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Row {
    currency: Currency,
    since: u32,
    usage: Usage,
}

impl Velocity {
    /// What a source account has started, as far as it counts.
    pub(crate) fn usage(&self, source: AccountNo) -> Option<&Usage> {
        let row = self.rows.get(u64::from(source.0))?;
        self.counts(row).then_some(&row.usage)
    }

    /// Counts a start, and forgets those older than `kept`.
    pub(crate) fn start(
        &mut self,
        (source, currency): (AccountNo, Currency),
        now: Timestamp,
        amount: Amount,
        kept: Span,
    ) {
        self.sweep();
        let Some(since) = self.since.get(&currency).copied() else { return };
        let fresh = || Row { currency, since, usage: Usage::default() };
        let row = self.rows.entry(u64::from(source.0), || Arc::new(fresh()));
        let row = Arc::make_mut(row);
        if row.since != since {
            *row = fresh();
        }
        row.usage.record(now, amount, kept);
    }

    /// Takes in about which currencies the policy of this version has velocity rules.
    pub(crate) fn count(&mut self, version: u32, about: impl Iterator<Item = Currency>) {
        let before = std::mem::take(&mut self.since);
        let since = |currency| (currency, before.get(&currency).copied().unwrap_or(version));
        self.since = about.map(since).collect();
        if before.keys().any(|currency| !self.since.contains_key(currency)) {
            self.sweeping = Some(0);
        }
        self.sweep();
    }

    fn counts(&self, row: &Row) -> bool {
        self.since.get(&row.currency) == Some(&row.since)
    }

    /// Drops a few of the rows that count no more. Gives how many it looked at.
    fn sweep(&mut self) -> usize {
        let Some(next) = self.sweeping else { return 0 };
        let mut looked_at = 0;
        let mut stale = Vec::new();
        let mut rest = None;
        for (number, row) in self.rows.iter_from(next) {
            if looked_at == SWEPT_AT_ONCE {
                rest = Some(number);
                break;
            }
            looked_at = looked_at.saturating_add(1);
            if !self.counts(row) {
                stale.push(number);
            }
        }
        for number in stale {
            self.rows.remove(number);
        }
        self.sweeping = rest;
        looked_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(number: u8) -> Currency {
        ["EUR", "USD", "GBP"][usize::from(number) % 3].parse().unwrap()
    }

    #[test]
    fn a_policy_looks_at_few_rows_whatever_was_counted() {
        let mut velocity = Velocity::default();
        velocity.count(1, [currency(0), currency(1)].into_iter());
        for number in 0..10_000_u32 {
            let source = (AccountNo(number), currency((number % 2) as u8));
            velocity.start(source, Timestamp(1), Amount(1), Span(10));
        }
        velocity.count(2, [currency(0)].into_iter());
        let gone = AccountNo(9_999);
        assert!(velocity.usage(gone).is_none(), "at once");
        assert!(velocity.rows.get(9_999).is_some(), "in its turn");
        let mut steps = 0;
        while velocity.sweeping.is_some() {
            assert!(velocity.sweep() <= SWEPT_AT_ONCE);
            steps += 1;
        }
        assert_eq!((steps, velocity.rows.len()), (10_000 / SWEPT_AT_ONCE, 5_000));
    }

    proptest! {
        #[test]
        fn what_counts_is_what_a_plain_map_has(
            steps in prop::collection::vec((0..12_u8, 0..200_u32), 0..400)
        ) {
            let mut velocity = Velocity::default();
            let mut model: BTreeMap<u32, Usage> = BTreeMap::new();
            let mut about: Vec<u8> = Vec::new();
            for (version, (step, which)) in (1..).zip(steps) {
                let now = Timestamp(u64::from(version));
                if step == 0 {
                    about = (0..3).filter(|number| which >> number & 1 == 1).collect();
                    velocity.count(version, about.iter().map(|number| currency(*number)));
                    model.retain(|source, _| about.contains(&((*source % 3) as u8)));
                } else {
                    let of = (which % 3) as u8;
                    velocity.start((AccountNo(which), currency(of)), now, Amount(1), Span(30));
                    if about.contains(&of) {
                        model.entry(which).or_default().record(now, Amount(1), Span(30));
                    }
                }
                for source in 0..200 {
                    prop_assert_eq!(velocity.usage(AccountNo(source)), model.get(&source));
                }
            }
        }
    }
}
