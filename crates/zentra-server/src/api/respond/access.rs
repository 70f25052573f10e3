//! Answers about API keys. A key's text is shown by the answer to its making only.

use crate::api::respond::ledger::extend;
use crate::api::respond::rendering::Rendering;
use crate::api::roles::role_names;
use serde_json::{Value, json};
use zentra_engine::{ApiKey, ScopeMade};
use zentra_events::event::{KeyCreatedV1, KeyRevokedV1, ScopeCreatedV1, ScopeQuotasSetV1};
use zentra_events::{Entry, Event, KeyId};

pub(super) fn scope_created(r: &Rendering<'_>, entry: &Entry, created: &ScopeCreatedV1) -> Value {
    let mut body = r.base(&entry.header, "created", "scope.created", "POST /scopes");
    body.insert("name".into(), json!(created.name));
    let key = entry.events().iter().enumerate().find_map(|(index, recorded)| {
        let Event::KeyCreated(created) = &recorded.event else { return None };
        Some(new_key(r, entry, u16::try_from(index).unwrap_or(u16::MAX), created))
    });
    body.insert("key".into(), json!(key));
    Value::Object(body)
}

pub(super) fn key_created(
    r: &Rendering<'_>,
    entry: &Entry,
    index: u16,
    created: &KeyCreatedV1,
) -> Value {
    let mut body = r.base(&entry.header, "active", "key.created", "POST /keys");
    extend(&mut body, new_key(r, entry, index, created));
    Value::Object(body)
}

fn new_key(r: &Rendering<'_>, entry: &Entry, index: u16, created: &KeyCreatedV1) -> Value {
    json!({
        "id": KeyId::at(r.partition, entry.header.position, index),
        "actor": r.names.actor(created.actor),
        "roles": role_names(created.roles),
        "label": created.label,
        "key": r.hints.key_text,
    })
}

pub(super) fn key_revoked(r: &Rendering<'_>, entry: &Entry, revoked: &KeyRevokedV1) -> Value {
    let mut body = r.base(&entry.header, "revoked", "key.revoked", "DELETE /keys/{id}");
    body.insert("id".into(), json!(revoked.key));
    Value::Object(body)
}

pub(super) fn quotas_set(r: &Rendering<'_>, entry: &Entry, set: &ScopeQuotasSetV1) -> Value {
    let route = "PUT /scopes/{name}/quotas";
    let mut body = r.base(&entry.header, "set", "scope.quotas_set", route);
    body.insert("name".into(), json!(r.names.scope(entry.header.scope)));
    body.insert("overrides".into(), json!(set.overrides));
    Value::Object(body)
}

/// A key as it stands, without its text, which nobody has.
pub(crate) fn shown_key(key: &ApiKey, actor: Option<String>) -> Value {
    json!({
        "id": key.id,
        "actor": actor,
        "roles": role_names(key.roles),
        "label": key.label,
        "status": if key.revoked { "revoked" } else { "active" },
    })
}

/// A scope.
pub(crate) fn shown_scope(scope: &ScopeMade) -> Value {
    json!({ "name": scope.name, "position": scope.position })
}
