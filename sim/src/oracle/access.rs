//! What the docs say of scopes, keys and quotas: docs/operating/roles.md, docs/internals/quotas.md,
//! and docs/concepts/delivery.md of who changes a secret that is shared.

use super::fact::Fact;
use super::intents::{Taken, When};
use super::model::{Key, Model, Scope};
use super::reading::Reading;
use std::collections::BTreeSet;
use zentra_delivery::DeliveryCommand;
use zentra_engine::{AccessCommand, Command, NewKey, Request};
use zentra_events::event::{QuotaOverrideV1, role};
use zentra_events::{KeyId, Quota};

const ROLES: u8 = 31;

impl Model {
    /// The code with which whoever asks is turned away, whatever is asked.
    pub(super) fn turned_away(&self, reading: &Reading, request: &Request) -> Option<&'static str> {
        let key = match self.key(reading, request.key)? {
            Ok(key) => key,
            Err(code) => return Some(code),
        };
        let (Command::Delivery(
            DeliveryCommand::RotateSecret { endpoint, .. }
            | DeliveryCommand::EndSecretVersion { endpoint, .. },
        ),) = (&request.command,)
        else {
            return None;
        };
        let number = reading.endpoints.number(endpoint.0);
        let is_shared = self.deliveries.hooks.is_shared(request.scope.0, number);
        let may = key.roles & (role::WRITER | role::ADMIN) != 0;
        (is_shared && !may).then_some("forbidden")
    }

    /// The key that is asked with, or why nobody acts with it. None when it is asked without one.
    pub(super) fn key(
        &self,
        reading: &Reading,
        key: Option<KeyId>,
    ) -> Option<Result<&Key, &'static str>> {
        let found = self.keys.get(reading.keys.number(key?.0));
        Some(found.filter(|key| key.ended.is_none()).ok_or("unauthenticated"))
    }

    /// Whether a request reaches beyond its scope.
    fn is_of_deployment(&self, reading: &Reading, request: &Request) -> bool {
        let key = self.key(reading, request.key);
        key.is_none_or(|key| key.is_ok_and(|key| key.roles & role::DEPLOYMENT != 0))
    }

    pub(super) fn access(
        &mut self,
        reading: &Reading,
        request: &Request,
        command: &AccessCommand,
        when: When,
    ) -> Taken {
        let judged = match command {
            AccessCommand::CreateScope { name, key } => {
                self.make_scope(reading, request, name.as_str(), key.as_ref())
            }
            _ if self.scope(request.scope.0).is_none() => Err("not_found"),
            AccessCommand::CreateKey(key) => {
                self.make_key(request, request.scope.0, key).map(|fact| vec![fact])
            }
            AccessCommand::RevokeKey { key } => {
                return self.revoke(reading, request, *key, when);
            }
            AccessCommand::SetQuotas { scope, overrides } => {
                if !self.is_of_deployment(reading, request) {
                    return Taken::Refused("forbidden");
                }
                match self.scopes.get_mut(scope.0 as usize) {
                    Some(scope) => set_quotas(scope, overrides),
                    None => Err("not_found"),
                }
            }
        };
        match judged {
            Ok(facts) => Taken::New(facts),
            Err(code) => Taken::Refused(code),
        }
    }

    fn make_scope(
        &mut self,
        reading: &Reading,
        request: &Request,
        name: &str,
        key: Option<&NewKey>,
    ) -> Result<Vec<Fact>, &'static str> {
        if !self.is_of_deployment(reading, request) {
            return Err("forbidden");
        }
        if name == "." || name == ".." {
            return Err("validation_failed");
        }
        if self.scopes.iter().any(|scope| scope.name == name) {
            return Err("scope_exists");
        }
        let mut facts = vec![Fact::ScopeMade(name.to_owned())];
        if let Some(key) = key {
            facts.push(self.make_key(request, self.scopes.len() as u32, key)?);
        }
        self.scopes.push(Scope { name: name.to_owned(), ..Scope::default() });
        Ok(facts)
    }

    fn make_key(
        &mut self,
        request: &Request,
        scope: u32,
        key: &NewKey,
    ) -> Result<Fact, &'static str> {
        let NewKey { actor, hash, roles, .. } = key;
        let is_own = actor.as_str() == "zentra" || actor.as_str().starts_with("zentra:");
        if is_own || roles & !ROLES != 0 || *roles == 0 {
            return Err("validation_failed");
        }
        if roles & role::DEPLOYMENT != 0 && request.key.is_some() {
            return Err("forbidden");
        }
        if self.keys.iter().any(|known| known.hash == *hash) {
            return Err("validation_failed");
        }
        self.keys.push(Key { scope, roles: *roles, hash: *hash, ended: None });
        Ok(Fact::KeyMade { roles: *roles })
    }

    fn revoke(&mut self, reading: &Reading, request: &Request, key: KeyId, when: When) -> Taken {
        let number = reading.keys.number(key.0);
        let scope = request.scope.0;
        let admins = self.keys.iter().filter(|key| {
            key.scope == scope && key.ended.is_none() && key.roles & role::ADMIN != 0
        });
        let admins = admins.count();
        let of_deployment = self.is_of_deployment(reading, request);
        let Some(found) = self.keys.get_mut(number).filter(|key| key.scope == scope) else {
            return Taken::Refused("not_found");
        };
        if let Some(at) = found.ended {
            return Taken::Again(at);
        }
        if found.roles & role::DEPLOYMENT != 0 && !of_deployment {
            return Taken::Refused("forbidden");
        }
        // The scope's last one stays.
        if found.roles & role::ADMIN != 0 && admins <= 1 {
            return Taken::Refused("forbidden");
        }
        found.ended = Some(when.position);
        Taken::New(vec![Fact::KeyRevoked(number)])
    }

    /// How much a scope holds of what has a quota.
    pub(super) fn held(&self, number: u32) -> Vec<(Quota, u64)> {
        let Some(scope) = self.scope(number) else { return Vec::new() };
        let books = &scope.money.books;
        let used = books.accounts.values().map(|account| account.currency);
        let currencies: BTreeSet<_> = used.chain(books.declared.keys().copied()).collect();
        let keys = self.keys.iter().filter(|key| key.scope == number && key.ended.is_none());
        let (endpoints, filters, secrets) = self.deliveries.hooks.held(number);
        vec![
            (Quota::Accounts, books.accounts.len() as u64),
            (Quota::Currencies, currencies.len() as u64),
            (Quota::Keys, keys.count() as u64),
            (Quota::Endpoints, endpoints),
            (Quota::Filters, filters),
            (Quota::Secrets, secrets),
            (Quota::QueuedDeliveries, self.deliveries.queued(number)),
        ]
    }

    /// Whether what was just taken brings a scope over a quota.
    pub(super) fn exceeds(&self, number: u32, before: &[(Quota, u64)], facts: &[Fact]) -> bool {
        let Some(scope) = self.scope(number) else { return false };
        let queued = facts.iter().filter(|fact| matches!(fact, Fact::Queued { .. })).count();
        let limit = |quota: Quota| scope.limit(quota);
        let more = before.iter().zip(self.held(number));
        more.into_iter()
            .any(|((quota, before), (_, after))| after > *before && after > limit(*quota))
            || queued as u64 > limit(Quota::FanOut)
    }
}

impl Scope {
    /// The limit that holds.
    pub(super) fn limit(&self, quota: Quota) -> u64 {
        let own = self.limits.iter().find(|one| one.quota == quota);
        own.map_or(quota.default_limit(), |one| one.limit)
    }
}

fn set_quotas(scope: &mut Scope, limits: &[QuotaOverrideV1]) -> Result<Vec<Fact>, &'static str> {
    let quotas: BTreeSet<Quota> = limits.iter().map(|one| one.quota).collect();
    if quotas.len() < limits.len() || limits.iter().any(|one| one.limit == 0) {
        return Err("validation_failed");
    }
    scope.limits = limits.to_vec();
    Ok(vec![Fact::QuotasSet])
}
