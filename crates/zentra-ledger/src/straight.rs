//! Intents that run straight: decided and folded in one step, without a word in between.
//!
//! Nearly every intent is automatic, finds its accounts open and its checks passed, and nobody is
//! surprised. For such a one the general way (events as data, then a fold of each) computes nothing
//! that is not known before: this file computes the same from a plan that holds for many intents.
//! Whatever is unusual gets `None`, and the caller takes the general way. Owns the conditions and
//! the plans. A run must be exactly what the general way decides, which a property test checks.

use crate::account::{Account, FloorKind, above_floor, available};
use crate::chart::SystemAccount;
use crate::intent::Intent;
use crate::key_table::Key;
use crate::ledger::Ledger;
use crate::mark::{self, POSTINGS_PER_MARK};
use crate::policy::{self, Subject};
use crate::route;
use std::sync::Arc;
use zentra_events::event::{AccountMarkedV1, AccountStatus, PolicyRuleV1};
use zentra_events::limits::NAME_BYTES_MAX;
use zentra_events::{
    AccountNo, Amount, Currency, Header, Position, Run, RunBody, RunTerms, ScopeNo, Timestamp,
    WrongFact,
};
use zentra_table::NUMBERS_MAX;

/// What holds for every intent of a scope in these terms, as long as the scope's rules do.
#[derive(Debug)]
pub struct Plan {
    scope: ScopeNo,
    /// The last entry that set the scope's rules when the plan was made.
    rules: Option<Position>,
    amount_min: u128,
    amount_max: u128,
    terms: Arc<RunTerms>,
}

impl Plan {
    /// What the runs of the plan have in common.
    pub fn terms(&self) -> &Arc<RunTerms> {
        &self.terms
    }

    /// Whether the plan is for this amount too.
    pub fn covers(&self, amount: Amount) -> bool {
        (self.amount_min..=self.amount_max).contains(&amount.0)
    }

    pub(crate) fn is_for(&self, scope: ScopeNo, currency: Currency, corridor: &str) -> bool {
        self.scope == scope && self.terms.currency == currency && self.terms.corridor == corridor
    }
}

/// An intent that may run straight.
#[derive(Clone, Copy, Debug)]
pub struct StraightIntent<'a> {
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

/// Makes the plan for an amount in these terms; none when such intents take the general way.
pub(crate) fn plan(
    ledger: &Ledger,
    scope: ScopeNo,
    currency: Currency,
    corridor: &str,
    amount: Amount,
) -> Option<Plan> {
    if corridor.is_empty() || corridor.len() > NAME_BYTES_MAX || amount.is_zero() {
        return None;
    }
    let implied = ledger.scopes.implied(scope)?;
    let reserved = implied.system(SystemAccount::Reserved, currency)?;
    let settlement = implied.system(SystemAccount::Settlement, currency)?;
    let rules = ledger.scopes.rules(scope);
    let policy = rules.and_then(|rules| rules.policy.as_deref());
    if policy::kept(policy, currency).is_some() {
        return None;
    }
    let started = (0, Amount::ZERO);
    let now = Timestamp(0);
    let subject = Subject { currency, amount, corridor, usage: None, started, now };
    let (checks, verdict) = policy::evaluate(policy, &subject);
    verdict.ok()?;
    let table = rules.and_then(|rules| rules.routes.as_deref());
    let next = ledger.intents.next_no();
    let routed = route::choose(table, next, corridor, currency, amount).ok()?;
    // Up to the next amount at which a rule or a route changes its mind.
    let (mut amount_min, mut amount_max) = (1, u128::from(u64::MAX));
    for rule in policy.map_or(&[][..], |policy| &policy.rules) {
        if let PolicyRuleV1::LimitCheck { currency: of, amount_max: limit } = rule
            && *of == currency
        {
            amount_max = amount_max.min(limit.0);
        }
    }
    for route in table.map_or(&[][..], |table| &table.routes) {
        for first in [route.amount_min.0, route.amount_max.0.saturating_add(1)] {
            if first <= amount.0 {
                amount_min = amount_min.max(first);
            } else {
                amount_max = amount_max.min(first.saturating_sub(1));
            }
        }
    }
    if amount.0 > amount_max {
        return None;
    }
    let terms = RunTerms {
        currency,
        corridor: corridor.to_owned(),
        reserved,
        settlement,
        policy_version: policy.map_or(0, |policy| policy.version),
        checks,
        route: routed.route,
        rail: routed.rail,
        candidates: routed.candidates,
        table_version: routed.table_version,
    };
    let rules = rules.and_then(|rules| rules.last);
    Some(Plan { scope, rules, amount_min, amount_max, terms: Arc::new(terms) })
}

/// Whether a plan still holds, and for this amount.
pub(crate) fn holds(ledger: &Ledger, plan: &Plan, amount: Amount) -> bool {
    plan.covers(amount) && ledger.rules_last(plan.scope) == plan.rules
}

/// Runs the intent, if it runs straight, and tells what the run has of its own and what the entry
/// marks; `marks` is room for these. The intent's id must have been looked up and not found.
pub(crate) fn run(
    ledger: &mut Ledger,
    plan: &Plan,
    at: Position,
    intent: &StraightIntent<'_>,
    marks: &mut Vec<AccountMarkedV1>,
    tell: impl FnOnce(&RunBody, &[AccountMarkedV1]),
) -> Option<()> {
    let (scope, terms, amount) = (plan.scope, &plan.terms, intent.amount);
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
    let body = RunBody {
        intent: no,
        digest: intent.digest,
        amount,
        source,
        destination,
        source_prev,
        reserved_prev,
        settlement_prev: settlement.last,
    };
    let due = must(at, post_all(ledger, (at, scope), terms, &body));
    let new = ledger.intents.push_absent(scope, *intent.key, Intent::ran(&body, at));
    assert!(new, "{at:?}: there is no number for {no:?}");
    marks.clear();
    if due {
        must(at, mark_due(ledger, (at, scope), &body, terms, marks));
    }
    tell(&body, marks);
    Some(())
}

/// What was looked at just now follows from the state: anything else is a defect, and stops the
/// writer.
fn must<T>(at: Position, followed: Result<T, WrongFact>) -> T {
    followed.unwrap_or_else(|wrong| panic!("{at:?}: {wrong}"))
}

/// Folds a run of the log; whether its id is new is looked up later, by [`Ledger::index`].
///
/// # Errors
/// When it does not follow; the ledger must not be used any more.
pub(crate) fn apply(ledger: &mut Ledger, run: &Run<'_>, key: &Key) -> Result<(), WrongFact> {
    let (header, body, terms) = (run.header, run.body, run.terms);
    let at = header.position;
    WrongFact::unless(body.intent == ledger.intents.next_no(), || {
        format!("intent {:?} is not the next one", body.intent)
    })?;
    WrongFact::unless(!body.amount.is_zero() && body.amount.0 <= u128::from(u64::MAX), || {
        format!("a run moves {}", body.amount)
    })?;
    let paid = ledger.accounts.get(body.destination);
    let is_party = |account: &Account| {
        account.scope == header.scope
            && account.currency == terms.currency
            && !account.holds_reserved
    };
    let apart = body.source != body.destination && body.source != terms.settlement;
    WrongFact::unless(paid.is_some_and(is_party) && apart, || {
        let (source, paid, currency) = (body.source, body.destination, terms.currency);
        format!("{source:?} cannot pay {paid:?} in {currency}")
    })?;
    post_all(ledger, (at, header.scope), terms, body)?;
    let numbered = ledger.intents.append(header.scope, *key, Intent::ran(body, at));
    WrongFact::unless(numbered, || format!("there is no number for {:?}", body.intent))?;
    run.marks.iter().try_for_each(|mark| record_mark(ledger, header, mark))
}

/// The marks that a run makes due, taken in.
fn mark_due(
    ledger: &mut Ledger,
    place: (Position, ScopeNo),
    body: &RunBody,
    terms: &RunTerms,
    marks: &mut Vec<AccountMarkedV1>,
) -> Result<(), WrongFact> {
    for no in [body.source, terms.reserved, terms.settlement] {
        if let Some(due) = mark::due(ledger, no) {
            take_mark(ledger, place, &due)?;
            marks.push(due);
        }
    }
    Ok(())
}

/// Folds a mark.
pub(crate) fn record_mark(
    ledger: &mut Ledger,
    header: &Header,
    mark: &AccountMarkedV1,
) -> Result<(), WrongFact> {
    take_mark(ledger, (header.position, header.scope), mark)
}

fn take_mark(
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

/// Moves the money: debits and credits are the same amount by form. Tells whether a mark is due.
fn post_all(
    ledger: &mut Ledger,
    (at, scope): (Position, ScopeNo),
    terms: &RunTerms,
    body: &RunBody,
) -> Result<bool, WrongFact> {
    let (amount, currency) = (body.amount, terms.currency);
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
            account.debits = account.debits.checked_add(amount)?;
        }
        if credits {
            account.credits = account.credits.checked_add(amount)?;
        }
        let postings = u16::from(debits).saturating_add(u16::from(credits));
        account.unmarked = account.unmarked.saturating_add(postings);
        account.last = at;
        due |= account.unmarked >= POSTINGS_PER_MARK;
        let (debits, credits) = (account.debits, account.credits);
        let holds = match account.floor {
            FloorKind::None => credits >= debits,
            FloorKind::Unbounded => true,
            FloorKind::Limit => above_floor(ledger.accounts.floor(no)?, debits, credits),
        };
        Some(holds)
    };
    let source = post(body.source, body.source_prev, false, true, false);
    let reserved = post(terms.reserved, body.reserved_prev, true, true, true);
    let settlement = post(terms.settlement, body.settlement_prev, false, false, true);
    if (source, reserved, settlement.is_some()) == (Some(true), Some(true), true) {
        return Ok(due);
    }
    Err(wrong_run([
        (body.source, source),
        (terms.reserved, reserved),
        (terms.settlement, settlement.and(Some(true))),
    ]))
}

/// Which account of a run is wrong: it is none of the scope in that currency, the run does not
/// point at its last entry, its totals cannot hold the amount; or it falls below its floor.
#[cold]
fn wrong_run(posted: [(AccountNo, Option<bool>); 3]) -> WrongFact {
    let wrong = posted.into_iter().find(|(_, held)| *held != Some(true));
    WrongFact::new(match wrong {
        Some((no, Some(_))) => format!("account {no:?} falls below its floor"),
        Some((no, None)) => format!("the run cannot post to {no:?}, or does not follow it"),
        None => "the run does not follow".to_owned(),
    })
}
