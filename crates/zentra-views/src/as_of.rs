//! An account's totals in the past, read backwards from the log.
//!
//! Every posting names the account's entry before it, and every 64 postings an entry marks the
//! account's totals and points back over 1, 8, 64, ... marks. So a past balance takes at most 64
//! steps and fourteen hops a level (seven until the pointers are long, seven once they are short
//! again). Owns this way through the log. Must not know time: a recorded time is a position.

use std::sync::Arc;
use zentra_events::event::AccountMarkedV1;
use zentra_events::{AccountNo, Amount, Direction, Entry, Event, Position, Timestamp};
use zentra_ledger::AccountView;

/// What an account's postings sum to, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Everything that left.
    pub debits: Amount,
    /// Everything that came in.
    pub credits: Amount,
}

impl Totals {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Totals) -> Totals {
        Totals {
            debits: Amount(self.debits.0.saturating_add(other.debits.0)),
            credits: Amount(self.credits.0.saturating_add(other.credits.0)),
        }
    }

    /// Without the other.
    #[must_use]
    pub fn minus(self, other: Totals) -> Totals {
        Totals {
            debits: Amount(self.debits.0.saturating_sub(other.debits.0)),
            credits: Amount(self.credits.0.saturating_sub(other.credits.0)),
        }
    }
}

/// Reads an entry that is known to be there.
pub type Read<'a, E> = &'a dyn Fn(Position) -> Result<Arc<Entry>, E>;

/// The account's totals after the entry at `at` and all before it.
///
/// # Errors
/// When an entry cannot be read.
pub fn totals_at<E>(account: &AccountView, at: Position, read: Read<'_, E>) -> Result<Totals, E> {
    let mut totals = Totals { debits: account.debits, credits: account.credits };
    let mut cursor = account.last;
    if let Some(marked) = account.checkpoint_at.filter(|marked| *marked >= at) {
        (totals, cursor) = nearest_mark(account.no, marked, at, read)?.unwrap_or((totals, cursor));
    }
    while cursor > at {
        let entry = read(cursor)?;
        totals = totals.minus(posted(&entry, account.no));
        match prev(&entry, account.no) {
            Some(before) => cursor = before,
            None => break,
        }
    }
    Ok(totals)
}

/// The last position that was recorded at or before `time`, of a log that ends at `end`.
///
/// # Errors
/// When an entry cannot be read.
pub fn last_recorded<E>(
    end: Position,
    time: Timestamp,
    read: Read<'_, E>,
) -> Result<Option<Position>, E> {
    let (mut low, mut high) = (0, end.get());
    while low < high {
        let middle = low + (high - low) / 2;
        if read(Position(middle))?.header.recorded_at <= time {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low.checked_sub(1).map(Position))
}

/// What an entry's postings to an account sum to.
pub(crate) fn posted(entry: &Entry, account: AccountNo) -> Totals {
    let mut totals = Totals::default();
    for recorded in entry.events() {
        let Event::LedgerPosted(body) = &recorded.event else { continue };
        for line in body.lines.iter().filter(|line| line.account == account) {
            let side = match line.direction {
                Direction::Debit => &mut totals.debits,
                Direction::Credit => &mut totals.credits,
            };
            *side = Amount(side.0.saturating_add(line.amount.0));
        }
    }
    totals
}

/// The account's entry before this one.
pub fn prev(entry: &Entry, account: AccountNo) -> Option<Position> {
    entry.events().iter().find_map(|recorded| match &recorded.event {
        Event::LedgerPosted(body) => {
            body.lines.iter().filter(|line| line.account == account).find_map(|line| line.prev)
        }
        Event::AccountStatusChanged(body) if body.account == account => recorded.prev,
        Event::AccountStatusChangedV2(body) if body.account == account => recorded.prev,
        _ => None,
    })
}

/// The earliest mark at or after `at`, from a mark that is: its totals and its entry.
fn nearest_mark<E>(
    account: AccountNo,
    mut here: Position,
    at: Position,
    read: Read<'_, E>,
) -> Result<Option<(Totals, Position)>, E> {
    loop {
        let entry = read(here)?;
        let Some(mark) = mark_of(&entry, account) else { return Ok(None) };
        // The farthest pointer that does not go past.
        match mark.back.iter().rev().find(|earlier| **earlier >= at) {
            Some(earlier) => here = *earlier,
            None => {
                let totals = Totals { debits: mark.debits, credits: mark.credits };
                return Ok(Some((totals, here)));
            }
        }
    }
}

fn mark_of(entry: &Entry, account: AccountNo) -> Option<&AccountMarkedV1> {
    entry.events().iter().find_map(|recorded| match &recorded.event {
        Event::AccountMarked(mark) if mark.account == account => Some(mark),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use zentra_engine::{AccessCommand, Command};
    use zentra_events::ScopeNo;
    use zentra_events::event::{AccountStatus, Capture};
    use zentra_ledger::LedgerCommand;
    use zentra_testkit::made::{Made, fund, intent};

    struct World(Made);

    impl World {
        fn ask(&mut self, command: Command) {
            let now = Timestamp(1_000 * (1_000 + self.0.entries.len() as u64 * 10));
            self.0.ask(now, command);
        }

        fn account(&self, code: &str) -> AccountView {
            self.0.engine.ledger().account(ScopeNo(0), &code.parse().unwrap()).unwrap()
        }
    }

    fn world(intents: u32) -> World {
        let mut world = World(Made::default());
        let name = "acme".parse().unwrap();
        world.ask(Command::Access(AccessCommand::CreateScope { name, key: None }));
        world.ask(fund());
        for number in 0..intents {
            let capture = if number % 50 == 3 { Capture::Manual } else { Capture::Automatic };
            world.ask(intent(number as usize, u128::from(number % 7 + 1), capture, None));
            if number % 700 == 5 {
                for status in [AccountStatus::Frozen, AccountStatus::Open] {
                    let (code, reason) = ("customer_balance".parse().unwrap(), String::new());
                    let set =
                        LedgerCommand::SetAccountStatus { code, status, reason, by_admin: true };
                    world.ask(Command::Ledger(set));
                }
            }
        }
        world
    }

    #[test]
    fn every_past_balance_is_found_in_few_reads() {
        let world = world(9_000);
        for code in ["customer_balance", "reserved_balance", "settlement_account", "world"] {
            let account = world.account(code);
            let mut naive = Totals::default();
            for (at, entry) in world.0.entries.iter().enumerate() {
                naive = naive.plus(posted(entry, account.no));
                if at % 37 != 0 && at + 100 < world.0.entries.len() {
                    continue;
                }
                let reads = Cell::new(0);
                let read = |position: Position| -> Result<Arc<Entry>, ()> {
                    reads.set(reads.get() + 1);
                    Ok(Arc::clone(&world.0.entries[position.0 as usize]))
                };
                let found = totals_at(&account, Position(at as u64), &read).unwrap();
                assert_eq!(found, naive, "{code} at {at}");
                // 18,000 postings have 282 marks: three levels, and a stretch.
                assert!(reads.get() <= 64 + 3 * 14 + 2, "{code} at {at}: {} reads", reads.get());
            }
        }
    }

    #[test]
    fn times_are_positions() {
        let world = world(50);
        let end = Position(world.0.entries.len() as u64);
        let read = |position: Position| -> Result<Arc<Entry>, ()> {
            Ok(Arc::clone(&world.0.entries[position.0 as usize]))
        };
        let at = |time| last_recorded(end, Timestamp(time), &read).unwrap();
        assert_eq!(at(999_999), None);
        assert_eq!(at(1_000_000), Some(Position(0)));
        assert_eq!(at(1_009_999), Some(Position(0)));
        assert_eq!(at(1_010_000), Some(Position(1)));
        assert_eq!(at(u64::MAX), Some(Position(end.0 - 1)));
    }
}
