//! Answers about webhook endpoints and their secrets.
//!
//! A secret is shown once, by the first answer to the request that made it, and never when it was
//! the caller's own: whoever sends the request again is told its name and version.

use crate::api::problem::Problem;
use crate::api::respond::ledger::extend;
use crate::api::respond::rendering::Rendering;
use serde_json::{Value, json};
use zentra_delivery::{EndpointStatus, EndpointView, SecretVersion};
use zentra_events::event::{
    AttemptResult, DisableReason, EndpointCreatedV1, RetryPolicyV1, SecretRotatedV1,
    SecretVersionEndedV1,
};
use zentra_events::{EndpointId, Entry, Event, EventId, Header, Recorded};

pub(super) fn created(
    r: &Rendering<'_>,
    entry: &Entry,
    index: u16,
    created: &EndpointCreatedV1,
) -> Result<Value, Problem> {
    let event = "webhook.endpoint.created";
    let header = &entry.header;
    let mut body = r.base(header, "listening", event, "POST /webhook-endpoints");
    let id = EndpointId::at(r.partition, header.position, index);
    body["evidence"]["event_id"] = json!(published(r, entry));
    let rest = json!({
        "id": id,
        "url": created.url,
        "events": created.filters,
        "secret": new_secret(r, entry)?,
        "policy": shown_policy(&created.policy),
        "description": created.description,
    });
    extend(&mut body, rest);
    Ok(Value::Object(body))
}

pub(super) fn changed(r: &Rendering<'_>, entry: &Entry, recorded: &Recorded) -> Value {
    let (id, status, entrypoint) = match &recorded.event {
        Event::EndpointDisabled(body) => {
            (Some(body.endpoint), "disabled", "POST /webhook-endpoints/{id}/disable")
        }
        Event::EndpointEnabled(body) => {
            (Some(body.endpoint), "listening", "POST /webhook-endpoints/{id}/enable")
        }
        Event::EndpointDeleted(body) => {
            (Some(body.endpoint), "deleted", "DELETE /webhook-endpoints/{id}")
        }
        _ => (None, "", ""),
    };
    let mut body = r.base(&entry.header, status, recorded.event.type_name(), entrypoint);
    body.insert("id".into(), json!(id));
    Value::Object(body)
}

pub(super) fn rotated(
    r: &Rendering<'_>,
    entry: &Entry,
    rotated: &SecretRotatedV1,
) -> Result<Value, Problem> {
    let event = "webhook.secret.rotated";
    let entrypoint = "POST /webhook-endpoints/{id}/rotate-secret";
    let mut body = r.base(&entry.header, "rotated", event, entrypoint);
    let mut secret = json!({ "version": rotated.version });
    if !r.hints.no_secret {
        secret["value"] = opened(r, &entry.header, &rotated.sealed)?;
    }
    body.insert("secret".into(), secret);
    body.insert("previous_until".into(), json!(rotated.previous_until));
    Ok(Value::Object(body))
}

pub(super) fn version_ended(
    r: &Rendering<'_>,
    entry: &Entry,
    ended: &SecretVersionEndedV1,
) -> Value {
    let event = "webhook.secret.version_ended";
    let entrypoint = "POST /webhook-endpoints/{id}/end-secret";
    let mut body = r.base(&entry.header, "ended", event, entrypoint);
    let until = entry.header.recorded_at;
    body.insert("secret".into(), json!({ "version": ended.version, "valid_until": until }));
    Value::Object(body)
}

/// A retry policy in the form in which it is sent.
pub(crate) fn shown_policy(policy: &RetryPolicyV1) -> Value {
    let schedule: Vec<u64> = policy.schedule_ns.iter().map(|delay| delay.as_millis()).collect();
    json!({
        "schedule_ms": schedule,
        "timeout_ms": policy.timeout_ns.as_millis(),
        "concurrency": policy.concurrency,
        "disable_after": policy.disable_after,
    })
}

/// The word for where an endpoint stands, and why it is disabled if it is.
pub(crate) fn endpoint_word(status: EndpointStatus) -> (&'static str, Option<DisableReason>) {
    match status {
        EndpointStatus::Listening => ("listening", None),
        EndpointStatus::Disabled { reason } => ("disabled", Some(reason)),
        EndpointStatus::Deleted => ("deleted", None),
    }
}

/// An endpoint as it stands, with its health and the versions of its secret, newest first.
pub(crate) fn shown_endpoint(endpoint: &EndpointView, secret: &[SecretVersion]) -> Value {
    let (status, reason) = endpoint_word(endpoint.status);
    let health = &endpoint.health;
    let version =
        |one: &SecretVersion| json!({ "version": one.version, "valid_until": one.valid_until });
    let versions: Vec<Value> = secret.iter().map(version).collect();
    json!({
        "id": endpoint.endpoint,
        "status": status,
        "disabled_because": reason,
        "url": endpoint.url,
        "events": endpoint.filters,
        "secret": {
            "name": endpoint.secret_name,
            "version": secret.first().map(|newest| newest.version),
            "versions": versions,
        },
        "policy": shown_policy(&endpoint.policy),
        "description": endpoint.description,
        "health": {
            "attempts_succeeded": health.succeeded,
            "attempts_failed": health.failed,
            "dead_lettered": health.dead_lettered,
            "consecutive_failures": health.consecutive_failures,
            "last_success_at": health.last_success_at,
            "last_failure_at": health.last_failure_at,
            "last_result": health.last_result,
            "last_cause": health.last_result.and_then(AttemptResult::cause),
            "pending": endpoint.pending,
            "parked": endpoint.parked,
        },
        "position": endpoint.last,
    })
}

fn new_secret(r: &Rendering<'_>, entry: &Entry) -> Result<Value, Problem> {
    let made = entry.events().iter().find_map(|recorded| match &recorded.event {
        Event::SecretCreated(body) => Some(body),
        _ => None,
    });
    let Some(made) = made else { return Ok(json!({ "name": r.hints.secret_name })) };
    let mut secret = json!({ "name": made.name, "version": 1 });
    if !r.hints.no_secret {
        secret["value"] = opened(r, &entry.header, &made.sealed)?;
    }
    Ok(secret)
}

fn opened(r: &Rendering<'_>, header: &Header, sealed: &[u8]) -> Result<Value, Problem> {
    let scope = r.names.scope(header.scope).and_then(|name| name.parse().ok());
    let scope = scope.ok_or_else(|| Problem::internal(&"a scope has no name"))?;
    let secret = r.keyring.open(&scope, sealed).map_err(|error| Problem::internal(&error))?;
    Ok(secret.expose().as_str().into())
}

fn published(r: &Rendering<'_>, entry: &Entry) -> Option<EventId> {
    let index = entry
        .events()
        .iter()
        .position(|recorded| matches!(&recorded.event, Event::EventPublished(_)))?;
    let index = u16::try_from(index).ok()?;
    Some(EventId::at(r.partition, entry.header.position, index))
}
