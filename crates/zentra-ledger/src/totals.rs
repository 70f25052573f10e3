//! What ever left an account and ever came in.
//!
//! A balance is credits minus debits; both only grow and are checked. Owns the arithmetic of
//! balances, floors and what is available. Must not know accounts.

use bincode::{Decode, Encode};
use zentra_events::event::Floor;
use zentra_events::{Amount, Direction};

/// Both totals of an account, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Totals {
    pub(crate) debits: Amount,
    pub(crate) credits: Amount,
}

impl Totals {
    /// Adds an amount on one side: nothing else moves totals. None when they cannot hold it.
    #[inline]
    pub(crate) fn add(&mut self, side: Direction, amount: Amount) -> Option<()> {
        let total = match side {
            Direction::Debit => &mut self.debits,
            Direction::Credit => &mut self.credits,
        };
        *total = total.checked_add(amount)?;
        Some(())
    }

    /// Credits minus debits: whether that is negative, and its size.
    pub(crate) fn posted(self) -> (bool, Amount) {
        match self.credits.checked_sub(self.debits) {
            Some(balance) => (false, balance),
            None => (true, Amount(self.debits.0.saturating_sub(self.credits.0))),
        }
    }

    /// What may still leave; none when the floor is unbounded. Saturates.
    #[inline]
    pub(crate) fn available(self, floor: Floor) -> Option<Amount> {
        let below = match floor {
            Floor::None => Amount::ZERO,
            Floor::Limit(limit) => limit,
            Floor::Unbounded => return None,
        };
        Some(match self.posted() {
            (false, balance) => Amount(balance.0.saturating_add(below.0)),
            (true, deficit) => Amount(below.0.saturating_sub(deficit.0)),
        })
    }

    /// Whether an amount may leave.
    ///
    /// # Errors
    /// What is available, when that is less.
    #[inline]
    pub(crate) fn check_funds(self, floor: Floor, required: Amount) -> Result<(), Amount> {
        match self.available(floor) {
            Some(available) if available < required => Err(available),
            _ => Ok(()),
        }
    }

    /// Whether they respect a floor.
    #[inline]
    pub(crate) fn are_above(self, floor: Floor) -> bool {
        match floor {
            Floor::None => self.credits >= self.debits,
            Floor::Limit(limit) => self.credits.0.saturating_add(limit.0) >= self.debits.0,
            Floor::Unbounded => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(debits: u128, credits: u128) -> Totals {
        Totals { debits: Amount(debits), credits: Amount(credits) }
    }

    #[test]
    fn balances_are_exact_at_the_edges() {
        let max = Amount(u128::MAX);
        let limit = |limit| Floor::Limit(Amount(limit));
        assert_eq!(totals(max.0, 0).posted(), (true, max));
        assert_eq!(totals(2, 7).posted(), (false, Amount(5)));
        assert_eq!(totals(3, 3).available(Floor::None), Some(Amount::ZERO));
        assert_eq!(totals(3, 1).available(limit(5)), Some(Amount(3)));
        assert_eq!(totals(9, 1).available(limit(5)), Some(Amount::ZERO));
        assert_eq!(totals(max.0, 0).available(Floor::Unbounded), None);
        assert!(totals(max.0, 1).are_above(Floor::Limit(max)));
        assert!(!totals(3, 1).are_above(limit(1)));
        assert!(totals(3, 1).are_above(limit(2)));
    }

    #[test]
    fn what_leaves_is_at_most_what_is_available() {
        assert_eq!(totals(3, 7).check_funds(Floor::None, Amount(4)), Ok(()));
        assert_eq!(totals(3, 7).check_funds(Floor::None, Amount(5)), Err(Amount(4)));
        assert_eq!(totals(9, 1).check_funds(Floor::Unbounded, Amount(5)), Ok(()));
    }

    #[test]
    fn totals_never_wrap() {
        let mut full = totals(u128::MAX, 0);
        assert_eq!(full.add(Direction::Debit, Amount(1)), None);
        assert_eq!(full.add(Direction::Credit, Amount(1)), Some(()));
        assert_eq!(full, totals(u128::MAX, 1));
    }
}
