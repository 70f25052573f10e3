//! Which codes each operation may refuse with, for the API's description.
//!
//! Owns the table; the tests hold every refusal against it. Must not decide anything: who refuses
//! may have more reasons than a test has found.

use crate::problem_map::status_of;
use std::collections::{BTreeMap, BTreeSet};
use zentra_events::Code;
use zentra_events::Code as C;

/// Of any request.
const ANY: &[Code] =
    &[C::ValidationFailed, C::UnsupportedMediaType, C::Overloaded, C::Unavailable, C::Internal];

/// Of a request that needs a key.
const WITH_KEY: &[Code] = &[C::Unauthenticated, C::QuotaExceeded];

/// Of a request that is to change something.
const COMMAND: &[Code] = &[
    C::Forbidden,
    C::BodyTooLarge,
    C::RequestTimeout,
    C::IdempotencyKeyReused,
    C::LimitReached,
    C::StorageLow,
    C::ReadOnly,
];

/// Of one that moves money.
const MOVES: &[Code] = &[
    C::AccountNotFound,
    C::AccountFrozen,
    C::AccountClosed,
    C::AccountReserved,
    C::AmountZero,
    C::AmountOverflow,
    C::CurrencyMismatch,
    C::CurrencyUnknown,
    C::InsufficientFunds,
];

/// Of one that runs an intent.
const RUNS: &[Code] = &[
    C::SameAccount,
    C::LimitExceeded,
    C::VelocityExceeded,
    C::CurrencyNotAllowed,
    C::CorridorNotAllowed,
    C::RouteUnavailable,
];

/// Of one that goes on with an intent that ran.
const GOES_ON: &[Code] =
    &[C::InvalidIntentState, C::EffectiveAtTooEarly, C::AmountExceedsRemaining];

/// The codes of an operation by their statuses.
pub(crate) fn refusals(
    path: &str,
    method: &str,
    has_key: bool,
) -> BTreeMap<u16, BTreeSet<&'static str>> {
    let reads = method == "get";
    let groups = [
        ANY,
        if has_key { WITH_KEY } else { &[] },
        if reads { &[] } else { COMMAND },
        if path.contains('{') { &[C::NotFound] } else { &[] },
    ];
    let own = if reads { of_read(path) } else { of_command(path) };
    let mut by_status: BTreeMap<u16, BTreeSet<&'static str>> = BTreeMap::new();
    for code in groups.into_iter().chain(own.iter().copied()).flatten() {
        by_status.entry(status_of(*code).as_u16()).or_default().insert(code.as_str());
    }
    by_status
}

fn of_read(path: &str) -> &'static [&'static [Code]] {
    match path {
        "/projections" | "/scopes" | "/scopes/{name}/quotas" => &[&[C::Forbidden]],
        "/checkpoint" | "/metrics" => &[&[C::NotFound]],
        _ => &[],
    }
}

fn of_command(path: &str) -> &'static [&'static [Code]] {
    match path {
        "/accounts" => {
            &[&[C::AccountExists, C::AccountReserved, C::CurrencyMismatch, C::CurrencyUnknown]]
        }
        "/accounts/{code}/freeze" | "/accounts/{code}/unfreeze" => {
            &[&[C::AccountReserved, C::AccountClosed]]
        }
        "/accounts/{code}/close" => {
            &[&[C::AccountReserved, C::AccountClosed, C::AccountFrozen, C::AccountNotEmpty]]
        }
        "/transfers" => &[MOVES, &[C::UnbalancedPostings]],
        "/intents" => &[MOVES, RUNS, &[C::IntentIdReused, C::NotFound]],
        "/intents/batch" => &[&[C::NotFound]],
        "/intents/{intent_id}/confirm" => &[MOVES, RUNS, &[C::InvalidIntentState]],
        "/intents/{intent_id}/settle"
        | "/intents/{intent_id}/void"
        | "/intents/{intent_id}/reverse"
        | "/intents/{intent_id}/payout" => &[MOVES, GOES_ON],
        "/currencies/{code}" => &[&[C::CurrencyMismatch]],
        "/webhook-endpoints" => &[&[
            C::UrlNotAllowed,
            C::UrlForbiddenAddress,
            C::SecretInvalid,
            C::FilterInvalid,
            C::PolicyInvalid,
            C::ChallengeFailed,
        ]],
        "/webhook-endpoints/{id}/rotate-secret" | "/webhook-endpoints/{id}/end-secret" => {
            &[&[C::InvalidEndpointState, C::InvalidSecretState, C::SecretInvalid]]
        }
        path if path.starts_with("/webhook-endpoints/{id}") => &[&[C::InvalidEndpointState]],
        "/events" => &[&[C::EventTypeReserved]],
        "/deliveries/{id}/resend" => &[&[C::InvalidEndpointState]],
        "/deliveries/{id}/resolve" => &[&[C::InvalidDeliveryState]],
        "/replays" => &[&[C::ReplayEmpty, C::NotFound]],
        "/scopes" => &[&[C::ScopeExists]],
        _ => &[],
    }
}
