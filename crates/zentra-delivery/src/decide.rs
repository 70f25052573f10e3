//! From a command to its events or its refusal: the dispatch, and own events.
//!
//! Owns which decider answers which command and what the platform may publish. The deciders are in
//! `decide_endpoint`, `decide_attempt` and `decide_replay`. Must not change the state.

use crate::command::{Ctx, Decision, DeliveryCommand, Refusal};
use crate::deliveries::Deliveries;
use crate::delivery::{DeliveryNo, Record};
use crate::endpoint::Endpoint;
use zentra_events::event::{EventPublishedV1, PublishedDataV1};
use zentra_events::limits::{EVENT_PAYLOAD_BYTES_MAX, TEXT_BYTES_MAX};
use zentra_events::{Code, DeliveryId, EndpointId, Event, EventType, ScopeNo};

/// Families that Zentra publishes itself: a consumer must be able to trust where they come from.
const RESERVED: [&str; 6] = ["transfer.", "payout.", "webhook.", "event.", "intent.", "zentra."];

impl Deliveries {
    /// Decides a command of a scope. Evolve the returned events before the next decision.
    pub fn decide(&self, scope: ScopeNo, command: &DeliveryCommand, ctx: &Ctx) -> Decision {
        if let DeliveryCommand::DeleteEndpoint { endpoint } = command {
            return self.delete(scope, *endpoint);
        }
        match command {
            DeliveryCommand::CreateEndpoint { url, filters, secret, policy, description } => {
                self.create_endpoint(scope, ctx, (url, filters, secret, policy, description))
            }
            DeliveryCommand::DisableEndpoint { endpoint } => self.disable(scope, *endpoint),
            DeliveryCommand::EnableEndpoint { endpoint } => self.enable(scope, *endpoint),
            DeliveryCommand::DeleteEndpoint { .. } => unreachable!("it was decided above"),
            DeliveryCommand::RotateSecret { endpoint, sealed, overlap } => {
                self.rotate(scope, *endpoint, sealed, *overlap, ctx)
            }
            DeliveryCommand::EndSecretVersion { endpoint, version } => {
                self.end_version(scope, *endpoint, *version, ctx)
            }
            DeliveryCommand::Publish { event_type, data } => publish(event_type, data),
            DeliveryCommand::AttemptFinished { delivery, attempt, retry_after } => {
                self.attempt_finished(scope, *delivery, attempt, *retry_after, ctx)
            }
            DeliveryCommand::Replay { deliveries, filter, reason } => {
                self.replay(scope, deliveries, filter, reason, ctx)
            }
            DeliveryCommand::Resend { delivery, reason } => {
                self.resend(scope, *delivery, reason, ctx)
            }
            DeliveryCommand::ResolveDelivery { delivery, reason } => {
                self.resolve(scope, *delivery, reason)
            }
        }
        .into()
    }

    /// The endpoint, if it is one of the scope.
    pub(crate) fn endpoint_in(&self, scope: ScopeNo, id: EndpointId) -> Result<&Endpoint, Refusal> {
        self.endpoint_by_id(id)
            .map(|(_, endpoint)| endpoint)
            .filter(|endpoint| endpoint.scope == scope)
            .ok_or_else(|| Refusal::new(Code::NotFound, format!("there is no endpoint {id}")))
    }

    /// The delivery and its endpoint, if they are of the scope.
    pub(crate) fn delivery_in(
        &self,
        scope: ScopeNo,
        id: DeliveryId,
    ) -> Result<(DeliveryNo, &Record, &Endpoint), Refusal> {
        self.record_by_id(id)
            .and_then(|(no, record)| {
                let endpoint = self.endpoints.get(record.endpoint)?;
                (endpoint.scope == scope).then_some((no, record, endpoint))
            })
            .ok_or_else(|| Refusal::new(Code::NotFound, format!("there is no delivery {id}")))
    }
}

/// Refuses a text that is too long.
pub(crate) fn check_text(what: &str, text: &str) -> Result<(), Refusal> {
    if text.len() <= TEXT_BYTES_MAX {
        return Ok(());
    }
    let bytes = text.len();
    let detail = format!("the {what} has at most {TEXT_BYTES_MAX} bytes, not {bytes}");
    Err(Refusal::new(Code::ValidationFailed, detail))
}

fn publish(event_type: &EventType, data: &str) -> Result<Vec<Event>, Refusal> {
    if let Some(family) = RESERVED.iter().find(|family| event_type.as_str().starts_with(*family)) {
        let detail = format!("event types beginning with {family} are published by Zentra only");
        return Err(Refusal::new(Code::EventTypeReserved, detail));
    }
    if !(1..=EVENT_PAYLOAD_BYTES_MAX).contains(&data.len()) {
        let bytes = data.len();
        let detail = format!("data is JSON of 1 to {EVENT_PAYLOAD_BYTES_MAX} bytes, not {bytes}");
        return Err(Refusal::new(Code::ValidationFailed, detail));
    }
    let data = PublishedDataV1::Own { data: data.to_owned() };
    Ok(vec![EventPublishedV1 { event_type: event_type.clone(), data }.into()])
}
