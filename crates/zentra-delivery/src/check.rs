//! Whether an event follows from the state of deliveries.
//!
//! The fold itself is total, since a scheduler folds a part of the log only. Owns what an event of
//! a whole log must name: what was made before it, in its own scope. Must not change anything.

use crate::deliveries::Deliveries;
use zentra_events::event::{AttemptV1, DeliveryQueuedV1, PublishedDataV1};
use zentra_events::{DeliveryId, EndpointId, Event, Header, SecretNo, WrongFact};

impl Deliveries {
    /// Whether the next event of the log follows from the state; events of other families do.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, header: &Header, event: &Event) -> Result<(), WrongFact> {
        match event {
            Event::SecretCreated(body) => {
                let next = self.secrets.next_no() == Some(body.secret);
                let name = body.name.as_deref();
                let taken = name.and_then(|name| self.secrets.by_name(header.scope, name));
                WrongFact::unless(next && taken.is_none(), || {
                    format!("secret {:?} is out of order, or its name is taken", body.secret)
                })
            }
            Event::SecretRotated(body) => {
                let newest = self.secrets.get(body.secret).map_or(0, |secret| secret.newest());
                self.secret_of(header, body.secret)?;
                WrongFact::unless(newest.checked_add(1) == Some(body.version), || {
                    format!("version {} of a secret does not follow {newest}", body.version)
                })
            }
            Event::SecretVersionEnded(body) => {
                self.secret_of(header, body.secret)?;
                let secret = self.secrets.get(body.secret);
                let old = secret.is_some_and(|secret| {
                    let mut versions = secret.versions.iter();
                    versions.any(|one| one.version == body.version && one.valid_until.is_some())
                });
                WrongFact::unless(old, || format!("version {} is not an old one", body.version))
            }
            Event::EndpointCreated(body) => self.secret_of(header, body.secret),
            Event::EndpointDisabled(body) => self.endpoint_of(header, body.endpoint),
            Event::EndpointEnabled(body) => self.endpoint_of(header, body.endpoint),
            Event::EndpointDeleted(body) => self.endpoint_of(header, body.endpoint),
            Event::EventPublished(body) => match &body.data {
                PublishedDataV1::Endpoint { endpoint, .. } => self.endpoint_of(header, *endpoint),
                PublishedDataV1::Transfer { .. } | PublishedDataV1::Own { .. } => Ok(()),
            },
            Event::DeliveryQueued(body) => self.queued_follows(header, body),
            Event::DeliverySucceeded(body) => {
                self.attempted_follows(header, body.delivery, &body.attempt)
            }
            Event::DeliveryFailed(body) => {
                self.attempted_follows(header, body.delivery, &body.attempt)
            }
            Event::DeliveryDeadLettered(body) => self.delivery_of(header, body.delivery),
            Event::DeliveryReplayed(body) => self.delivery_of(header, body.delivery),
            Event::DeliveryResolved(body) => self.delivery_of(header, body.delivery),
            Event::DeliveryMadeDue(body) => self.delivery_of(header, body.delivery),
            _ => Ok(()),
        }
    }

    fn queued_follows(&self, header: &Header, body: &DeliveryQueuedV1) -> Result<(), WrongFact> {
        self.endpoint_of(header, body.endpoint)?;
        let event = body.event.0;
        let before = event.partition == self.partition && event.position <= header.position;
        WrongFact::unless(before, || format!("{} is queued before it happened", body.event))
    }

    fn attempted_follows(
        &self,
        header: &Header,
        id: DeliveryId,
        attempt: &AttemptV1,
    ) -> Result<(), WrongFact> {
        self.delivery_of(header, id)?;
        let made = self.record_by_id(id).map_or(0, |(_, record)| record.attempts);
        WrongFact::unless(made.checked_add(1) == Some(attempt.number), || {
            format!("attempt {} of {id} does not follow {made} others", attempt.number)
        })
    }

    fn secret_of(&self, header: &Header, no: SecretNo) -> Result<(), WrongFact> {
        let known = self.secrets.get(no).is_some_and(|secret| secret.scope == header.scope);
        WrongFact::unless(known, || format!("the scope has no secret {no:?}"))
    }

    fn endpoint_of(&self, header: &Header, id: EndpointId) -> Result<(), WrongFact> {
        let found = self.endpoint_by_id(id);
        let known = found.is_some_and(|(_, endpoint)| endpoint.scope == header.scope);
        WrongFact::unless(known, || format!("the scope has no endpoint {id}"))
    }

    fn delivery_of(&self, header: &Header, id: DeliveryId) -> Result<(), WrongFact> {
        let found = self.record_by_id(id);
        let endpoint = found.and_then(|(_, record)| self.endpoints.get(record.endpoint));
        let known = endpoint.is_some_and(|endpoint| endpoint.scope == header.scope);
        WrongFact::unless(known, || format!("the scope has no delivery {id}"))
    }
}
