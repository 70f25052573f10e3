//! Answers about webhook endpoints and their secrets.
//!
//! A secret is shown once, by the first answer to the request that made it, and never when it was
//! the caller's own: whoever sends the request again is told its name and version.

use crate::problem::Problem;
use crate::respond::rendering::{Base, Rendering};
use zentra_api_types as types;
use zentra_api_types::{
    DisabledReason, EndedVersion, Endpoint, EndpointChanged, EndpointCreated, EndpointHealth,
    EndpointSecret, NewSecret, NewVersion, SecretRotated, SecretVersionEnded,
};
use zentra_delivery::{EndpointStatus, EndpointView, SecretVersion};
use zentra_events::event::{
    AttemptResult, EndpointCreatedV1, SecretRotatedV1, SecretVersionEndedV1,
};
use zentra_events::{EndpointId, Entry, Event, EventId, Header, Recorded};

pub(super) fn created(
    r: &Rendering<'_>,
    entry: &Entry,
    index: u16,
    created: &EndpointCreatedV1,
) -> Result<EndpointCreated, Problem> {
    let header = &entry.header;
    let Base { event, mut evidence, entrypoint } =
        r.base(header, "webhook.endpoint.created", "POST /webhook-endpoints");
    evidence.event_id = published(r, entry);
    Ok(EndpointCreated {
        status: types::EndpointStatus::Listening,
        event,
        evidence,
        entrypoint,
        id: EndpointId::at(r.partition, header.position, index),
        url: created.url.clone(),
        events: created.filters.clone(),
        secret: new_secret(r, entry)?,
        policy: (&created.policy).into(),
        description: created.description.clone(),
    })
}

pub(super) fn changed(
    r: &Rendering<'_>,
    entry: &Entry,
    recorded: &Recorded,
) -> Result<EndpointChanged, Problem> {
    use types::EndpointStatus as Status;
    let (id, status, entrypoint) = match &recorded.event {
        Event::EndpointDisabled(body) => {
            (body.endpoint, Status::Disabled, "POST /webhook-endpoints/{id}/disable")
        }
        Event::EndpointEnabled(body) => {
            (body.endpoint, Status::Listening, "POST /webhook-endpoints/{id}/enable")
        }
        Event::EndpointDeleted(body) => {
            (body.endpoint, Status::Deleted, "DELETE /webhook-endpoints/{id}")
        }
        _ => return Err(Problem::internal(&"an event changes no endpoint")),
    };
    let Base { event, evidence, entrypoint } =
        r.base(&entry.header, recorded.event.type_name(), entrypoint);
    Ok(EndpointChanged { status, event, evidence, entrypoint, id })
}

pub(super) fn rotated(
    r: &Rendering<'_>,
    entry: &Entry,
    rotated: &SecretRotatedV1,
) -> Result<SecretRotated, Problem> {
    let Base { event, evidence, entrypoint } = r.base(
        &entry.header,
        "webhook.secret.rotated",
        "POST /webhook-endpoints/{id}/rotate-secret",
    );
    let value = told_once(r, &entry.header, &rotated.sealed)?;
    Ok(SecretRotated {
        status: types::Rotated::Rotated,
        event,
        evidence,
        entrypoint,
        secret: NewVersion { version: rotated.version, value },
        previous_until: rotated.previous_until.into(),
    })
}

pub(super) fn version_ended(
    r: &Rendering<'_>,
    entry: &Entry,
    ended: &SecretVersionEndedV1,
) -> SecretVersionEnded {
    let Base { event, evidence, entrypoint } = r.base(
        &entry.header,
        "webhook.secret.version_ended",
        "POST /webhook-endpoints/{id}/end-secret",
    );
    let valid_until = entry.header.recorded_at.into();
    let secret = EndedVersion { version: ended.version, valid_until };
    SecretVersionEnded { status: types::Ended::Ended, event, evidence, entrypoint, secret }
}

/// How an endpoint stands, and why it is disabled if it is.
pub(crate) fn shown_status(
    status: EndpointStatus,
) -> (types::EndpointStatus, Option<DisabledReason>) {
    match status {
        EndpointStatus::Listening => (types::EndpointStatus::Listening, None),
        EndpointStatus::Disabled { reason } => {
            (types::EndpointStatus::Disabled, Some(reason.into()))
        }
        EndpointStatus::Deleted => (types::EndpointStatus::Deleted, None),
    }
}

/// An endpoint as it stands, with its health and the versions of its secret, newest first.
pub(crate) fn shown_endpoint(endpoint: &EndpointView, secret: &[SecretVersion]) -> Endpoint {
    let (status, disabled_because) = shown_status(endpoint.status);
    let health = &endpoint.health;
    let versions = secret.iter().map(|one| types::SecretVersion {
        version: one.version,
        valid_until: one.valid_until.map(Into::into),
    });
    let cause = health.last_result.and_then(AttemptResult::cause);
    Endpoint {
        id: endpoint.endpoint,
        status,
        disabled_because,
        url: endpoint.url.clone(),
        events: endpoint.filters.clone(),
        secret: EndpointSecret {
            name: endpoint.secret_name.clone(),
            version: secret.first().map(|newest| newest.version),
            versions: versions.collect(),
        },
        policy: (&endpoint.policy).into(),
        description: endpoint.description.clone(),
        health: EndpointHealth {
            attempts_succeeded: health.succeeded,
            attempts_failed: health.failed,
            dead_lettered: health.dead_lettered,
            consecutive_failures: health.consecutive_failures,
            last_success_at: health.last_success_at.map(Into::into),
            last_failure_at: health.last_failure_at.map(Into::into),
            last_result: health.last_result.map(Into::into),
            last_cause: cause.map(str::to_owned),
            pending: endpoint.pending,
            parked: endpoint.parked,
        },
        position: endpoint.last,
    }
}

fn new_secret(r: &Rendering<'_>, entry: &Entry) -> Result<NewSecret, Problem> {
    let made = entry.events().iter().find_map(|recorded| match &recorded.event {
        Event::SecretCreated(body) => Some(body),
        _ => None,
    });
    let Some(made) = made else {
        let name = r.hints.secret_name.clone();
        return Ok(NewSecret { name, version: None, value: None });
    };
    let value = told_once(r, &entry.header, &made.sealed)?;
    Ok(NewSecret { name: made.name.clone(), version: Some(1), value })
}

/// The text of a secret, if it is told.
fn told_once(r: &Rendering<'_>, header: &Header, sealed: &[u8]) -> Result<Option<String>, Problem> {
    if r.hints.no_secret {
        return Ok(None);
    }
    let scope = r.names.scope(header.scope).and_then(|name| name.parse().ok());
    let scope = scope.ok_or_else(|| Problem::internal(&"a scope has no name"))?;
    let secret = r.keyring.open(&scope, sealed).map_err(|error| Problem::internal(&error))?;
    Ok(Some(secret.expose().as_str().to_owned()))
}

fn published(r: &Rendering<'_>, entry: &Entry) -> Option<EventId> {
    let index = entry
        .events()
        .iter()
        .position(|recorded| matches!(&recorded.event, Event::EventPublished(_)))?;
    let index = u16::try_from(index).ok()?;
    Some(EventId::at(r.partition, entry.header.position, index))
}
