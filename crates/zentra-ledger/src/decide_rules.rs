//! Deciding the rules of a scope: chart, policy, routes, and the digits of its currencies.
//!
//! Owns the precedence of these refusals, and that versions follow each other. Must not change the
//! ledger.

use crate::chart::check_templates;
use crate::command::{Decision, Refusal};
use crate::currency::{check_exponent, other_digits};
use crate::ledger::Ledger;
use crate::policy::check_rules;
use crate::route::check_routes;
use zentra_events::event::{
    ChartSetV1, CurrencyDeclaredV1, PolicyRuleV1, PolicySetV1, RouteV1, RoutesResetV1, RoutesSetV1,
    TemplateV1,
};
use zentra_events::{Code, Currency, Event, ScopeNo};

impl Ledger {
    /// Digits may be declared again until there is an account in the currency.
    pub(crate) fn declare_currency(
        &self,
        scope: ScopeNo,
        currency: Currency,
        exponent: u8,
    ) -> Decision {
        let earlier = self.scopes.rules_or_none(scope).currencies.get(&currency);
        if let Some(same) = earlier.filter(|earlier| earlier.exponent == exponent) {
            return Decision::Repeat(same.at);
        }
        let known = self.scopes.implied(scope).and_then(|implied| implied.digits(currency));
        let other = known.filter(|known| known.in_use && known.exponent != exponent);
        let refusal = check_exponent(exponent)
            .err()
            .or_else(|| other.map(|known| other_digits(currency, known.exponent, exponent)));
        match refusal {
            Some(refusal) => Decision::Refuse(refusal),
            None => Decision::Events(vec![CurrencyDeclaredV1 { currency, exponent }.into()]),
        }
    }

    pub(crate) fn set_chart(
        &self,
        scope: ScopeNo,
        templates: &[TemplateV1],
    ) -> Result<Vec<Event>, Refusal> {
        check_templates(templates)?;
        let set = self.scopes.rules(scope).and_then(|rules| rules.chart.as_ref());
        let version = next_version(set.map(|chart| chart.version))?;
        Ok(vec![ChartSetV1 { version, templates: templates.to_vec() }.into()])
    }

    pub(crate) fn set_policy(
        &self,
        scope: ScopeNo,
        rules: &[PolicyRuleV1],
    ) -> Result<Vec<Event>, Refusal> {
        check_rules(rules)?;
        let set = self.scopes.rules(scope).and_then(|rules| rules.policy.as_ref());
        let version = next_version(set.map(|policy| policy.version))?;
        Ok(vec![PolicySetV1 { version, rules: rules.to_vec() }.into()])
    }

    pub(crate) fn set_routes(
        &self,
        scope: ScopeNo,
        routes: &[RouteV1],
    ) -> Result<Vec<Event>, Refusal> {
        check_routes(routes)?;
        let version = next_version(Some(self.scopes.rules_or_none(scope).routes_version))?;
        Ok(vec![RoutesSetV1 { version, routes: routes.to_vec() }.into()])
    }

    pub(crate) fn reset_routes(&self, scope: ScopeNo) -> Event {
        RoutesResetV1 { version: self.scopes.rules_or_none(scope).routes_version }.into()
    }
}

fn next_version(set: Option<u32>) -> Result<u32, Refusal> {
    set.unwrap_or(0).checked_add(1).ok_or_else(|| {
        Refusal::new(Code::LimitReached, "the scope's rules have no version number left")
    })
}
