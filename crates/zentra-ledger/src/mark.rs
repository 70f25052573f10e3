//! Marks: where an account's totals stand in the log, so that a past balance is found in few reads.
//!
//! Every 64 postings an account is marked: the entry tells its totals and points back to earlier
//! marks, at distances that grow by eights (a skip list in the log itself). Owns when a mark is
//! due and where it points. Must not know balances, nor how marks are read.

use crate::ledger::Ledger;
use bincode::{Decode, Encode};
use zentra_events::event::AccountMarkedV1;
use zentra_events::{AccountNo, Event, Position, Recorded, ScopeNo, WrongFact};

/// Postings after which a mark is due.
pub(crate) const POSTINGS_PER_MARK: u16 = 64;
/// How much farther each level of pointers reaches.
const REACH: u64 = 8;

/// The marks of one account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Trail {
    count: u64,
    /// The entry of mark 0; no matter while there is none.
    first: u64,
    /// At index `i` the last mark whose number is a positive multiple of `8^i`; at 0 the last one.
    last: Vec<Position>,
}

impl Trail {
    /// The number and the pointers of the next mark.
    fn next(&self) -> (u64, Vec<Position>) {
        let mut back = Vec::new();
        for (level, _) in levels(self.count).enumerate() {
            match self.last.get(level) {
                Some(at) => back.push(*at),
                None => back.push(Position(self.first)),
            }
        }
        (self.count, back)
    }

    /// Takes a mark in. False when it is not the next one.
    pub(crate) fn record(&mut self, mark: &AccountMarkedV1, at: Position) -> bool {
        let (number, back) = self.next();
        if (mark.number, &mark.back) != (number, &back) {
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

    /// The entry of the newest mark.
    pub(crate) fn newest(&self) -> Option<Position> {
        self.last.first().copied()
    }
}

/// The distances at which a mark points back: the powers of eight that divide its number.
fn levels(number: u64) -> impl Iterator<Item = u64> {
    let powers = std::iter::successors(Some(1_u64), |step| step.checked_mul(REACH));
    powers.take_while(move |step| number > 0 && number.checked_rem(*step) == Some(0))
}

/// The mark of an account, if one is due.
pub(crate) fn due(ledger: &Ledger, no: AccountNo) -> Option<AccountMarkedV1> {
    let account = ledger.accounts.get(no)?;
    if account.unmarked < POSTINGS_PER_MARK {
        return None;
    }
    let (number, back) = ledger.accounts.particulars(no)?.trail.next();
    Some(AccountMarkedV1 {
        account: no,
        number,
        debits: account.debits,
        credits: account.credits,
        back,
    })
}

/// The marks that the events of an entry make due, in the order of the accounts' first posting.
pub(crate) fn due_after(ledger: &Ledger, events: &[Recorded]) -> Vec<AccountMarkedV1> {
    let mut marks: Vec<AccountMarkedV1> = Vec::new();
    for recorded in events {
        let Event::LedgerPosted(body) = &recorded.event else { continue };
        for line in &body.lines {
            if marks.iter().any(|mark| mark.account == line.account) {
                continue;
            }
            marks.extend(due(ledger, line.account));
        }
    }
    marks
}

/// Folds a mark.
///
/// # Errors
/// When it does not follow.
pub(crate) fn record(
    ledger: &mut Ledger,
    (at, scope): (Position, ScopeNo),
    mark: &AccountMarkedV1,
) -> Result<(), WrongFact> {
    let follows = ledger.accounts.get_mut(mark.account).is_some_and(|account| {
        let due = account.unmarked >= POSTINGS_PER_MARK;
        account.unmarked = 0;
        let stands = (account.debits, account.credits, account.last, account.scope);
        due && stands == (mark.debits, mark.credits, at, scope)
    });
    let rest = ledger.accounts.particulars_mut(mark.account);
    WrongFact::unless(follows && rest.is_some_and(|rest| rest.trail.record(mark, at)), || {
        format!("the mark of {:?} does not follow", mark.account)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use zentra_events::Amount;

    /// A trail of marks at the positions of their own numbers.
    fn trail(count: u64) -> (Trail, Vec<Vec<Position>>) {
        let mut trail = Trail::default();
        let mut backs = Vec::new();
        for _ in 0..count {
            let (number, back) = trail.next();
            let mark = AccountMarkedV1 {
                account: AccountNo(0),
                number,
                debits: Amount::ZERO,
                credits: Amount::ZERO,
                back: back.clone(),
            };
            assert!(trail.record(&mark, Position(number)));
            backs.push(back);
        }
        (trail, backs)
    }

    #[test]
    fn marks_point_back_by_powers_of_eight() {
        let (trail, backs) = trail(2_000);
        for (number, back) in backs.iter().enumerate() {
            let mut expected = Vec::new();
            let mut step = 1;
            while number > 0 && number % step == 0 && number >= step {
                expected.push(Position((number - step) as u64));
                step *= 8;
            }
            assert_eq!(back, &expected, "mark {number}");
        }
        assert_eq!(trail.newest(), Some(Position(1_999)));
    }

    #[test]
    fn a_mark_that_is_not_the_next_one_is_noticed() {
        let (mut trail, _) = trail(3);
        let (number, back) = trail.next();
        let mark = |number, back| AccountMarkedV1 {
            account: AccountNo(0),
            number,
            debits: Amount::ZERO,
            credits: Amount::ZERO,
            back,
        };
        assert!(!trail.record(&mark(number + 1, back.clone()), Position(9)));
        assert!(!trail.record(&mark(number, Vec::new()), Position(9)));
        assert!(trail.record(&mark(number, back), Position(9)));
    }
}
