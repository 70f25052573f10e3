//! Which renderer shows which entry.
//!
//! An entry is told by its leading event. Events that come along with others (accounts that the
//! chart opened, secrets, deliveries that were queued) lead only when they are alone.

use crate::api::problem::Problem;
use crate::api::respond::rendering::Rendering;
use crate::api::respond::{access, delivery, intent, ledger, webhook};
use axum::http::StatusCode;
use serde_json::Value;
use std::sync::Arc;
use zentra_events::{Code, Entry, Event};

/// The answer to the command that made this entry.
///
/// # Errors
/// The problem, when the entry is a refusal or a rejection: that is the answer then.
pub(crate) fn respond(
    r: &Rendering<'_>,
    entry: &Arc<Entry>,
) -> Result<(StatusCode, Value), Problem> {
    let events = || entry.events().iter().enumerate();
    let leading = events().find(|(_, recorded)| leads(&recorded.event));
    let alone = || events().find(|(_, recorded)| leads_alone(&recorded.event));
    let Some((index, recorded)) = leading.or_else(alone) else {
        return Err(Problem::internal(&"an entry answers no route"));
    };
    let index = u16::try_from(index).unwrap_or(u16::MAX);
    match &recorded.event {
        Event::CommandRefused(body) => {
            Err(Problem::new(body.code, body.detail.clone()).with_instance(entry.header.request_id))
        }
        Event::IntentAccepted(_)
        | Event::IntentConfirmed(_)
        | Event::IntentVoided(_)
        | Event::IntentReversed(_)
        | Event::PayoutClosed(_) => intent::answered(r, entry),
        Event::LedgerPosted(body) if body.intent.is_some() => intent::answered(r, entry),
        Event::LedgerPosted(_) => Ok((StatusCode::CREATED, ledger::transfer(r, entry))),
        Event::AccountOpened(body) => Ok((StatusCode::CREATED, ledger::opened(r, entry, body))),
        Event::AccountStatusChanged(body) => {
            Ok((StatusCode::OK, ledger::changed(r, entry, &body.clone().into())))
        }
        Event::AccountStatusChangedV2(body) => {
            Ok((StatusCode::OK, ledger::changed(r, entry, body)))
        }
        Event::ChartSet(body) => Ok((StatusCode::OK, ledger::chart_set(r, entry, body))),
        Event::PolicySet(body) => Ok((StatusCode::OK, ledger::policy_set(r, entry, body))),
        Event::RoutesSet(body) => Ok((StatusCode::OK, ledger::routes_set(r, entry, body))),
        Event::RoutesReset(body) => Ok((StatusCode::OK, ledger::routes_reset(r, entry, body))),
        Event::CurrencyDeclared(body) => {
            Ok((StatusCode::OK, ledger::currency_declared(r, entry, body)))
        }
        Event::EndpointCreated(body) => {
            Ok((StatusCode::CREATED, webhook::created(r, entry, index, body)?))
        }
        Event::EndpointDisabled(_) | Event::EndpointEnabled(_) | Event::EndpointDeleted(_) => {
            Ok((StatusCode::OK, webhook::changed(r, entry, recorded)))
        }
        Event::SecretRotated(body) => Ok((StatusCode::OK, webhook::rotated(r, entry, body)?)),
        Event::SecretVersionEnded(body) => {
            Ok((StatusCode::OK, webhook::version_ended(r, entry, body)))
        }
        Event::EventPublished(body) => {
            Ok((StatusCode::CREATED, delivery::published(r, entry, index, body)))
        }
        Event::ReplayRequested(body) => {
            Ok((StatusCode::CREATED, delivery::replay_requested(r, entry, index, body)))
        }
        Event::DeliveryMadeDue(body) => Ok((StatusCode::OK, delivery::made_due(r, entry, body))),
        Event::DeliveryResolved(body) => Ok((StatusCode::OK, delivery::resolved(r, entry, body))),
        Event::ScopeCreated(body) => {
            Ok((StatusCode::CREATED, access::scope_created(r, entry, body)))
        }
        Event::ScopeQuotasSet(body) => Ok((StatusCode::OK, access::quotas_set(r, entry, body))),
        Event::KeyCreated(body) => {
            Ok((StatusCode::CREATED, access::key_created(r, entry, index, body)))
        }
        Event::KeyRevoked(body) => Ok((StatusCode::OK, access::key_revoked(r, entry, body))),
        _ => Err(Problem::new(Code::Internal, "the entry answers no route")),
    }
}

fn leads(event: &Event) -> bool {
    !matches!(
        event,
        Event::ActorRegistered(_)
            | Event::AccountOpened(_)
            | Event::LedgerCorrected(_)
            | Event::IntentDated(_)
            | Event::SecretCreated(_)
            | Event::EventPublished(_)
            | Event::DeliveryQueued(_)
            | Event::DeliveryReplayed(_)
    )
}

fn leads_alone(event: &Event) -> bool {
    matches!(event, Event::AccountOpened(_) | Event::EventPublished(_))
}
