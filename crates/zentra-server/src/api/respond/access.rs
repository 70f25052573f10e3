//! Answers about API keys. A key's text is shown by the answer to its making only.

use crate::api::auth::role_names;
use crate::api::respond::ledger::extend;
use crate::api::respond::rendering::Rendering;
use serde_json::{Value, json};
use zentra_engine::Key;
use zentra_events::event::{KeyCreatedV1, KeyRevokedV1};
use zentra_events::{Entry, KeyId};

pub(super) fn key_created(
    r: &Rendering<'_>,
    entry: &Entry,
    index: u16,
    created: &KeyCreatedV1,
) -> Value {
    let mut body = r.base(&entry.header, "active", "key.created", "POST /keys");
    let rest = json!({
        "id": KeyId::at(r.partition, entry.header.position, index),
        "actor": r.names.actor(created.actor),
        "roles": role_names(created.roles),
        "label": created.label,
        "key": r.hints.key_text,
    });
    extend(&mut body, rest);
    Value::Object(body)
}

pub(super) fn key_revoked(r: &Rendering<'_>, entry: &Entry, revoked: &KeyRevokedV1) -> Value {
    let mut body = r.base(&entry.header, "revoked", "key.revoked", "DELETE /keys/{id}");
    body.insert("id".into(), json!(revoked.key));
    Value::Object(body)
}

/// A key as it stands, without its text, which nobody has.
pub(crate) fn shown_key(key: &Key, actor: Option<String>) -> Value {
    json!({
        "id": key.id,
        "actor": actor,
        "roles": role_names(key.roles),
        "label": key.label,
        "status": if key.revoked { "revoked" } else { "active" },
    })
}
