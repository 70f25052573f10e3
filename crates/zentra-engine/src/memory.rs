//! How many bytes of memory each command and event leaves.
//!
//! Owns the estimate (docs/internals/engine.md). A rebuild never looks at it. Must not know how
//! much memory a machine has, nor what follows when it is used up.

use crate::command::Command;
use zentra_events::event::{Capture, IntentDetailsV1, PolicyRuleV1, RouteV1};
use zentra_events::{ActorName, Event};
use zentra_ledger::LedgerCommand;

/// Bytes of an intent: record, key and share of the hash tables.
pub(crate) const INTENT_BYTES: u64 = 64;
/// Bytes of a hold, counted for good though it ends.
const HOLD_BYTES: u64 = 48;
/// Bytes of a start that a velocity rule counts, counted for good though its window ends.
const START_BYTES: u64 = 40;
/// Bytes of an account: record, keys (here and in the shell) and shares of the hash tables.
const ACCOUNT_BYTES: u64 = 400;
/// Bytes of an answered idempotency key.
pub(crate) const ANSWER_BYTES: u64 = 56;
/// Bytes of a delivery: its record here and in the scheduler.
const DELIVERY_BYTES: u64 = 112;
/// Bytes of an endpoint without its texts, here and in the scheduler; deleted ones stay.
const ENDPOINT_BYTES: u64 = 600;
/// Bytes of a filter without its text: in the endpoint and in the index.
const FILTER_BYTES: u64 = 100;
/// Bytes of a secret or a version of one, without what is sealed.
const SECRET_BYTES: u64 = 150;
/// Bytes of a key, here and in the shell; revoked ones stay.
const KEY_BYTES: u64 = 600;
/// Bytes of a scope or an actor without its name, here and in the shell.
const NAME_BYTES: u64 = 300;
/// Bytes of a rule, a template or a route without its texts.
const RULE_BYTES: u64 = 160;

/// How many bytes a command leaves in memory at the least, whatever it is decided to.
pub(crate) fn grows(command: &Command) -> u64 {
    match command {
        Command::Ledger(LedgerCommand::AcceptIntent { .. }) => INTENT_BYTES,
        _ => 0,
    }
}

/// About how many bytes an event leaves in memory for good.
pub(crate) fn held_by(event: &Event) -> u64 {
    match event {
        Event::IntentAccepted(body) => {
            INTENT_BYTES.saturating_add(body.details.as_ref().map_or(0, hold_bytes))
        }
        Event::IntentConfirmed(body) => hold_bytes(&body.details),
        Event::IntentControlled(body)
            if body.checks.iter().any(|check| check.name == "velocity") =>
        {
            START_BYTES
        }
        Event::AccountOpened(body) => ACCOUNT_BYTES.saturating_add(twice(body.code.as_str())),
        Event::DeliveryQueued(_) => DELIVERY_BYTES,
        Event::ScopeCreated(body) => NAME_BYTES.saturating_add(twice(body.name.as_str())),
        Event::ActorRegistered(body) => actor_bytes(&body.name),
        Event::KeyCreated(body) => KEY_BYTES.saturating_add(twice(&body.label)),
        Event::SecretCreated(body) => {
            let name = body.name.as_deref().map_or(0, twice);
            SECRET_BYTES.saturating_add(name).saturating_add(body.sealed.len() as u64)
        }
        Event::SecretRotated(body) => SECRET_BYTES.saturating_add(body.sealed.len() as u64),
        Event::EndpointCreated(body) => {
            let texts = body.url.len().saturating_add(body.description.len());
            let filters =
                body.filters.iter().map(|filter| FILTER_BYTES.saturating_add(twice(filter)));
            filters.fold(ENDPOINT_BYTES.saturating_add(texts as u64), u64::saturating_add)
        }
        Event::ChartSet(body) => sum(body.templates.iter().map(|template| template.pattern.len())),
        Event::PolicySet(body) => sum(body.rules.iter().map(rule_bytes)),
        Event::CurrencyDeclared(_) => RULE_BYTES,
        Event::RoutesSet(body) => sum(body.routes.iter().map(route_bytes)),
        _ => 0,
    }
}

fn hold_bytes(details: &IntentDetailsV1) -> u64 {
    match details.capture {
        Capture::Manual => HOLD_BYTES,
        Capture::Automatic => 0,
    }
}

/// About how many bytes so many deliveries leave in memory.
pub(crate) fn queued_bytes(deliveries: u64) -> u64 {
    deliveries.saturating_mul(DELIVERY_BYTES)
}

/// About how many bytes a new actor leaves in memory.
pub(crate) fn actor_bytes(name: &ActorName) -> u64 {
    NAME_BYTES.saturating_add(twice(name.as_str()))
}

fn twice(text: &str) -> u64 {
    (text.len() as u64).saturating_mul(2)
}

fn sum(texts: impl Iterator<Item = usize>) -> u64 {
    texts.fold(0, |sum: u64, bytes| sum.saturating_add(RULE_BYTES).saturating_add(bytes as u64))
}

fn rule_bytes(rule: &PolicyRuleV1) -> usize {
    match rule {
        PolicyRuleV1::CurrencyList { allowed } => allowed.len().saturating_mul(16),
        PolicyRuleV1::CorridorList { allowed } => allowed
            .iter()
            .fold(0, |sum: usize, one| sum.saturating_add(one.len()).saturating_add(32)),
        PolicyRuleV1::LimitCheck { .. } | PolicyRuleV1::Velocity { .. } => 0,
    }
}

fn route_bytes(route: &RouteV1) -> usize {
    let RouteV1 { id, corridor, rail, .. } = route;
    id.len().saturating_add(corridor.len()).saturating_add(rail.len())
}
