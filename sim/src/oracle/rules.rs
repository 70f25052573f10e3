//! What the docs say of policy and routes: docs/concepts/intent.md, docs/concepts/ledger.md.

use super::fact::Fact;
use super::money::Judged;
use std::collections::BTreeMap;
use zentra_events::event::{PolicyRuleV1, RouteV1};
use zentra_events::{Currency, Span, Timestamp};

/// Starts of intents from an account: when and how much.
type Starts = Vec<(Timestamp, u128)>;

/// The rules of a scope.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    policy: Vec<PolicyRuleV1>,
    policy_version: u32,
    routes: Option<Vec<RouteV1>>,
    routes_version: u32,
    /// By currency and source account.
    starts: BTreeMap<(Currency, String), Starts>,
}

/// What a policy is asked.
pub(crate) struct Subject<'a> {
    pub(crate) source: &'a str,
    pub(crate) currency: Currency,
    pub(crate) corridor: &'a str,
    pub(crate) amount: u128,
    pub(crate) now: Timestamp,
}

impl Subject<'_> {
    fn whose(&self) -> (Currency, String) {
        (self.currency, self.source.to_owned())
    }
}

impl Rules {
    /// `PUT /policy`.
    pub(crate) fn set_policy(&mut self, rules: &[PolicyRuleV1]) -> Judged {
        self.policy = rules.to_vec();
        // A currency that has no rule is not counted, and begins anew when it has one again.
        let rules = &self.policy;
        self.starts.retain(|(currency, _), _| kept(rules, *currency).is_some());
        self.policy_version += 1;
        Ok(vec![Fact::PolicySet { version: self.policy_version, rules: self.policy.len() }])
    }

    /// `PUT /routes`.
    pub(crate) fn set_routes(&mut self, routes: &[RouteV1]) -> Judged {
        self.routes = Some(routes.to_vec());
        self.routes_version += 1;
        Ok(vec![Fact::RoutesSet { version: self.routes_version, routes: routes.len() }])
    }

    /// `DELETE /routes`.
    pub(crate) fn reset_routes(&mut self) -> Judged {
        self.routes = None;
        Ok(vec![Fact::RoutesReset])
    }

    /// The first rule that does not pass says why.
    pub(crate) fn control(&self, asked: &Subject<'_>) -> Result<(), &'static str> {
        for rule in &self.policy {
            match rule {
                PolicyRuleV1::LimitCheck { currency, amount_max }
                    if *currency == asked.currency && asked.amount > amount_max.0 =>
                {
                    return Err("limit_exceeded");
                }
                PolicyRuleV1::Velocity { currency, window_ns, count_max, sum_max }
                    if *currency == asked.currency =>
                {
                    let starts = self.starts.get(&asked.whose()).map_or(&[][..], Vec::as_slice);
                    let within = |at: &Timestamp| asked.now.since(*at).0 < window_ns.0;
                    let recent = || starts.iter().filter(|(at, _)| within(at));
                    let sum: u128 = recent().map(|(_, amount)| amount).sum();
                    if recent().count() as u64 + 1 > u64::from(*count_max)
                        || sum + asked.amount > sum_max.0
                    {
                        return Err("velocity_exceeded");
                    }
                }
                PolicyRuleV1::CurrencyList { allowed } if !allowed.contains(&asked.currency) => {
                    return Err("currency_not_allowed");
                }
                PolicyRuleV1::CorridorList { allowed }
                    if !allowed.iter().any(|one| one == asked.corridor) =>
                {
                    return Err("corridor_not_allowed");
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// An intent was controlled.
    pub(crate) fn started(&mut self, asked: &Subject<'_>) {
        if let Some(kept) = kept(&self.policy, asked.currency) {
            let starts = self.starts.entry(asked.whose()).or_default();
            // A window that a later policy makes longer does not bring back what was forgotten.
            starts.retain(|(at, _)| asked.now.since(*at) < kept);
            starts.push((asked.now, asked.amount));
        }
    }

    /// The route that serves.
    pub(crate) fn route(&self, asked: &Subject<'_>) -> Option<String> {
        let Some(routes) = &self.routes else { return Some("internal".to_owned()) };
        let fits = |route: &&RouteV1| {
            route.enabled
                && route.corridor == asked.corridor
                && route.currency == asked.currency
                && (route.amount_min.0..=route.amount_max.0).contains(&asked.amount)
        };
        let best = routes.iter().filter(fits).min_by_key(|route| (route.priority, &route.id))?;
        Some(best.id.clone())
    }
}

/// The longest window of the velocity rules about a currency; none when there is no such rule.
fn kept(rules: &[PolicyRuleV1], asked: Currency) -> Option<Span> {
    let windows = rules.iter().filter_map(|rule| match rule {
        PolicyRuleV1::Velocity { currency, window_ns, .. } if *currency == asked => {
            Some(*window_ns)
        }
        _ => None,
    });
    windows.max()
}
