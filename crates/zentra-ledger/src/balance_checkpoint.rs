//! Balance checkpoints: an account's totals at an entry, so that a past balance is found in few
//! reads.
//!
//! Every 64 postings the entry ends with one (the event `account.marked`): it has the account's
//! totals and points back to earlier ones, at distances that grow by eights (a skip list in the log
//! itself). Owns when one is due and where it points. Must not know balances, nor how checkpoints
//! are read.

use bincode::{Decode, Encode};
use zentra_events::Position;
use zentra_events::event::AccountMarkedV1;

/// Postings after which one is due.
pub(crate) const POSTINGS_PER_CHECKPOINT: u16 = 64;
/// How much farther each level of pointers reaches.
const REACH: u64 = 8;

/// The balance checkpoints of one account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct BalanceCheckpoints {
    count: u64,
    /// The entry of number 0; no matter while there is none.
    first: u64,
    /// At index `i` the last one whose number is a positive multiple of `8^i`; at 0 the last one.
    last: Vec<Position>,
}

impl BalanceCheckpoints {
    /// The number and the pointers of the next one.
    pub(crate) fn next(&self) -> (u64, Vec<Position>) {
        let mut back = Vec::new();
        for (level, _) in levels(self.count).enumerate() {
            match self.last.get(level) {
                Some(at) => back.push(*at),
                None => back.push(Position(self.first)),
            }
        }
        (self.count, back)
    }

    /// Takes one in. False when it is not the next one.
    pub(crate) fn record(&mut self, next: &AccountMarkedV1, at: Position) -> bool {
        let (number, back) = self.next();
        if (next.number, &next.back) != (number, &back) {
            return false;
        }
        if number == 0 {
            self.first = at.0;
            self.last.push(at);
        }
        for (level, _) in levels(number).enumerate() {
            match self.last.get_mut(level) {
                Some(last) => *last = at,
                None => self.last.push(at),
            }
        }
        self.count = self.count.saturating_add(1);
        true
    }

    /// The entry of the newest one.
    pub(crate) fn newest(&self) -> Option<Position> {
        self.last.first().copied()
    }
}

/// The distances at which one points back: the powers of eight that divide its number.
fn levels(number: u64) -> impl Iterator<Item = u64> {
    let powers = std::iter::successors(Some(1_u64), |step| step.checked_mul(REACH));
    powers.take_while(move |step| number > 0 && number.checked_rem(*step) == Some(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use zentra_events::{AccountNo, Amount};

    /// So many checkpoints, at the positions of their own numbers.
    fn made(count: u64) -> (BalanceCheckpoints, Vec<Vec<Position>>) {
        let mut checkpoints = BalanceCheckpoints::default();
        let mut backs = Vec::new();
        for _ in 0..count {
            let (number, back) = checkpoints.next();
            let next = AccountMarkedV1 {
                account: AccountNo(0),
                number,
                debits: Amount::ZERO,
                credits: Amount::ZERO,
                back: back.clone(),
            };
            assert!(checkpoints.record(&next, Position(number)));
            backs.push(back);
        }
        (checkpoints, backs)
    }

    #[test]
    fn checkpoints_point_back_by_powers_of_eight() {
        let (checkpoints, backs) = made(2_000);
        for (number, back) in backs.iter().enumerate() {
            let mut expected = Vec::new();
            let mut step = 1;
            while number > 0 && number % step == 0 && number >= step {
                expected.push(Position((number - step) as u64));
                step *= 8;
            }
            assert_eq!(back, &expected, "number {number}");
        }
        assert_eq!(checkpoints.newest(), Some(Position(1_999)));
    }

    #[test]
    fn a_checkpoint_that_is_not_the_next_one_is_noticed() {
        let (mut checkpoints, _) = made(3);
        let (number, back) = checkpoints.next();
        let next = |number, back| AccountMarkedV1 {
            account: AccountNo(0),
            number,
            debits: Amount::ZERO,
            credits: Amount::ZERO,
            back,
        };
        assert!(!checkpoints.record(&next(number + 1, back.clone()), Position(9)));
        assert!(!checkpoints.record(&next(number, Vec::new()), Position(9)));
        assert!(checkpoints.record(&next(number, back), Position(9)));
    }
}
