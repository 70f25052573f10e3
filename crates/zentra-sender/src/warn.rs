//! What of deliveries an operator is warned of: dead letters, and endpoints that were disabled by
//! how they answered. What a tenant does to its own endpoint is no warning.
//!
//! Owns which events these are. Must not show a URL: it may hold a secret.

use zentra_events::event::{AttemptResult, DisableReason};
use zentra_events::{DeliveryId, Entry, Event};
use zentra_runtime::{Handle, Notice};

/// Warns of what an entry says.
pub(crate) fn warn_of(handle: &Handle, entry: &Entry) {
    let scope = Some(entry.header.scope);
    for recorded in entry.events() {
        match &recorded.event {
            Event::DeliveryDeadLettered(dead) => {
                let why = why(entry, dead.delivery);
                let of = format!("{} after {} attempts: {why}", dead.delivery, dead.attempts);
                metrics::counter!("zentra_dead_letters_total").increment(1);
                handle.notices().warn(Notice::DeadLetter, scope, of);
            }
            Event::EndpointDisabled(body) => {
                let (reason, why) = match body.reason {
                    DisableReason::Operator => continue,
                    DisableReason::Gone => ("gone", "it answered 410"),
                    DisableReason::Failing => ("failing", "too many deliveries in a row failed"),
                };
                metrics::counter!("zentra_endpoints_disabled_total", "reason" => reason)
                    .increment(1);
                let of = format!("{}: {why}", body.endpoint);
                handle.notices().warn(Notice::EndpointDisabled, scope, of);
            }
            _ => {}
        }
    }
}

/// How the last attempt of a delivery ended, as its entry says.
fn why(entry: &Entry, delivery: DeliveryId) -> String {
    let result = entry.events().iter().find_map(|recorded| match &recorded.event {
        Event::DeliveryFailed(body) if body.delivery == delivery => Some(body.attempt.result),
        _ => None,
    });
    let shown = |result: AttemptResult| match result.status() {
        Some(status) => format!("answered {status}"),
        None => result.cause().unwrap_or("internal").replace('_', " "),
    };
    result.map(shown).unwrap_or_default()
}
