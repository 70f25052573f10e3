//! What must hold of endpoints and deliveries, all the time and at the end.

use super::state::World;
use crate::failure::{Checked, must};
use crate::oracle::{Delivery, Hears, Rests};
use crate::words;
use zentra_delivery::{DeliveryStatus, EndpointStatus};
use zentra_engine::Engine;
use zentra_events::{DeliveryId, EndpointId, EventId, ScopeNo};

impl World {
    /// Each endpoint and each delivery is shown as the model has it.
    pub(super) fn compares_deliveries(&self, engine: &Engine) -> Checked {
        let (model, reading) = (&self.oracle.model.deliveries, &self.oracle.reading);
        for (number, endpoint) in model.hooks.endpoints.iter().enumerate() {
            let id = EndpointId(reading.endpoints.id(number));
            let shown = engine.deliveries().endpoint(ScopeNo(endpoint.scope), id);
            let status = shown.as_ref().map(|shown| match shown.status {
                EndpointStatus::Listening => Hears::Listening,
                EndpointStatus::Disabled { .. } => Hears::Disabled,
                EndpointStatus::Deleted => Hears::Deleted,
            });
            must(status == Some(endpoint.hears), || {
                let shown = shown.as_ref().map(|shown| shown.status);
                let known = words::endpoint(endpoint);
                format!("endpoint {number} is shown as {shown:?}\n  must have been {known}")
            })?;
        }
        for (number, delivery) in model.all.iter().enumerate() {
            let endpoint = &model.hooks.endpoints[delivery.endpoint];
            let id = DeliveryId(reading.deliveries.id(number));
            let shown = engine.deliveries().delivery(ScopeNo(endpoint.scope), id);
            let status = status(delivery, endpoint.hears);
            let same = shown.as_ref().is_some_and(|shown| {
                (shown.status, shown.attempts) == (status, delivery.attempts)
                    && (status != DeliveryStatus::Pending
                        || shown.next_attempt_at == Some(delivery.due))
            });
            must(same, || {
                let shown = words::shown_delivery(shown.as_ref());
                let known = words::delivery(delivery);
                format!("delivery {number} is shown so: it {shown}\n  must have been: it {known}")
            })?;
        }
        Ok(())
    }

    /// All that is due is delivered, or visibly waits: for its endpoint, or for an operator.
    pub(super) fn deliveries_at_the_end(&self) -> Checked {
        let (model, reading) = (&self.oracle.model.deliveries, &self.oracle.reading);
        for (number, delivery) in model.all.iter().enumerate() {
            let hears = model.hooks.endpoints[delivery.endpoint].hears;
            must(delivery.rests != Rests::Waiting || hears != Hears::Listening, || {
                format!("at the end delivery {number} {}", words::delivery(delivery))
            })?;
            let event = EventId(reading.events.id(delivery.event));
            let took = self.receivers.took(delivery.endpoint, event);
            must(delivery.rests != Rests::Delivered || took > 0, || {
                format!("delivery {number} is delivered, and nobody got it")
            })?;
        }
        must(self.flights.is_empty(), || "an attempt is under way at the end".to_owned())
    }
}

fn status(delivery: &Delivery, hears: Hears) -> DeliveryStatus {
    match (delivery.rests, hears) {
        (Rests::Waiting, Hears::Listening) => DeliveryStatus::Pending,
        (Rests::Waiting, _) => DeliveryStatus::Parked,
        (Rests::Delivered, _) => DeliveryStatus::Delivered,
        (Rests::Dead, _) => DeliveryStatus::DeadLettered,
        (Rests::Resolved | Rests::GivenUp, _) => DeliveryStatus::Resolved,
    }
}
