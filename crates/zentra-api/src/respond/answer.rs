//! Which renderer shows which entry.
//!
//! An entry is told by its leading event. Events that come along with others (accounts that the
//! chart opened, secrets, deliveries that were queued) lead only when they are alone.

use crate::problem::Problem;
use crate::respond::rendering::{Rendered, Rendering};
use crate::respond::{access, delivery, intent, ledger, webhook};
use axum::http::StatusCode;
use serde::Serialize;
use std::sync::Arc;
use zentra_events::{Code, Entry, Event};

/// The answer to the command that made this entry.
///
/// # Errors
/// The problem, when the entry is a refusal or a rejection: that is the answer then.
pub(crate) fn respond(r: &Rendering<'_>, entry: &Arc<Entry>) -> Result<Rendered, Problem> {
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
        Event::LedgerPosted(_) => made(&ledger::transfer(r, entry)?),
        Event::AccountOpened(body) => made(&ledger::opened(r, entry, body)),
        Event::AccountStatusChanged(body) => done(&ledger::changed(r, entry, &body.clone().into())),
        Event::AccountStatusChangedV2(body) => done(&ledger::changed(r, entry, body)),
        Event::ChartSet(body) => done(&ledger::chart_set(r, entry, body)),
        Event::PolicySet(body) => done(&ledger::policy_set(r, entry, body)),
        Event::RoutesSet(body) => done(&ledger::routes_set(r, entry, body)),
        Event::RoutesReset(body) => done(&ledger::routes_reset(r, entry, body)),
        Event::CurrencyDeclared(body) => done(&ledger::currency_declared(r, entry, body)),
        Event::EndpointCreated(body) => made(&webhook::created(r, entry, index, body)?),
        Event::EndpointDisabled(_) | Event::EndpointEnabled(_) | Event::EndpointDeleted(_) => {
            done(&webhook::changed(r, entry, recorded)?)
        }
        Event::SecretRotated(body) => done(&webhook::rotated(r, entry, body)?),
        Event::SecretVersionEnded(body) => done(&webhook::version_ended(r, entry, body)),
        Event::EventPublished(body) => made(&delivery::published(r, entry, index, body)),
        Event::ReplayRequested(body) => made(&delivery::replay_requested(r, entry, index, body)),
        Event::DeliveryMadeDue(body) => done(&delivery::made_due(r, entry, body)),
        Event::DeliveryResolved(body) => done(&delivery::resolved(r, entry, body)),
        Event::ScopeCreated(body) => made(&access::scope_created(r, entry, body)),
        Event::ScopeQuotasSet(body) => done(&access::quotas_set(r, entry, body)),
        Event::KeyCreated(body) => made(&access::key_created(r, entry, index, body)),
        Event::KeyRevoked(body) => done(&access::key_revoked(r, entry, body)),
        _ => Err(Problem::new(Code::Internal, "the entry answers no route")),
    }
}

/// 201 with this body.
fn made(body: &impl Serialize) -> Result<Rendered, Problem> {
    Rendered::of(StatusCode::CREATED, body)
}

/// 200 with this body.
fn done(body: &impl Serialize) -> Result<Rendered, Problem> {
    Rendered::of(StatusCode::OK, body)
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
