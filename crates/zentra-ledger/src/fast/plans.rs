//! Making plans of the fast path from the rules of a scope.
//!
//! Owns between which amounts a plan holds. Must not know accounts' balances or single intents.

use crate::chart::SystemAccount;
use crate::fast::condition::{Condition, PlanSubject, Verdicts, check_subject, check_verdicts};
use crate::fast::plan::FastPlan;
use crate::ledger::Ledger;
use crate::policy::{self, Subject};
use crate::route;
use std::sync::Arc;
use zentra_events::event::{PolicyRuleV1, PolicySetV1, RoutesSetV1};
use zentra_events::{Amount, Currency, ScopeNo, SettledTerms, Timestamp};

impl Ledger {
    /// The plan by which an intent of this amount may take the fast path. Plans are kept and given
    /// again.
    ///
    /// # Errors
    /// The condition for which such intents take the slow path.
    pub fn plan(
        &mut self,
        scope: ScopeNo,
        currency: Currency,
        corridor: &str,
        amount: Amount,
    ) -> Result<Arc<FastPlan>, Condition> {
        let rules = self.rules_last(scope);
        let known = self.plans.find(|plan| {
            plan.is_for(scope, currency, corridor) && plan.covers(amount) && plan.rules == rules
        });
        if let Some(known) = known {
            return Ok(Arc::clone(known));
        }
        let plan = self.make_plan(scope, currency, corridor, amount)?;
        Ok(self.plans.keep(plan))
    }

    fn make_plan(
        &self,
        scope: ScopeNo,
        currency: Currency,
        corridor: &str,
        amount: Amount,
    ) -> Result<FastPlan, Condition> {
        let rules = self.scopes.rules(scope);
        let policy = rules.and_then(|rules| rules.policy.as_deref());
        let table = rules.and_then(|rules| rules.routes.as_deref());
        let has_velocity_rule = policy::kept(policy, currency).is_some();
        check_subject(&PlanSubject { corridor, amount, has_velocity_rule })?;
        let implied = self.scopes.implied(scope);
        let open = |kind| implied.and_then(|implied| implied.system(kind, currency));
        let open = |kind| open(kind).ok_or(Condition::SystemAccountsAreOpen);
        let (reserved, settlement) =
            (open(SystemAccount::Reserved)?, open(SystemAccount::Settlement)?);
        let (started, now) = ((0, Amount::ZERO), Timestamp(0));
        let subject = Subject { currency, amount, corridor, usage: None, started, now };
        let (checks, verdict) = policy::evaluate(policy, &subject);
        let routed = route::choose(table, self.intents.next_no(), corridor, currency, amount);
        let (policy_passes, route_serves) = (verdict.is_ok(), routed.is_ok());
        check_verdicts(&Verdicts { policy_passes, route_serves })?;
        let routed = routed.map_err(|_| Condition::RouteServes)?;
        let (amount_min, amount_max) = bounds(policy, table, currency, amount);
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
        Ok(FastPlan { scope, rules, amount_min, amount_max, terms: Arc::new(terms) })
    }
}

/// The amounts around one for which rules and routes say the same: down and up to the next at which
/// one of them changes its mind.
fn bounds(
    policy: Option<&PolicySetV1>,
    table: Option<&RoutesSetV1>,
    currency: Currency,
    amount: Amount,
) -> (u128, u128) {
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
    (amount_min, amount_max)
}
