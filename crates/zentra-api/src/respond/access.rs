//! Answers about API keys. A key's text is shown by the answer to its making only.

use crate::respond::rendering::{Base, Rendering};
use zentra_api_types as types;
use zentra_api_types::{
    Created, KeyCreated, KeyRevoked, KeyStatus, ListedKey, ListedScope, NewKey, OwnQuota,
    QuotasSet, ScopeCreated,
};
use zentra_auth::shown_roles;
use zentra_engine::{ApiKey, ScopeMade};
use zentra_events::event::{KeyCreatedV1, KeyRevokedV1, ScopeCreatedV1, ScopeQuotasSetV1};
use zentra_events::{Entry, Event, KeyId};

pub(super) fn scope_created(
    r: &Rendering<'_>,
    entry: &Entry,
    created: &ScopeCreatedV1,
) -> ScopeCreated {
    let Base { event, evidence, entrypoint } =
        r.base(&entry.header, "scope.created", "POST /scopes");
    let key = entry.events().iter().enumerate().find_map(|(index, recorded)| {
        let Event::KeyCreated(created) = &recorded.event else { return None };
        Some(new_key(r, entry, u16::try_from(index).unwrap_or(u16::MAX), created))
    });
    let (status, name) = (Created::Created, created.name.clone());
    ScopeCreated { status, event, evidence, entrypoint, name, key }
}

pub(super) fn key_created(
    r: &Rendering<'_>,
    entry: &Entry,
    index: u16,
    created: &KeyCreatedV1,
) -> KeyCreated {
    let Base { event, evidence, entrypoint } = r.base(&entry.header, "key.created", "POST /keys");
    let NewKey { id, actor, roles, label, key } = new_key(r, entry, index, created);
    let status = KeyStatus::Active;
    KeyCreated { status, event, evidence, entrypoint, id, actor, roles, label, key }
}

fn new_key(r: &Rendering<'_>, entry: &Entry, index: u16, created: &KeyCreatedV1) -> NewKey {
    NewKey {
        id: KeyId::at(r.partition, entry.header.position, index),
        actor: r.actor(created.actor),
        roles: shown_roles(created.roles),
        label: created.label.clone(),
        key: r.hints.key_text.clone(),
    }
}

pub(super) fn key_revoked(r: &Rendering<'_>, entry: &Entry, revoked: &KeyRevokedV1) -> KeyRevoked {
    let Base { event, evidence, entrypoint } =
        r.base(&entry.header, "key.revoked", "DELETE /keys/{id}");
    KeyRevoked { status: KeyStatus::Revoked, event, evidence, entrypoint, id: revoked.key }
}

pub(super) fn quotas_set(r: &Rendering<'_>, entry: &Entry, set: &ScopeQuotasSetV1) -> QuotasSet {
    let Base { event, evidence, entrypoint } =
        r.base(&entry.header, "scope.quotas_set", "PUT /scopes/{name}/quotas");
    let own = set.overrides.iter();
    QuotasSet {
        status: types::Set::Set,
        event,
        evidence,
        entrypoint,
        name: r.scope(entry.header.scope),
        overrides: own.map(|one| OwnQuota { quota: one.quota, limit: one.limit }).collect(),
    }
}

/// A key as it stands, without its text, which nobody has.
pub(crate) fn shown_key(key: &ApiKey, actor: String) -> ListedKey {
    ListedKey {
        id: key.id,
        actor,
        roles: shown_roles(key.roles),
        label: key.label.clone(),
        status: if key.revoked { KeyStatus::Revoked } else { KeyStatus::Active },
    }
}

/// A scope.
pub(crate) fn shown_scope(scope: &ScopeMade) -> ListedScope {
    ListedScope { name: scope.name.clone(), position: scope.position }
}
