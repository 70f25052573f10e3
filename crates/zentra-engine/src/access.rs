//! Who may act, and what is decided about scopes and keys.
//!
//! A request travels with the number of its key, and the key must work at the position where the
//! request is decided: a key that was revoked while a body arrived acts no more. Owns that check,
//! what only the deployment may do, and which names are the server's own. Must not know how a
//! caller proves that a key is theirs.

use crate::command::{AccessCommand, Command, NewKey, Request};
use crate::engine::Engine;
use crate::error::Refusal;
use zentra_delivery::DeliveryCommand;
use zentra_events::event::{
    ActorRegisteredV1, KeyCreatedV1, KeyRevokedV1, QuotaOverrideV1, ScopeCreatedV1,
    ScopeQuotasSetV1, role,
};
use zentra_events::{ActorName, ActorNo, Code, Event, KeyId, Position, ScopeName, ScopeNo};

const ROLES: u8 = role::WRITER | role::OPERATOR | role::AUDITOR | role::ADMIN | role::DEPLOYMENT;

/// Who may make endpoints.
const MAKES_ENDPOINTS: u8 = role::WRITER | role::ADMIN;

impl Engine {
    /// Why nobody acts with this key any more, if nobody does. What the server asks itself has no
    /// key. It says no more than a caller is told who never had a key.
    pub fn key_refused(&self, key: Option<KeyId>) -> Option<Refusal> {
        let key = key?;
        let works = self.directory.key(key).is_some_and(|key| !key.revoked);
        (!works).then(|| {
            let detail = "send `Authorization: Bearer <key>` with a key that is not revoked";
            Refusal::new(Code::Unauthenticated, detail)
        })
    }

    /// The entry that revoked a key of the scope, when one is to be revoked that is so already.
    pub(crate) fn revoked_at(&self, scope: ScopeNo, command: &AccessCommand) -> Option<Position> {
        let AccessCommand::RevokeKey { key } = command else { return None };
        let found = self.directory.key(*key).filter(|found| found.scope == scope)?;
        found.revoked.then_some(found.last)
    }

    pub(crate) fn decide_access(
        &self,
        request: &Request,
        command: &AccessCommand,
    ) -> Result<Vec<Event>, Refusal> {
        if let AccessCommand::CreateScope { name, key } = command {
            return self.create_scope(request, name, key.as_ref());
        }
        if self.directory.scope_name(request.scope).is_none() {
            return Err(Refusal::new(Code::NotFound, "there is no such scope"));
        }
        match command {
            AccessCommand::CreateScope { .. } => unreachable!("it was decided above"),
            AccessCommand::CreateKey(new) => self.create_key(request, new),
            AccessCommand::RevokeKey { key } => self.revoke_key(request, *key),
            AccessCommand::SetQuotas { scope, overrides } => {
                self.set_scope_quotas(request, *scope, overrides)
            }
        }
    }

    fn create_scope(
        &self,
        request: &Request,
        name: &ScopeName,
        key: Option<&NewKey>,
    ) -> Result<Vec<Event>, Refusal> {
        if !self.is_of_deployment(request) {
            return Err(only_deployment("making a scope"));
        }
        if matches!(name.as_str(), "." | "..") {
            // No path leads to it: clients take it for a step in the path.
            let detail = "a scope is not named . or ..; choose another name";
            return Err(Refusal::new(Code::ValidationFailed, detail));
        }
        if self.directory.scope_by_name(name).is_some() {
            let detail = format!("there is a scope named {name} already");
            return Err(Refusal::new(Code::ScopeExists, detail));
        }
        let scope = ScopeNo(self.directory.scopes_len() as u32);
        let mut events = vec![ScopeCreatedV1 { scope, name: name.clone() }.into()];
        if let Some(key) = key {
            events.extend(self.create_key(request, key)?);
        }
        Ok(events)
    }

    fn create_key(&self, request: &Request, new: &NewKey) -> Result<Vec<Event>, Refusal> {
        let NewKey { actor, hash, roles, label } = new;
        if is_reserved(actor) {
            let detail = format!("the actor {actor} is the server's own; choose another name");
            return Err(Refusal::new(Code::ValidationFailed, detail));
        }
        if roles & !ROLES != 0 || *roles == 0 {
            return Err(Refusal::new(
                Code::ValidationFailed,
                "a key has known roles, at least one",
            ));
        }
        if roles & role::DEPLOYMENT != 0 && request.key.is_some() {
            let detail = "only `zentra key create` makes keys with the role deployment";
            return Err(Refusal::new(Code::Forbidden, detail));
        }
        if self.directory.key_by_hash(hash).is_some() {
            return Err(Refusal::new(Code::ValidationFailed, "this key was made before"));
        }
        let mut events = Vec::new();
        let number = self.directory.actor_by_name(actor).unwrap_or_else(|| {
            // Who asks is registered before, when the log has not seen them either.
            let asks_first =
                *actor != request.actor && self.directory.actor_by_name(&request.actor).is_none();
            let number = ActorNo(self.directory.actors_len() as u32 + u32::from(asks_first));
            events.push(ActorRegisteredV1 { actor: number, name: actor.clone() }.into());
            number
        });
        let (hash, roles, label) = (*hash, *roles, label.clone());
        events.push(KeyCreatedV1 { actor: number, hash, roles, label }.into());
        Ok(events)
    }

    fn revoke_key(&self, request: &Request, key: KeyId) -> Result<Vec<Event>, Refusal> {
        let found = self.directory.key(key);
        let Some(found) = found.filter(|found| found.scope == request.scope && !found.revoked)
        else {
            return Err(Refusal::new(Code::NotFound, "there is no such active key"));
        };
        if found.roles & role::DEPLOYMENT != 0 && !self.is_of_deployment(request) {
            return Err(only_deployment("revoking this key"));
        }
        if found.roles & role::ADMIN != 0 && self.directory.admins(request.scope) <= 1 {
            let detail = "it is the scope's last key with the role admin; make another first";
            return Err(Refusal::new(Code::Forbidden, detail));
        }
        Ok(vec![KeyRevokedV1 { key }.into()])
    }

    fn set_scope_quotas(
        &self,
        request: &Request,
        scope: ScopeNo,
        overrides: &[QuotaOverrideV1],
    ) -> Result<Vec<Event>, Refusal> {
        if !self.is_of_deployment(request) {
            return Err(only_deployment("setting the quotas of a scope"));
        }
        if self.directory.scope_name(scope).is_none() {
            return Err(Refusal::new(Code::NotFound, "there is no such scope"));
        }
        let mut overrides = overrides.to_vec();
        overrides.sort_unstable_by_key(|one| one.quota);
        for (index, one) in overrides.iter().enumerate() {
            let twice = index.checked_sub(1).and_then(|before| overrides.get(before));
            if twice.is_some_and(|before| before.quota == one.quota) || one.limit == 0 {
                let detail = format!("{} is set once, to 1 or more", one.quota);
                return Err(Refusal::new(Code::ValidationFailed, detail));
            }
        }
        Ok(vec![ScopeQuotasSetV1 { overrides }.into()])
    }

    /// What a role may not do although its routes allow it: a secret that endpoints share is
    /// changed by those alone who may make endpoints with it, since its versions sign for all.
    pub(crate) fn role_refused(&self, request: &Request) -> Option<Refusal> {
        let Command::Delivery(
            DeliveryCommand::RotateSecret { endpoint, .. }
            | DeliveryCommand::EndSecretVersion { endpoint, .. },
        ) = &request.command
        else {
            return None;
        };
        let key = self.directory.key(request.key?)?;
        let endpoint = self.deliveries.endpoint(request.scope, *endpoint)?;
        let name = endpoint.secret_name.filter(|_| key.roles & MAKES_ENDPOINTS == 0)?;
        let detail = format!(
            "the secret {name} is shared by endpoints; changing it needs a key with the role \
             writer or admin"
        );
        Some(Refusal::new(Code::Forbidden, detail))
    }

    /// Whether a request may reach beyond its scope: it is the command line's, or its key says so.
    pub(crate) fn is_of_deployment(&self, request: &Request) -> bool {
        request.key.is_none_or(|key| {
            self.directory.key(key).is_some_and(|key| key.roles & role::DEPLOYMENT != 0)
        })
    }
}

/// Whether an actor's name is the server's own: `zentra`, alone or before what is no letter or
/// digit, in any case.
pub fn is_reserved(actor: &ActorName) -> bool {
    let bytes = actor.as_str().as_bytes();
    let (head, rest) = bytes.split_at(bytes.len().min(SYSTEM_ACTOR.len()));
    head.eq_ignore_ascii_case(SYSTEM_ACTOR.as_bytes())
        && rest.first().is_none_or(|byte| !byte.is_ascii_alphanumeric())
}

/// The actor of what the server does by itself.
pub const SYSTEM_ACTOR: &str = "zentra";

fn only_deployment(what: &str) -> Refusal {
    let detail = format!("{what} needs a key with the role deployment; see `zentra key create`");
    Refusal::new(Code::Forbidden, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_own_names_are_nobodys() {
        for name in ["zentra", "Zentra", "zentra:sealer", "zentra.x", "ZENTRA_1", "zentra@home"] {
            assert!(is_reserved(&name.parse().unwrap()), "{name}");
        }
        for name in ["zentr", "zentrade", "zentra2", "svc_zentra", "my.zentra"] {
            assert!(!is_reserved(&name.parse().unwrap()), "{name}");
        }
    }
}
