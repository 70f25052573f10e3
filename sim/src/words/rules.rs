//! Words of what holds in a scope: charts, policies, routes, roles, retries.

use super::units::{list, span};
use crate::oracle::{Depth, Side, Status};
use zentra_events::event::{Floor, PolicyRuleV1, RetryPolicyV1, RouteV1, TemplateV1, role};

/// Bits of roles.
pub(super) fn roles(bits: u8) -> String {
    const ALL: [(u8, &str); 5] = [
        (role::WRITER, "writer"),
        (role::OPERATOR, "operator"),
        (role::AUDITOR, "auditor"),
        (role::ADMIN, "admin"),
        (role::DEPLOYMENT, "deployment"),
    ];
    let named = ALL.iter().filter(|(bit, _)| bits & bit != 0);
    list(named.map(|(_, word)| (*word).to_owned()))
}

/// How far below zero an account may go.
pub(super) fn depth(depth: Depth) -> String {
    match depth {
        Depth::Zero => "never below zero".to_owned(),
        Depth::Limit(limit) => format!("down to -{limit}"),
        Depth::Unbounded => "as far below zero as may be".to_owned(),
    }
}

/// The same, as it is asked for.
pub(super) fn depth_of(floor: Floor) -> String {
    depth(match floor {
        Floor::None => Depth::Zero,
        Floor::Limit(limit) => Depth::Limit(limit.0),
        Floor::Unbounded => Depth::Unbounded,
    })
}

/// A template of a chart.
pub(super) fn template(template: &TemplateV1) -> String {
    format!("{} {}", template.pattern, depth_of(template.floor))
}

/// A rule of a policy.
pub(super) fn rule(rule: &PolicyRuleV1) -> String {
    match rule {
        PolicyRuleV1::LimitCheck { currency, amount_max } => {
            format!("at most {} {} at once", amount_max.0, currency.as_str())
        }
        PolicyRuleV1::Velocity { currency, window_ns, count_max, sum_max } => {
            let (sum, currency, window) = (sum_max.0, currency.as_str(), span(window_ns.0));
            format!("at most {count_max} intents and {sum} {currency} in {window}")
        }
        PolicyRuleV1::CurrencyList { allowed } => {
            let allowed = allowed.iter().map(|one| one.as_str().to_owned());
            format!("only currencies {}", list(allowed))
        }
        PolicyRuleV1::CorridorList { allowed } => {
            format!("only corridors {}", list(allowed.iter().cloned()))
        }
    }
}

/// A route.
pub(super) fn route(route: &RouteV1) -> String {
    let RouteV1 { id, corridor, currency, amount_min, amount_max, priority, enabled, .. } = route;
    let (from, to, off) = (amount_min.0, amount_max.0, if *enabled { "" } else { " (off)" });
    format!("{id} {corridor} {from} to {to} {} at {priority}{off}", currency.as_str())
}

/// How deliveries are tried.
pub(super) fn retries(policy: &RetryPolicyV1) -> String {
    let RetryPolicyV1 { schedule_ns, timeout_ns, concurrency, disable_after } = policy;
    let delays = list(schedule_ns.iter().map(|delay| span(delay.0)));
    let timeout = span(timeout_ns.0);
    let off = if *disable_after == 0 { "never".to_owned() } else { disable_after.to_string() };
    format!("tried after {delays}, {timeout} each, {concurrency} at once, off after {off}")
}

/// Which end of a posting.
pub(super) fn side(side: Side) -> &'static str {
    match side {
        Side::Debit => "from",
        Side::Credit => "to",
    }
}

/// Whether an account takes part.
pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Open => "open",
        Status::Frozen => "frozen",
        Status::Closed => "closed",
    }
}
