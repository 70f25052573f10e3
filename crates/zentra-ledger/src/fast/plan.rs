//! Plans of the fast path: what holds for many intents in the same terms.
//!
//! Owns the conditions on terms and rules. What does not meet them gets no plan, and takes the slow
//! path. Must not know accounts' balances or single intents.

use crate::chart::SystemAccount;
use crate::ledger::Ledger;
use crate::policy::{self, Subject};
use crate::route;
use std::sync::Arc;
use zentra_events::event::PolicyRuleV1;
use zentra_events::limits::NAME_BYTES_MAX;
use zentra_events::{Amount, Currency, Position, ScopeNo, SettledTerms, Timestamp};

/// What holds for every intent of a scope in these terms, as long as the scope's rules do.
#[derive(Debug)]
pub struct Plan {
    scope: ScopeNo,
    /// The last entry that set the scope's rules when the plan was made.
    rules: Option<Position>,
    amount_min: u128,
    amount_max: u128,
    terms: Arc<SettledTerms>,
}

impl Plan {
    /// What the settled transfers of the plan have in common.
    pub fn terms(&self) -> &Arc<SettledTerms> {
        &self.terms
    }

    pub(super) fn scope(&self) -> ScopeNo {
        self.scope
    }

    /// Whether the plan is for this amount too.
    pub fn covers(&self, amount: Amount) -> bool {
        (self.amount_min..=self.amount_max).contains(&amount.0)
    }

    pub(crate) fn is_for(&self, scope: ScopeNo, currency: Currency, corridor: &str) -> bool {
        self.scope == scope && self.terms.currency == currency && self.terms.corridor == corridor
    }
}

/// Makes the plan for an amount in these terms; none when such intents take the slow path.
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
    let terms = SettledTerms {
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
