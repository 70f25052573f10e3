//! Posting to accounts, and the balance checkpoints that postings make due.
//!
//! Both deciders' entries are folded here: nothing else moves the totals of an account. Owns that
//! what is posted follows the account's last entry. Must not know legs, nor what must balance.

use crate::account::{Account, Accounts, AllParticulars};
use crate::balance_checkpoint::POSTINGS_PER_CHECKPOINT;
use zentra_events::event::AccountMarkedV1;
use zentra_events::{AccountNo, Amount, Direction, Event, Position, Recorded, ScopeNo, WrongFact};

/// Where an entry stands: its position and its scope.
pub(crate) type Place = (Position, ScopeNo);

/// An account as it is after a posting. It is not copied out of its place: a copy waits until what
/// was just written there is.
pub(crate) struct Posted<'a> {
    pub(crate) account: &'a Account,
    no: AccountNo,
    particulars: &'a AllParticulars,
}

impl Posted<'_> {
    /// Whether it respects its floor.
    #[inline]
    pub(crate) fn is_above_floor(&self) -> bool {
        self.account.is_above_floor(|| self.particulars.get(self.no.index()))
    }
}

impl Accounts {
    /// Posts amounts to an account in the entry at this place. `prev` is the account's last entry,
    /// or none where this entry has posted to it before. Gives the account as it is then.
    ///
    /// # Errors
    /// When the account is not the scope's, has another last entry or cannot hold the amounts; the
    /// ledger must not be used any more.
    #[inline]
    pub(crate) fn post<const N: usize>(
        &mut self,
        (at, scope): Place,
        no: AccountNo,
        prev: Option<Position>,
        amounts: [(Direction, Amount); N],
    ) -> Result<Posted<'_>, WrongFact> {
        let found = self.beside_particulars(no).filter(|(account, _)| account.scope == scope);
        let (account, particulars) = found.ok_or_else(|| no_account(no))?;
        if Some(account.last).filter(|last| *last != at) != prev {
            return Err(does_not_follow(no));
        }
        for (side, amount) in amounts {
            account.totals.add(side, amount).ok_or_else(|| cannot_hold(no))?;
            account.since_checkpoint = account.since_checkpoint.saturating_add(1);
        }
        account.last = at;
        Ok(Posted { account, no, particulars })
    }

    /// Whether an account, as it is now, respects its floor.
    pub(crate) fn is_above_floor(&self, no: AccountNo) -> bool {
        let account = self.get(no);
        account.is_some_and(|account| account.is_above_floor(|| self.particulars(no)))
    }

    /// The balance checkpoint of an account, if one is due.
    pub(crate) fn checkpoint_due(&self, no: AccountNo) -> Option<AccountMarkedV1> {
        let account = self.get(no)?;
        if !account.is_checkpoint_due() {
            return None;
        }
        let (number, back) = self.particulars(no)?.checkpoints.next();
        let (debits, credits) = (account.totals.debits, account.totals.credits);
        Some(AccountMarkedV1 { account: no, number, debits, credits, back })
    }

    /// The balance checkpoints that the events of an entry make due, in the order of the accounts'
    /// first posting.
    pub(crate) fn checkpoints_due_after(&self, events: &[Recorded]) -> Vec<AccountMarkedV1> {
        let mut due: Vec<AccountMarkedV1> = Vec::new();
        for recorded in events {
            let Event::LedgerPosted(body) = &recorded.event else { continue };
            for line in &body.lines {
                if due.iter().any(|one| one.account == line.account) {
                    continue;
                }
                due.extend(self.checkpoint_due(line.account));
            }
        }
        due
    }

    /// Folds a balance checkpoint.
    ///
    /// # Errors
    /// When it does not follow.
    pub(crate) fn record_checkpoint(
        &mut self,
        (at, scope): Place,
        checkpoint: &AccountMarkedV1,
    ) -> Result<(), WrongFact> {
        let no = checkpoint.account;
        let follows = self.get_mut(no).is_some_and(|account| {
            let due = account.is_checkpoint_due();
            account.since_checkpoint = 0;
            let totals = (account.totals.debits, account.totals.credits);
            let here = (account.last, account.scope) == (at, scope);
            due && here && totals == (checkpoint.debits, checkpoint.credits)
        });
        let rest = self.particulars_mut(no);
        let recorded = follows && rest.is_some_and(|rest| rest.checkpoints.record(checkpoint, at));
        WrongFact::unless(recorded, || format!("the balance checkpoint of {no:?} does not follow"))
    }
}

impl Account {
    /// Whether the entry that just posted to it must end with a balance checkpoint of it.
    #[inline]
    pub(crate) fn is_checkpoint_due(&self) -> bool {
        self.since_checkpoint >= POSTINGS_PER_CHECKPOINT
    }
}

/// The scope has no such account.
#[cold]
pub(crate) fn no_account(no: AccountNo) -> WrongFact {
    WrongFact::new(format!("the scope has no account {no:?}"))
}

#[cold]
fn does_not_follow(no: AccountNo) -> WrongFact {
    WrongFact::new(format!("a posting to {no:?} does not follow its last entry"))
}

#[cold]
fn cannot_hold(no: AccountNo) -> WrongFact {
    WrongFact::new(format!("the totals of {no:?} cannot hold the amount"))
}
