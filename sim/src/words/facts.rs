//! Words of facts: what an entry tells, or must tell.

use super::rules::{depth, roles, side, status};
use super::units::list;
use crate::oracle::Fact;

/// All of them, or that there are none.
pub(crate) fn facts(all: &[Fact]) -> String {
    let words: Vec<String> = all.iter().map(fact).collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join("; ") }
}

/// One.
pub(crate) fn fact(fact: &Fact) -> String {
    match fact {
        Fact::Refused(code) => format!("it is refused for good: {code}"),
        Fact::ScopeMade(name) => format!("scope {name} is made"),
        Fact::KeyMade { roles: bits } => format!("a key is made for {}", roles(*bits)),
        Fact::KeyRevoked(key) => format!("key {key} is revoked"),
        Fact::ChartSet(templates) => format!("a chart of {templates} templates holds"),
        Fact::PolicySet { version, rules } => format!("policy {version} of {rules} rules holds"),
        Fact::RoutesSet { version, routes } => format!("table {version} of {routes} routes holds"),
        Fact::RoutesReset => "the built-in routes hold".to_owned(),
        Fact::CurrencyDeclared(currency, digits) => {
            format!("{} has {digits} digits", currency.as_str())
        }
        Fact::Opened { code, currency, exponent, depth: floor } => {
            let currency = currency.as_str();
            format!("{code} is opened in {currency} with {exponent} digits, {}", depth(*floor))
        }
        Fact::StatusSet { code, status: now, by_admin } => {
            let whose = if *by_admin { " by an admin" } else { "" };
            format!("{code} is {}{whose}", status(*now))
        }
        Fact::Corrected => "it is a correction".to_owned(),
        Fact::Posted { leg, intent, lines } => {
            let of = intent.as_ref().map(|id| format!(" of {id}")).unwrap_or_default();
            let line =
                |(code, way, amount): &(String, _, u128)| format!("{amount} {} {code}", side(*way));
            format!("leg {leg}{of} posts {}", list(lines.iter().map(line)))
        }
        Fact::Published(event_type) => format!("event {event_type} is published"),
        Fact::Sealed(size) => format!("evidence of {size} entries is sealed"),
        Fact::QuotasSet => "quotas hold".to_owned(),
        _ => of_intents(fact).unwrap_or_else(|| of_webhooks(fact)),
    }
}

fn of_intents(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::Accepted(id) => format!("intent {id} is accepted"),
        Fact::Confirmed(id) => format!("intent {id} is confirmed"),
        Fact::Controlled(id) => format!("intent {id} passes its controls"),
        Fact::Rejected(id, code) => format!("intent {id} is rejected: {code}"),
        Fact::Routed(id, route) => format!("intent {id} is routed by {route}"),
        Fact::Voided(id, code) => format!("intent {id} is voided: {code}"),
        Fact::Reversed(id, amount) => format!("intent {id} is reversed by {amount}"),
        Fact::PaidOut(id, amount) => format!("intent {id} is paid out: {amount}"),
        Fact::Dated(id, at) => format!("intent {id} goes on with effect at {at}"),
        _ => return None,
    })
}

fn of_webhooks(fact: &Fact) -> String {
    match fact {
        Fact::EndpointMade(url) => format!("an endpoint is made: {url}"),
        Fact::EndpointDisabled(number, why) => format!("endpoint {number} is disabled: {why}"),
        Fact::EndpointEnabled(number) => format!("endpoint {number} is enabled"),
        Fact::EndpointDeleted(number) => format!("endpoint {number} is deleted"),
        Fact::SecretMade(Some(name)) => format!("secret {name} is made, to be shared"),
        Fact::SecretMade(None) => "a secret is made".to_owned(),
        Fact::SecretRotated { secret, version, previous_until } => format!(
            "secret {secret} is rotated: version {version} signs, those before until \
             {previous_until}"
        ),
        Fact::SecretEnded { secret, version } => {
            format!("version {version} of secret {secret} ends")
        }
        Fact::Queued { endpoint, event, due, parked: false } => {
            format!("event {event} is queued for endpoint {endpoint}, due at {due}")
        }
        Fact::Queued { endpoint, event, due, parked: true } => {
            format!("event {event} is parked for endpoint {endpoint}, was due at {due}")
        }
        Fact::Succeeded { delivery, number } => {
            format!("attempt {number} of delivery {delivery} succeeded")
        }
        Fact::Failed { delivery, number, next: Some(next) } => {
            format!("attempt {number} of delivery {delivery} failed, the next is due at {next}")
        }
        Fact::Failed { delivery, number, next: None } => {
            format!("attempt {number} of delivery {delivery} failed, and there is no next")
        }
        Fact::DeadLettered(delivery) => format!("delivery {delivery} is a dead letter"),
        Fact::Resolved(delivery) => format!("delivery {delivery} is resolved"),
        Fact::MadeDue(delivery) => format!("delivery {delivery} is due now"),
        Fact::Replayed { delivery, replay, attempts } => {
            format!("replay {replay} takes up delivery {delivery} after {attempts} attempts")
        }
        Fact::ReplayAsked { named, left_out } => {
            format!("a replay of {named} deliveries is asked for, {left_out} are left out")
        }
        other => format!("{other:?}"),
    }
}
