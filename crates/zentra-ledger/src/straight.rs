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
    AccountNo, Amount, Currency, Position, Run, RunBody, RunTerms, ScopeNo, Timestamp,
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
    let policy = rules.and_then(|rules| rules.policy.as_ref());
    if policy::kept(policy, currency).is_some() {
        return None;
    }
    let started = (0, Amount::ZERO);
    let now = Timestamp(0);
    let subject = Subject { currency, amount, corridor, usage: None, started, now };
    let (checks, verdict) = policy::evaluate(policy, &subject);
    verdict.ok()?;
    let table = rules.and_then(|rules| rules.routes.as_ref());
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
    if no.index() >= NUMBERS_MAX || source == destination || source == terms.settlement {
        return None;
    }
    let usable = |account: &Account| {
        account.scope == scope
            && account.status == AccountStatus::Open
            && account.currency == terms.currency
    };
    let free = |account: &Account| usable(account) && !account.holds_reserved;
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
    let due = post_all(ledger, at, terms, &body).expect("the back-pointers were read just now");
    let new = ledger.intents.push_absent(scope, *intent.key, Intent::ran(&body, at));
    assert!(new, "{at:?}: there is no number for {no:?}");
    marks.clear();
    if due {
        mark_due(ledger, at, &body, terms, marks);
    }
    tell(&body, marks);
    Some(())
}

/// Folds a run of the log; whether its id is new is looked up later, by [`Ledger::index`]. False,
/// and the ledger must not be used any more, when its back-pointers are not what the state expects.
///
/// # Panics
/// When it breaks an invariant, as [`Ledger::evolve`] does.
pub(crate) fn apply(ledger: &mut Ledger, run: &Run<'_>, key: &Key) -> bool {
    let (at, body, terms) = (run.header.position, run.body, run.terms);
    assert!(body.intent == ledger.intents.next_no(), "{at:?}: {:?} is not next", body.intent);
    assert!(
        !body.amount.is_zero() && body.amount.0 <= u128::from(u64::MAX),
        "{at:?}: a run moves {}",
        body.amount
    );
    let paid = ledger.accounts.get(body.destination);
    assert!(
        paid.is_some_and(|account| account.currency == terms.currency),
        "{at:?}: {:?} is not an account in {}",
        body.destination,
        terms.currency
    );
    let Some(_due) = post_all(ledger, at, terms, body) else { return false };
    assert!(
        ledger.intents.append(run.header.scope, *key, Intent::ran(body, at)),
        "{at:?}: there is no number for {:?}",
        body.intent
    );
    for mark in run.marks {
        record_mark(ledger, at, mark);
    }
    true
}

/// The marks that a run makes due, taken in.
fn mark_due(
    ledger: &mut Ledger,
    at: Position,
    body: &RunBody,
    terms: &RunTerms,
    marks: &mut Vec<AccountMarkedV1>,
) {
    for no in [body.source, terms.reserved, terms.settlement] {
        if let Some(due) = mark::due(ledger, no) {
            record_mark(ledger, at, &due);
            marks.push(due);
        }
    }
}

/// Folds a mark.
pub(crate) fn record_mark(ledger: &mut Ledger, at: Position, mark: &AccountMarkedV1) {
    let account = ledger.accounts.get_mut(mark.account);
    let account = account.unwrap_or_else(|| panic!("{at:?}: no account {:?}", mark.account));
    let stands = (account.debits, account.credits, account.last);
    account.unmarked = 0;
    let rest = ledger.accounts.particulars_mut(mark.account);
    assert!(
        stands == (mark.debits, mark.credits, at)
            && rest.is_some_and(|rest| rest.trail.record(mark, at)),
        "{at:?}: the mark of {} does not follow",
        ledger.accounts.code(mark.account)
    );
}

/// Moves the money: debits and credits are the same amount by form. Tells whether a mark is due;
/// none when a back-pointer is not the account's last entry.
fn post_all(ledger: &mut Ledger, at: Position, terms: &RunTerms, body: &RunBody) -> Option<bool> {
    let (amount, currency) = (body.amount, terms.currency);
    let fits = "the amount fits the totals";
    let mut due = false;
    let mut post = |no: AccountNo, prev: Position, debits: bool, credits: bool| {
        let account = ledger.accounts.get_mut(no);
        let account = account.unwrap_or_else(|| panic!("{at:?}: no account {no:?}"));
        assert!(account.currency == currency, "{at:?}: {no:?} is not in {currency}");
        if account.last != prev {
            return None;
        }
        if debits {
            account.debits = account.debits.checked_add(amount).expect(fits);
        }
        if credits {
            account.credits = account.credits.checked_add(amount).expect(fits);
        }
        let postings = u16::from(debits).saturating_add(u16::from(credits));
        account.unmarked = account.unmarked.saturating_add(postings);
        account.last = at;
        due |= account.unmarked >= POSTINGS_PER_MARK;
        let (debits, credits) = (account.debits, account.credits);
        Some(match account.floor {
            FloorKind::None => credits >= debits,
            FloorKind::Unbounded => true,
            FloorKind::Limit => {
                let floor = ledger.accounts.floor(no).expect("the account is there");
                above_floor(floor, debits, credits)
            }
        })
    };
    let source_holds = post(body.source, body.source_prev, true, false)?;
    let reserved_holds = post(terms.reserved, body.reserved_prev, true, true)?;
    post(terms.settlement, body.settlement_prev, false, true)?;
    assert!(source_holds && reserved_holds, "{at:?}: an account falls below its floor");
    Some(due)
}
