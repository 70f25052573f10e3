//! Deciding on the fast path: one step from a plan to the state after it.
//!
//! Nearly every intent is automatic, finds its accounts open and its checks passed. For such a one
//! the slow path (events as data, then a fold of each) computes nothing that is not known before.
//! Owns the conditions on accounts and amounts. Whatever is unusual gets `None`, and nothing has
//! changed. What is decided here must be exactly what the slow path decides: the property test of
//! the engine fails when they diverge.

use crate::account::{Account, above_floor, available};
use crate::fast::apply::post_all;
use crate::fast::plan::Plan;
use crate::intent::Intent;
use crate::key_table::Key;
use crate::ledger::Ledger;
use crate::mark;
use zentra_events::event::{AccountMarkedV1, AccountStatus};
use zentra_events::{AccountNo, Amount, Position, ScopeNo, SettledFacts, SettledTerms, WrongFact};
use zentra_table::NUMBERS_MAX;

/// An intent that may take the fast path.
#[derive(Clone, Copy, Debug)]
pub struct FastIntent<'a> {
    /// The key of its id.
    pub key: &'a Key,
    /// As in `LedgerCommand::AcceptIntent`.
    pub digest: [u8; 16],
    /// How much, in minor units.
    pub amount: Amount,
    /// Whose money.
    pub source: AccountNo,
    /// Who receives it when it is paid out.
    pub destination: AccountNo,
}

/// Decides an intent and folds what follows, if it takes the fast path, and tells what the settled
/// transfer has of its own and what the entry marks; `marks` is room for these. The intent's id
/// must have been looked up and not found.
pub(crate) fn decide(
    ledger: &mut Ledger,
    plan: &Plan,
    at: Position,
    intent: &FastIntent<'_>,
    marks: &mut Vec<AccountMarkedV1>,
    tell: impl FnOnce(&SettledFacts, &[AccountMarkedV1]),
) -> Option<()> {
    let (scope, terms, amount) = (plan.scope(), plan.terms(), intent.amount);
    let (source, destination) = (intent.source, intent.destination);
    assert!(plan.covers(amount), "{at:?}: a plan is used for {amount}, which it is not for");
    let no = ledger.intents.next_no();
    if no.index() >= NUMBERS_MAX || source == destination {
        return None;
    }
    let usable = |account: &Account| {
        account.scope == scope
            && account.status == AccountStatus::Open
            && account.currency == terms.currency
    };
    let free = |account: &Account| usable(account) && !account.system;
    let accounts = &ledger.accounts;
    let debtor = accounts.get(source).filter(|account| free(account))?;
    let available = available(accounts.floor(source)?, debtor.debits, debtor.credits);
    if available.is_some_and(|available| available < amount) {
        return None;
    }
    // What is reserved of it is part of its debits.
    debtor.debits.checked_add(amount)?;
    let source_prev = debtor.last;
    accounts.get(destination).filter(|account| free(account))?;
    let reserved = accounts.get(terms.reserved).filter(|account| usable(account))?;
    reserved.credits.checked_add(amount)?;
    reserved.debits.checked_add(amount)?;
    let reserved_prev = reserved.last;
    if !above_floor(
        accounts.floor(terms.reserved)?,
        Amount(reserved.debits.0.saturating_add(amount.0)),
        Amount(reserved.credits.0.saturating_add(amount.0)),
    ) {
        return None;
    }
    let settlement = accounts.get(terms.settlement).filter(|account| usable(account))?;
    settlement.credits.checked_add(amount)?;
    let facts = SettledFacts {
        intent: no,
        digest: intent.digest,
        amount,
        source,
        destination,
        source_prev,
        reserved_prev,
        settlement_prev: settlement.last,
    };
    let due = must(at, post_all(ledger, (at, scope), terms, &facts));
    let new = ledger.intents.push_absent(scope, *intent.key, Intent::settled(&facts, at));
    assert!(new, "{at:?}: there is no number for {no:?}");
    marks.clear();
    if due {
        must(at, mark_due(ledger, (at, scope), &facts, terms, marks));
    }
    tell(&facts, marks);
    Some(())
}

/// What was looked at just now follows from the state: anything else is a defect, and stops the
/// writer.
fn must<T>(at: Position, followed: Result<T, WrongFact>) -> T {
    followed.unwrap_or_else(|wrong| panic!("{at:?}: {wrong}"))
}

/// The marks that a settled transfer makes due, taken in.
fn mark_due(
    ledger: &mut Ledger,
    place: (Position, ScopeNo),
    facts: &SettledFacts,
    terms: &SettledTerms,
    marks: &mut Vec<AccountMarkedV1>,
) -> Result<(), WrongFact> {
    for no in [facts.source, terms.reserved, terms.settlement] {
        if let Some(due) = mark::due(ledger, no) {
            mark::record(ledger, place, &due)?;
            marks.push(due);
        }
    }
    Ok(())
}
