//! The state of all deliveries of one log, and what may be read from it.
//!
//! Owns the three tables (endpoints, secrets, deliveries), the views of them, and which endpoints
//! a published event goes to. Must not know how commands are decided or schedules kept.

use crate::delivery::{DeliveryNo, DeliveryStatus, DeliveryView, Record, Records, State};
use crate::endpoint::{Endpoint, EndpointCounts, EndpointStatus, EndpointView, Endpoints};
use crate::secret::{SecretView, Secrets};
use zentra_events::event::DeliveryQueuedV1;
use zentra_events::{
    DeliveryId, EndpointId, Event, EventId, EventType, Position, ScopeNo, SecretNo, Timestamp,
};

/// Endpoints, secrets and deliveries of one log, folded from its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deliveries {
    pub(crate) partition: u16,
    pub(crate) endpoints: Endpoints,
    pub(crate) secrets: Secrets,
    pub(crate) records: Records,
}

impl Deliveries {
    /// The state of an empty log.
    pub fn new(partition: u16) -> Deliveries {
        Deliveries {
            partition,
            endpoints: Endpoints::default(),
            secrets: Secrets::default(),
            records: Records::default(),
        }
    }

    /// A read view of the state, for a snapshot: cheap, whatever its size. It decides nothing.
    #[must_use]
    pub fn read_view(&mut self) -> Deliveries {
        Deliveries {
            partition: self.partition,
            endpoints: self.endpoints.read_view(),
            secrets: self.secrets.read_view(),
            records: self.records.read_view(),
        }
    }

    /// One `event.delivery.queued` for each endpoint of the scope whose filters match, in the
    /// order of endpoint ids; parked for those that are disabled. Call it after evolving the
    /// `event.published`, and evolve what it returns. The first attempt has no jitter.
    pub fn fan_out(
        &self,
        scope: ScopeNo,
        event_type: &EventType,
        event: EventId,
        now: Timestamp,
    ) -> Vec<Event> {
        let Some(index) = self.endpoints.index(scope) else { return Vec::new() };
        index
            .matching(event_type.as_str())
            .into_iter()
            .filter_map(|no| self.endpoints.get(no))
            .map(|endpoint| {
                let delay = endpoint.policy.schedule_ns.first().copied().unwrap_or_default();
                let (due_at, parked) = (now.after(delay), !endpoint.is_listening());
                let endpoint = endpoint.id(self.partition);
                DeliveryQueuedV1 { endpoint, event, due_at, parked }.into()
            })
            .collect()
    }

    /// Whether an event of this type would be queued for anybody in the scope.
    pub fn listens(&self, scope: ScopeNo, event_type: &str) -> bool {
        self.endpoints.index(scope).is_some_and(|index| index.any(event_type))
    }

    /// For how many endpoints of the scope an event of this type would be queued: what
    /// [`Deliveries::fan_out`] would make, in steps of the type's length only.
    pub fn matching_len(&self, scope: ScopeNo, event_type: &str) -> usize {
        self.endpoints.index(scope).map_or(0, |index| index.matching_len(event_type))
    }

    /// How many endpoints, filters and undelivered deliveries the scope has.
    pub fn endpoint_counts(&self, scope: ScopeNo) -> EndpointCounts {
        self.endpoints.counts(scope)
    }

    /// How many secrets the scope ever had: none is ever taken away.
    pub fn secrets_len(&self, scope: ScopeNo) -> u64 {
        self.secrets.len_of(scope)
    }

    /// The position of the previous entry of the event's stream: of its endpoint, secret or
    /// delivery. None when the event begins the stream or has none of these.
    pub fn prev_of(&self, event: &Event) -> Option<Position> {
        let of_endpoint = |id| self.endpoint_by_id(id).map(|(_, endpoint)| endpoint.last);
        let of_delivery = |id| self.record_by_id(id).map(|(_, record)| record.last);
        match event {
            Event::EndpointDisabled(body) => of_endpoint(body.endpoint),
            Event::EndpointEnabled(body) => of_endpoint(body.endpoint),
            Event::EndpointDeleted(body) => of_endpoint(body.endpoint),
            Event::SecretRotated(body) => self.secrets.get(body.secret).map(|secret| secret.last),
            Event::SecretVersionEnded(body) => {
                self.secrets.get(body.secret).map(|secret| secret.last)
            }
            Event::DeliverySucceeded(body) => of_delivery(body.delivery),
            Event::DeliveryFailed(body) => of_delivery(body.delivery),
            Event::DeliveryDeadLettered(body) => of_delivery(body.delivery),
            Event::DeliveryReplayed(body) => of_delivery(body.delivery),
            Event::DeliveryResolved(body) => of_delivery(body.delivery),
            Event::DeliveryMadeDue(body) => of_delivery(body.delivery),
            _ => None,
        }
    }

    /// An endpoint of the scope; deleted ones too.
    pub fn endpoint(&self, scope: ScopeNo, id: EndpointId) -> Option<EndpointView> {
        let (no, endpoint) = self.endpoint_by_id(id)?;
        (endpoint.scope == scope).then(|| self.endpoint_view(no, endpoint))
    }

    /// The endpoints of the scope in the order of their ids; deleted ones too.
    pub fn endpoints(&self, scope: ScopeNo) -> impl Iterator<Item = EndpointView> + '_ {
        self.endpoints.of_scope(scope).iter().filter_map(|no| {
            self.endpoints.get(*no).map(|endpoint| self.endpoint_view(*no, endpoint))
        })
    }

    /// The endpoints of the scope that are not deleted and were made before this one (all, without
    /// one), newest first; at most so many are shown, and so many looked at. Also where to go on,
    /// when there are more.
    pub fn endpoints_before(
        &self,
        scope: ScopeNo,
        before: Option<EndpointId>,
        (shown_max, visited_max): (usize, usize),
    ) -> (Vec<EndpointView>, Option<EndpointId>) {
        let all = self.endpoints.of_scope(scope);
        let made = |no: u32| self.endpoints.get(no).map(|found| (found.position, found.index));
        let end = before.map_or(all.len(), |before| {
            let before = Some((before.0.position, before.0.index));
            all.partition_point(|no| made(*no) < before)
        });
        let mut shown = Vec::new();
        let mut last = None;
        for (visited, no) in all[..end].iter().rev().enumerate() {
            if shown.len() >= shown_max || visited >= visited_max {
                return (shown, last);
            }
            let Some(endpoint) = self.endpoints.get(*no) else { continue };
            last = Some(endpoint.id(self.partition));
            if endpoint.status != EndpointStatus::Deleted {
                shown.push(self.endpoint_view(*no, endpoint));
            }
        }
        (shown, None)
    }

    /// A delivery of the scope.
    pub fn delivery(&self, scope: ScopeNo, id: DeliveryId) -> Option<DeliveryView> {
        let (no, record) = self.record_by_id(id)?;
        let endpoint = self.endpoints.get(record.endpoint)?;
        if endpoint.scope != scope {
            return None;
        }
        let status = status(record, endpoint);
        let next = (status == DeliveryStatus::Pending).then(|| due_at(record, endpoint));
        Some(DeliveryView {
            delivery: id,
            scope,
            endpoint: endpoint.id(self.partition),
            event: record.event(self.partition),
            status,
            attempts: record.attempts,
            replay: self.records.replay_of(no).map(|replayed| replayed.replay),
            next_attempt_at: next,
            queued: record.position,
            last: record.last,
        })
    }

    /// A secret, whatever its scope.
    pub fn secret(&self, secret: SecretNo) -> Option<SecretView> {
        self.secrets.view(secret)
    }

    /// The secret that endpoints of the scope share by this name.
    pub fn secret_by_name(&self, scope: ScopeNo, name: &str) -> Option<SecretView> {
        self.secrets.view(self.secrets.by_name(scope, name)?)
    }

    /// A copy with an empty table of deliveries.
    pub(crate) fn without_deliveries(&self) -> Deliveries {
        Deliveries {
            partition: self.partition,
            endpoints: self.endpoints.clone(),
            secrets: self.secrets.clone(),
            records: Records::default(),
        }
    }

    /// Says all times of endpoints and secrets otherwise.
    pub(crate) fn map_times(&mut self, map: impl Fn(Timestamp) -> Timestamp) {
        self.endpoints.map_times(&map);
        self.secrets.map_times(&map);
    }

    pub(crate) fn endpoint_by_id(&self, id: EndpointId) -> Option<(u32, &Endpoint)> {
        let no = self.endpoints.find(id.0.position, id.0.index)?;
        let endpoint = self.endpoints.get(no)?;
        (id.0.partition == self.partition).then_some((no, endpoint))
    }

    pub(crate) fn record_by_id(&self, id: DeliveryId) -> Option<(DeliveryNo, &Record)> {
        let no = self.records.find(id.0.position, id.0.index)?;
        let record = self.records.get(no)?;
        (id.0.partition == self.partition).then_some((no, record))
    }

    fn endpoint_view(&self, no: u32, endpoint: &Endpoint) -> EndpointView {
        let waiting = self.endpoints.waiting(no);
        let listening = endpoint.is_listening();
        EndpointView {
            endpoint: endpoint.id(self.partition),
            scope: endpoint.scope,
            url: endpoint.url.to_string(),
            filters: endpoint.filters.clone(),
            status: endpoint.status,
            secret: endpoint.secret,
            secret_name: self.secrets.get(endpoint.secret).and_then(|found| found.name.clone()),
            policy: endpoint.policy.clone(),
            description: endpoint.description.clone(),
            health: endpoint.health,
            pending: if listening { waiting } else { 0 },
            parked: if listening { 0 } else { waiting },
            last: endpoint.last,
        }
    }
}

/// Where a delivery stands, given its endpoint.
pub(crate) fn status(record: &Record, endpoint: &Endpoint) -> DeliveryStatus {
    match (record.state, endpoint.status) {
        (State::Waiting, EndpointStatus::Listening) => DeliveryStatus::Pending,
        (State::Waiting, _) => DeliveryStatus::Parked,
        (State::Delivered, _) => DeliveryStatus::Delivered,
        (State::Dead, _) => DeliveryStatus::DeadLettered,
        (State::Resolved | State::GivenUp, _) => DeliveryStatus::Resolved,
    }
}

/// When a waiting delivery's next attempt is due.
pub(crate) fn due_at(record: &Record, endpoint: &Endpoint) -> Timestamp {
    endpoint.unparked_at(record.last).unwrap_or(record.due)
}
