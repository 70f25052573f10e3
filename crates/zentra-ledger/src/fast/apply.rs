//! Folding settled transfers, of the log or decided just now.
//!
//! Owns the checks that one follows from the state, and the order of its postings. Must not know
//! plans, nor who decided.

use crate::account::{Account, FloorKind, above_floor};
use crate::intent::Intent;
use crate::key_table::intent_key;
use crate::ledger::Ledger;
use crate::mark::{self, POSTINGS_PER_MARK};
use zentra_events::{
    AccountNo, Direction, Header, Position, ScopeNo, SettledFacts, SettledRef, SettledTerms,
    WrongFact,
};

/// Folds a settled transfer of the log; whether its id is new is looked up later, by
/// [`Ledger::index`].
///
/// # Errors
/// When it does not follow; the ledger must not be used any more.
pub(crate) fn apply(
    ledger: &mut Ledger,
    header: &Header,
    transfer: &SettledRef<'_>,
) -> Result<(), WrongFact> {
    let (facts, terms, at) = (transfer.facts, transfer.terms, header.position);
    WrongFact::unless(facts.intent == ledger.intents.next_no(), || {
        format!("intent {:?} is not the next one", facts.intent)
    })?;
    WrongFact::unless(!facts.amount.is_zero() && facts.amount.0 <= u128::from(u64::MAX), || {
        format!("a settled transfer moves {}", facts.amount)
    })?;
    let paid = ledger.accounts.get(facts.destination);
    let is_party = |account: &Account| {
        account.scope == header.scope
            && account.currency == terms.currency
            && !account.holds_reserved
    };
    let apart = facts.source != facts.destination && facts.source != terms.settlement;
    WrongFact::unless(paid.is_some_and(is_party) && apart, || {
        let (source, paid, currency) = (facts.source, facts.destination, terms.currency);
        format!("{source:?} cannot pay {paid:?} in {currency}")
    })?;
    post_all(ledger, (at, header.scope), terms, facts)?;
    let derived = || intent_key(header.scope, transfer.intent_id);
    let key = transfer.key.copied().unwrap_or_else(derived);
    let numbered = ledger.intents.append(header.scope, key, Intent::settled(facts, at));
    WrongFact::unless(numbered, || format!("there is no number for {:?}", facts.intent))?;
    let place = (at, header.scope);
    transfer.marks.iter().try_for_each(|mark| mark::record(ledger, place, mark))
}

/// Moves the money: debits and credits are the same amount by form. Tells whether a mark is due.
pub(super) fn post_all(
    ledger: &mut Ledger,
    (at, scope): (Position, ScopeNo),
    terms: &SettledTerms,
    facts: &SettledFacts,
) -> Result<bool, WrongFact> {
    let (amount, currency) = (facts.amount, terms.currency);
    let mut due = false;
    let mut post = |no: AccountNo, prev: Position, reserved: bool, debits: bool, credits: bool| {
        let account = ledger.accounts.get_mut(no)?;
        if account.last != prev
            || account.currency != currency
            || account.scope != scope
            || account.holds_reserved != reserved
        {
            return None;
        }
        if debits {
            account.post(at, Direction::Debit, amount)?;
        }
        if credits {
            account.post(at, Direction::Credit, amount)?;
        }
        due |= account.unmarked >= POSTINGS_PER_MARK;
        let (debits, credits) = (account.debits, account.credits);
        let holds = match account.floor {
            FloorKind::None => credits >= debits,
            FloorKind::Unbounded => true,
            FloorKind::Limit => above_floor(ledger.accounts.floor(no)?, debits, credits),
        };
        Some(holds)
    };
    let source = post(facts.source, facts.source_prev, false, true, false);
    let reserved = post(terms.reserved, facts.reserved_prev, true, true, true);
    let settlement = post(terms.settlement, facts.settlement_prev, false, false, true);
    if (source, reserved, settlement.is_some()) == (Some(true), Some(true), true) {
        return Ok(due);
    }
    Err(wrong_posting([
        (facts.source, source),
        (terms.reserved, reserved),
        (terms.settlement, settlement.and(Some(true))),
    ]))
}

/// Which account is wrong: it is none of the scope in that currency, the transfer does not point at
/// its last entry, its totals cannot hold the amount; or it falls below its floor.
#[cold]
fn wrong_posting(posted: [(AccountNo, Option<bool>); 3]) -> WrongFact {
    let wrong = posted.into_iter().find(|(_, held)| *held != Some(true));
    WrongFact::new(match wrong {
        Some((no, Some(_))) => format!("account {no:?} falls below its floor"),
        Some((no, None)) => format!("nothing can be posted to {no:?}, or it does not follow it"),
        None => "the settled transfer does not follow".to_owned(),
    })
}
