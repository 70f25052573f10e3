//! What the docs say of endpoints, their secrets and who hears of what: docs/concepts/delivery.md.

use super::fact::Fact;
use super::intents::{Taken, When};
use super::money::Judged;
use std::collections::BTreeSet;
use zentra_delivery::SecretChoice;
use zentra_events::event::RetryPolicyV1;
use zentra_events::{Position, Span, Timestamp};

/// Versions of a secret that are kept.
const VERSIONS_MAX: usize = 8;
/// The longest overlap of versions.
const OVERLAP_MAX: Span = Span::seconds(30 * 24 * 3_600);

/// Whether an endpoint gets anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hears {
    Listening,
    Disabled,
    Deleted,
}

/// An endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) scope: u32,
    pub(crate) url: String,
    filters: Vec<String>,
    pub(crate) hears: Hears,
    pub(crate) secret: usize,
    pub(crate) policy: RetryPolicyV1,
    /// Dead letters without a success in between, since it was enabled.
    pub(super) failed_in_a_row: u32,
    /// The last entry that changed it.
    last: Position,
}

/// A secret.
#[derive(Clone, Debug)]
pub(crate) struct Secret {
    scope: u32,
    name: Option<String>,
    /// Oldest first, with when each ends, and its bytes.
    pub(crate) versions: Vec<(u32, Option<Timestamp>, Vec<u8>)>,
}

/// Endpoints and secrets of all scopes, by their numbers in the log.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) secrets: Vec<Secret>,
}

/// What an endpoint is made of.
pub(super) struct Making<'a> {
    pub(super) url: &'a str,
    pub(super) filters: &'a [String],
    pub(super) secret: &'a SecretChoice,
    pub(super) policy: &'a RetryPolicyV1,
}

impl Hooks {
    /// Whether anything was sealed.
    pub(crate) fn has_secrets(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// `POST /webhook-endpoints`.
    pub(super) fn make(&mut self, scope: u32, asked: &Making<'_>, when: When) -> Judged {
        let Making { url, filters, secret, policy } = *asked;
        if !(1..=64).contains(&filters.len()) || !filters.iter().all(|filter| is_filter(filter)) {
            return Err("filter_invalid");
        }
        if !is_policy(policy) {
            return Err("policy_invalid");
        }
        let mut facts = Vec::new();
        let (name, bytes) = match secret {
            SecretChoice::Own { sealed } => (None, sealed),
            SecretChoice::Named { name, sealed_if_new } => (Some(name.clone()), sealed_if_new),
        };
        let shared = |known: &Secret| name.is_some() && known.scope == scope && known.name == name;
        let secret = self.secrets.iter().position(shared).unwrap_or_else(|| {
            facts.push(Fact::SecretMade(name.clone()));
            let versions = vec![(1, None, bytes.clone())];
            self.secrets.push(Secret { scope, name: name.clone(), versions });
            self.secrets.len() - 1
        });
        self.endpoints.push(Endpoint {
            scope,
            url: url.to_owned(),
            filters: filters.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect(),
            hears: Hears::Listening,
            secret,
            policy: policy.clone(),
            failed_in_a_row: 0,
            last: when.position,
        });
        facts.push(Fact::EndpointMade(url.to_owned()));
        facts.push(Fact::Published("webhook.endpoint.created".to_owned()));
        Ok(facts)
    }

    /// The endpoints that an event of a type is queued for, in the order of their numbers.
    pub(super) fn listeners(&self, scope: u32, event_type: &str) -> Vec<usize> {
        let hears = |endpoint: &Endpoint| {
            endpoint.scope == scope
                && endpoint.hears != Hears::Deleted
                && endpoint.filters.iter().any(|filter| matches(filter, event_type))
        };
        let all = self.endpoints.iter().enumerate();
        all.filter(|(_, endpoint)| hears(endpoint)).map(|(number, _)| number).collect()
    }

    /// An endpoint of a scope.
    fn of(&mut self, scope: u32, number: usize) -> Result<&mut Endpoint, &'static str> {
        let found = self.endpoints.get_mut(number);
        found.filter(|endpoint| endpoint.scope == scope).ok_or("not_found")
    }

    /// `POST /webhook-endpoints/{id}/disable`.
    pub(super) fn disable(&mut self, scope: u32, number: usize, when: When) -> Judged {
        let endpoint = self.of(scope, number)?;
        if endpoint.hears != Hears::Listening {
            return Err("invalid_endpoint_state");
        }
        (endpoint.hears, endpoint.last) = (Hears::Disabled, when.position);
        Ok(vec![Fact::EndpointDisabled(number, "operator")])
    }

    /// `POST /webhook-endpoints/{id}/enable`.
    pub(super) fn enable(&mut self, scope: u32, number: usize, when: When) -> Judged {
        let endpoint = self.of(scope, number)?;
        if endpoint.hears != Hears::Disabled {
            return Err("invalid_endpoint_state");
        }
        (endpoint.hears, endpoint.last) = (Hears::Listening, when.position);
        endpoint.failed_in_a_row = 0;
        Ok(vec![Fact::EndpointEnabled(number)])
    }

    /// `DELETE /webhook-endpoints/{id}`.
    pub(super) fn delete(&mut self, scope: u32, number: usize, when: When) -> Taken {
        let endpoint = match self.of(scope, number) {
            Ok(endpoint) => endpoint,
            Err(code) => return Taken::Refused(code),
        };
        if endpoint.hears == Hears::Deleted {
            return Taken::Again(endpoint.last);
        }
        (endpoint.hears, endpoint.last) = (Hears::Deleted, when.position);
        Taken::New(vec![Fact::EndpointDeleted(number)])
    }

    /// The server itself disables an endpoint.
    pub(super) fn disabled(&mut self, number: usize, why: &'static str, when: When) -> Fact {
        let endpoint = &mut self.endpoints[number];
        (endpoint.hears, endpoint.last) = (Hears::Disabled, when.position);
        Fact::EndpointDisabled(number, why)
    }

    /// `POST /webhook-endpoints/{id}/rotate-secret`.
    pub(super) fn rotate(
        &mut self,
        scope: u32,
        number: usize,
        (bytes, overlap): (&[u8], Span),
        when: When,
    ) -> Judged {
        let endpoint = self.of(scope, number)?;
        if endpoint.hears == Hears::Deleted {
            return Err("invalid_endpoint_state");
        }
        if overlap > OVERLAP_MAX {
            return Err("secret_invalid");
        }
        let number = endpoint.secret;
        let previous_until = when.recorded_at.after(overlap);
        let versions = &mut self.secrets[number].versions;
        let until = |end: Option<Timestamp>| end.map_or(previous_until, |e| e.min(previous_until));
        let signing = versions.iter().filter(|(_, end, _)| until(*end) > when.recorded_at);
        if signing.count() >= VERSIONS_MAX {
            return Err("limit_reached");
        }
        for (_, end, _) in versions.iter_mut() {
            *end = Some(until(*end));
        }
        let version = versions.last().map_or(1, |(version, ..)| version + 1);
        versions.push((version, None, bytes.to_vec()));
        if versions.len() > VERSIONS_MAX {
            versions.remove(0);
        }
        Ok(vec![Fact::SecretRotated { secret: number, version, previous_until }])
    }

    /// `POST /webhook-endpoints/{id}/end-secret`.
    pub(super) fn end_version(
        &mut self,
        scope: u32,
        number: usize,
        version: u32,
        when: When,
    ) -> Judged {
        let endpoint = self.of(scope, number)?;
        if endpoint.hears == Hears::Deleted {
            return Err("invalid_endpoint_state");
        }
        let secret = endpoint.secret;
        let versions = &mut self.secrets[secret].versions;
        let found = versions.iter_mut().find(|(known, ..)| *known == version);
        let (_, end, _) = found.ok_or("not_found")?;
        if end.is_none_or(|end| end <= when.recorded_at) {
            return Err("invalid_secret_state");
        }
        *end = Some(when.recorded_at);
        Ok(vec![Fact::SecretEnded { secret, version }])
    }

    /// The current version of an endpoint's secret, its bytes, and how many are kept.
    pub(crate) fn signs(&self, endpoint: usize) -> (u32, &[u8], usize) {
        let secret = &self.secrets[self.endpoints[endpoint].secret];
        let last = secret.versions.last().map_or((0, &[][..]), |(v, _, bytes)| (*v, &bytes[..]));
        (last.0, last.1, secret.versions.len())
    }

    /// The bytes of one version, while it is kept.
    pub(crate) fn version(&self, endpoint: usize, version: u32) -> Option<&[u8]> {
        let secret = &self.secrets[self.endpoints[endpoint].secret];
        let found = secret.versions.iter().find(|(known, ..)| *known == version);
        found.map(|(.., bytes)| &bytes[..])
    }

    /// Endpoints of a scope that are not deleted, their filters, and secrets ever made.
    pub(super) fn held(&self, scope: u32) -> (u64, u64, u64) {
        let own = |one: &&Endpoint| one.scope == scope && one.hears != Hears::Deleted;
        let endpoints = || self.endpoints.iter().filter(own);
        let filters: usize = endpoints().map(|one| one.filters.len()).sum();
        let secrets = self.secrets.iter().filter(|secret| secret.scope == scope).count();
        (endpoints().count() as u64, filters as u64, secrets as u64)
    }

    /// Whether a secret is shared by its name.
    pub(super) fn is_shared(&self, scope: u32, endpoint: usize) -> bool {
        let found = self.endpoints.get(endpoint).filter(|endpoint| endpoint.scope == scope);
        found.is_some_and(|endpoint| self.secrets[endpoint.secret].name.is_some())
    }

    /// The numbers of a scope's endpoints.
    pub(crate) fn of_scope(&self, scope: u32) -> Vec<usize> {
        let all = self.endpoints.iter().enumerate();
        all.filter(|(_, endpoint)| endpoint.scope == scope).map(|(number, _)| number).collect()
    }
}

fn matches(filter: &str, event_type: &str) -> bool {
    match filter.strip_suffix('*') {
        Some("") => true,
        Some(prefix) => event_type.starts_with(prefix),
        None => filter == event_type,
    }
}

fn is_filter(filter: &str) -> bool {
    if filter == "*" {
        return true;
    }
    let name = filter.strip_suffix(".*").unwrap_or(filter);
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    name.split('.').all(is_word) && !format!("{name}.").starts_with("event.delivery.")
}

fn is_policy(policy: &RetryPolicyV1) -> bool {
    let delays = &policy.schedule_ns;
    (1..=32).contains(&delays.len())
        && delays.iter().all(|delay| *delay <= Span::seconds(7 * 24 * 3_600))
        && delays.iter().skip(1).all(|delay| *delay >= Span::seconds(1))
        && (Span::millis(100)..=Span::seconds(30)).contains(&policy.timeout_ns)
        && (1..=256).contains(&policy.concurrency)
}
