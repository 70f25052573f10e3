//! Decisions about endpoints and their secrets.
//!
//! Owns what an endpoint must be and which moves its status allows. Must not look at URLs' hosts:
//! the guard has judged them before the command was made.

use crate::command::{Ctx, Decision, Refusal, SecretChoice};
use crate::decide::check_text;
use crate::deliveries::Deliveries;
use crate::endpoint::{Endpoint, EndpointStatus};
use crate::filter;
use crate::policy::{SECRET_OVERLAP_MAX, check_policy};
use crate::secret::SECRET_VERSIONS_MAX;
use zentra_events::event::{
    DisableReason, EndpointCreatedV1, EndpointDeletedV1, EndpointDisabledV1, EndpointEnabledV1,
    EventPublishedV1, PublishedDataV1, RetryPolicyV1, SecretCreatedV1, SecretRotatedV1,
    SecretVersionEndedV1,
};
use zentra_events::limits::{ENDPOINTS_PER_SCOPE_MAX, NAME_BYTES_MAX, URL_BYTES_MAX};
use zentra_events::{Code, EndpointId, Event, EventType, ScopeNo, SecretNo, Span};

/// The type of the event that tells of a new endpoint, to it and to others.
pub const ENDPOINT_CREATED_TYPE: &str = "webhook.endpoint.created";

/// Bytes that a sealed secret may have: 64 of the secret, and what sealing adds.
const SEALED_BYTES_MAX: usize = 1024;

/// URL, filters, secret, policy and description of a new endpoint.
type NewEndpoint<'a> = (&'a str, &'a [String], &'a SecretChoice, &'a RetryPolicyV1, &'a str);

impl Deliveries {
    pub(crate) fn create_endpoint(
        &self,
        scope: ScopeNo,
        ctx: &Ctx,
        (url, filters, choice, policy, description): NewEndpoint<'_>,
    ) -> Result<Vec<Event>, Refusal> {
        if !(1..=URL_BYTES_MAX).contains(&url.len()) {
            let detail = format!("a URL has 1 to {URL_BYTES_MAX} bytes, not {}", url.len());
            return Err(Refusal::new(Code::UrlNotAllowed, detail));
        }
        let filters = filter::normalise(filters)?;
        check_policy(policy)?;
        check_text("description", description)?;
        if self.endpoints.counts(scope).endpoints >= ENDPOINTS_PER_SCOPE_MAX as u64 {
            let detail = format!("a scope has at most {ENDPOINTS_PER_SCOPE_MAX} endpoints");
            return Err(Refusal::new(Code::LimitReached, detail));
        }
        let (secret, created) = self.choose_secret(scope, choice)?;
        let index = ctx.first_index.saturating_add(u16::from(created.is_some()));
        let endpoint = EndpointId::at(ctx.partition, ctx.position, index);
        let url = url.to_owned();
        let data = PublishedDataV1::Endpoint { endpoint, url: url.clone() };
        let (policy, description) = (policy.clone(), description.to_owned());
        let mut events: Vec<Event> = created.into_iter().map(Event::from).collect();
        events.push(EndpointCreatedV1 { url, filters, secret, policy, description }.into());
        events.push(EventPublishedV1 { event_type: created_type(), data }.into());
        Ok(events)
    }

    pub(crate) fn disable(&self, scope: ScopeNo, id: EndpointId) -> Result<Vec<Event>, Refusal> {
        let endpoint = self.endpoint_in(scope, id)?;
        if !endpoint.is_listening() {
            return Err(invalid_state(id, endpoint, "only a listening one can be disabled"));
        }
        let reason = DisableReason::Operator;
        Ok(vec![EndpointDisabledV1 { endpoint: id, reason }.into()])
    }

    pub(crate) fn enable(&self, scope: ScopeNo, id: EndpointId) -> Result<Vec<Event>, Refusal> {
        let endpoint = self.endpoint_in(scope, id)?;
        if !matches!(endpoint.status, EndpointStatus::Disabled { .. }) {
            return Err(invalid_state(id, endpoint, "only a disabled one can be enabled"));
        }
        Ok(vec![EndpointEnabledV1 { endpoint: id }.into()])
    }

    /// Whoever deletes what is deleted already, has what was asked for: nothing comes after it.
    pub(crate) fn delete(&self, scope: ScopeNo, id: EndpointId) -> Decision {
        match self.endpoint_in(scope, id) {
            Ok(endpoint) if endpoint.status == EndpointStatus::Deleted => {
                Decision::Repeat(endpoint.last)
            }
            Ok(_) => Decision::Events(vec![EndpointDeletedV1 { endpoint: id }.into()]),
            Err(refusal) => Decision::Refuse(refusal),
        }
    }

    pub(crate) fn rotate(
        &self,
        scope: ScopeNo,
        id: EndpointId,
        sealed: &[u8],
        overlap: Span,
        ctx: &Ctx,
    ) -> Result<Vec<Event>, Refusal> {
        let endpoint = self.endpoint_in(scope, id)?;
        if endpoint.status == EndpointStatus::Deleted {
            return Err(invalid_state(id, endpoint, "its secret signs nothing any more"));
        }
        check_sealed(sealed)?;
        if overlap > SECRET_OVERLAP_MAX {
            let seconds = |span: Span| span.0 / 1_000_000_000;
            let (most, asked) = (seconds(SECRET_OVERLAP_MAX), seconds(overlap));
            let detail = format!("versions overlap for at most {most} s, not {asked} s");
            return Err(Refusal::new(Code::SecretInvalid, detail));
        }
        let until = ctx.now.after(overlap);
        let known = self.secrets.get(endpoint.secret);
        // One more would end the oldest before the time that it was promised.
        if known.is_some_and(|secret| secret.signing_until(until, ctx.now) >= SECRET_VERSIONS_MAX) {
            let detail = format!(
                "{SECRET_VERSIONS_MAX} versions of the secret would still sign, and there are no \
                 more; wait until one ends, end one, or rotate with a shorter overlap"
            );
            return Err(Refusal::new(Code::LimitReached, detail));
        }
        let newest = known.map_or(0, |secret| secret.newest());
        let version = newest.checked_add(1).ok_or_else(|| {
            Refusal::new(Code::LimitReached, "the secret has no version number left")
        })?;
        let (secret, sealed, previous_until) = (endpoint.secret, sealed.to_vec(), until);
        Ok(vec![SecretRotatedV1 { secret, version, sealed, previous_until }.into()])
    }

    pub(crate) fn end_version(
        &self,
        scope: ScopeNo,
        id: EndpointId,
        version: u32,
        ctx: &Ctx,
    ) -> Result<Vec<Event>, Refusal> {
        let endpoint = self.endpoint_in(scope, id)?;
        if endpoint.status == EndpointStatus::Deleted {
            return Err(invalid_state(id, endpoint, "its secret signs nothing any more"));
        }
        let versions = self.secrets.get(endpoint.secret).map(|secret| secret.versions.as_slice());
        let versions = versions.unwrap_or_default();
        let found = versions.iter().find(|known| known.version == version).ok_or_else(|| {
            Refusal::new(Code::NotFound, format!("the secret has no version {version} any more"))
        })?;
        let wrong = |why: &str| {
            Err(Refusal::new(Code::InvalidSecretState, format!("version {version} {why}")))
        };
        match found.valid_until {
            None => wrong("is the current one; rotate the secret first, then it can be ended"),
            Some(until) if until <= ctx.now => wrong("has ended already"),
            Some(_) => Ok(vec![SecretVersionEndedV1 { secret: endpoint.secret, version }.into()]),
        }
    }

    /// The secret's number, and its creation when it is new.
    fn choose_secret(
        &self,
        scope: ScopeNo,
        choice: &SecretChoice,
    ) -> Result<(SecretNo, Option<SecretCreatedV1>), Refusal> {
        let (name, sealed) = match choice {
            SecretChoice::Own { sealed } => (None, sealed),
            SecretChoice::Named { name, sealed_if_new } => {
                check_secret_name(name)?;
                if let Some(known) = self.secrets.by_name(scope, name) {
                    return Ok((known, None));
                }
                (Some(name.clone()), sealed_if_new)
            }
        };
        check_sealed(sealed)?;
        let secret = self
            .secrets
            .next_no()
            .ok_or_else(|| Refusal::new(Code::LimitReached, "the log has no secret number left"))?;
        Ok((secret, Some(SecretCreatedV1 { secret, name, sealed: sealed.clone() })))
    }
}

fn created_type() -> EventType {
    ENDPOINT_CREATED_TYPE.parse().expect("the text is an event type")
}

fn check_secret_name(name: &str) -> Result<(), Refusal> {
    let is_named = (1..=NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    if is_named {
        return Ok(());
    }
    // The text may be a mistyped secret, so it is not shown.
    let detail = format!(
        "a secret's name has 1 to {NAME_BYTES_MAX} letters, digits, '_', '-' and '.'; this text \
         is neither that nor a secret"
    );
    Err(Refusal::new(Code::SecretInvalid, detail))
}

fn check_sealed(sealed: &[u8]) -> Result<(), Refusal> {
    if (1..=SEALED_BYTES_MAX).contains(&sealed.len()) {
        return Ok(());
    }
    let bytes = sealed.len();
    let detail = format!("a sealed secret has 1 to {SEALED_BYTES_MAX} bytes, not {bytes}");
    Err(Refusal::new(Code::SecretInvalid, detail))
}

pub(crate) fn invalid_state(id: EndpointId, endpoint: &Endpoint, why: &str) -> Refusal {
    let state = match endpoint.status {
        EndpointStatus::Listening => "listening",
        EndpointStatus::Disabled { .. } => "disabled",
        EndpointStatus::Deleted => "deleted",
    };
    Refusal::new(Code::InvalidEndpointState, format!("the endpoint {id} is {state}; {why}"))
}
