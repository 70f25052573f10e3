//! How events move the state.
//!
//! Total: an event that does not fit the state changes nothing, and events of other families are
//! ignored. Owns every change of state. Must not decide anything.

use crate::deliveries::Deliveries;
use crate::delivery::{DeliveryNo, Record, Replayed, State};
use crate::endpoint::{Endpoint, EndpointStatus, Health};
use zentra_events::event::{AttemptV1, DeliveryQueuedV1, EndpointCreatedV1};
use zentra_events::{DeliveryId, EndpointId, Event, Header, Timestamp};

impl Deliveries {
    /// Moves the state by the event at `index` of the entry of `header`. What the event creates
    /// gets its id from the partition, the entry's position and `index`.
    pub fn evolve(&mut self, header: &Header, index: u16, event: &Event) {
        let listening = EndpointStatus::Listening;
        match event {
            Event::SecretCreated(body) => self.secrets.created(header, body),
            Event::SecretRotated(body) => self.secrets.rotated(header, body),
            Event::SecretVersionEnded(body) => self.secrets.version_ended(header, body),
            Event::EndpointCreated(body) => self.endpoint_created(header, index, body),
            Event::EndpointDisabled(body) => {
                let reason = body.reason;
                self.endpoint_moved(header, body.endpoint, EndpointStatus::Disabled { reason });
            }
            Event::EndpointEnabled(body) => self.endpoint_moved(header, body.endpoint, listening),
            Event::EndpointDeleted(body) => {
                self.endpoint_moved(header, body.endpoint, EndpointStatus::Deleted);
            }
            Event::DeliveryQueued(body) => self.queued(header, index, body),
            Event::DeliverySucceeded(body) => {
                if let Some(no) = self.attempted(header, body.delivery, &body.attempt) {
                    self.set_state(no, State::Delivered);
                }
            }
            Event::DeliveryFailed(body) => {
                if let Some(no) = self.attempted(header, body.delivery, &body.attempt) {
                    self.set_due(no, body.next_attempt_at.unwrap_or(header.recorded_at));
                }
            }
            Event::DeliveryDeadLettered(body) => self.dead_lettered(header, body.delivery),
            Event::DeliveryReplayed(body) => {
                if let Some(no) = self.touched(header, body.delivery) {
                    let attempts_before = self.records.get(no).map_or(0, |found| found.attempts);
                    let replayed = Replayed { replay: body.replay, attempts_before };
                    self.records.set_replay(no, replayed);
                    self.set_due(no, body.due_at);
                    self.set_state(no, State::Waiting);
                }
            }
            Event::DeliveryMadeDue(body) => {
                if let Some(no) = self.touched(header, body.delivery) {
                    self.set_due(no, body.due_at);
                }
            }
            Event::DeliveryResolved(body) => {
                if let Some(no) = self.touched(header, body.delivery) {
                    let waits = self.records.get(no).map(|record| record.state);
                    let waits = waits == Some(State::Waiting);
                    self.set_state(no, if waits { State::GivenUp } else { State::Resolved });
                }
            }
            _ => {}
        }
    }

    fn endpoint_created(&mut self, header: &Header, index: u16, body: &EndpointCreatedV1) {
        if self.secrets.get(body.secret).is_none() {
            return;
        }
        self.endpoints.push(Endpoint {
            position: header.position,
            index,
            scope: header.scope,
            url: body.url.as_str().into(),
            filters: body.filters.clone(),
            secret: body.secret,
            policy: body.policy.clone(),
            description: body.description.clone(),
            status: EndpointStatus::Listening,
            enabled: None,
            health: Health::default(),
            last: header.position,
        });
    }

    fn endpoint_moved(&mut self, header: &Header, id: EndpointId, status: EndpointStatus) {
        let Some((no, endpoint)) = self.endpoint_by_id(id) else { return };
        if endpoint.status == EndpointStatus::Deleted {
            return;
        }
        self.endpoints.set_status(no, status);
        let Some(endpoint) = self.endpoints.get_mut(no) else { return };
        endpoint.last = header.position;
        if status == EndpointStatus::Listening {
            endpoint.enabled = Some((header.position, header.recorded_at));
            endpoint.health.consecutive_failures = 0;
        }
    }

    fn queued(&mut self, header: &Header, index: u16, body: &DeliveryQueuedV1) {
        let Some((endpoint, _)) = self.endpoint_by_id(body.endpoint) else { return };
        let pushed = self.records.push(Record {
            position: header.position,
            event_position: body.event.0.position,
            last: header.position,
            due: body.due_at,
            endpoint,
            attempts: 0,
            index,
            event_index: body.event.0.index,
            state: State::Waiting,
        });
        if pushed {
            self.endpoints.count_waiting(endpoint, true);
        }
    }

    /// Takes an attempt in: its number, and the endpoint's health unless a replay asked for it.
    fn attempted(
        &mut self,
        header: &Header,
        id: DeliveryId,
        attempt: &AttemptV1,
    ) -> Option<DeliveryNo> {
        let no = self.touched(header, id)?;
        let record = self.records.get_mut(no)?;
        record.attempts = attempt.number;
        if attempt.replay.is_none()
            && let Some(endpoint) = self.endpoints.get_mut(record.endpoint)
        {
            let health = &mut endpoint.health;
            health.last_result = Some(attempt.result);
            if crate::retry::is_success(attempt.result) {
                health.succeeded += 1;
                health.consecutive_failures = 0;
                health.last_success_at = Some(header.recorded_at);
            } else {
                health.failed += 1;
                health.last_failure_at = Some(header.recorded_at);
            }
        }
        Some(no)
    }

    fn dead_lettered(&mut self, header: &Header, id: DeliveryId) {
        let Some(no) = self.touched(header, id) else { return };
        self.set_state(no, State::Dead);
        if self.records.replay_of(no).is_some() {
            return;
        }
        let endpoint = self.records.get(no).map(|record| record.endpoint);
        if let Some(endpoint) = endpoint.and_then(|no| self.endpoints.get_mut(no)) {
            let health = &mut endpoint.health;
            health.dead_lettered += 1;
            health.consecutive_failures = health.consecutive_failures.saturating_add(1);
        }
    }

    /// Moves the head of the delivery's stream to this entry.
    fn touched(&mut self, header: &Header, id: DeliveryId) -> Option<DeliveryNo> {
        let (no, _) = self.record_by_id(id)?;
        self.records.get_mut(no)?.last = header.position;
        Some(no)
    }

    fn set_due(&mut self, no: DeliveryNo, due: Timestamp) {
        if let Some(record) = self.records.get_mut(no) {
            record.due = due;
        }
    }

    fn set_state(&mut self, no: DeliveryNo, state: State) {
        let Some(record) = self.records.get_mut(no) else { return };
        let (before, endpoint) = (record.state, record.endpoint);
        record.state = state;
        let waits = state == State::Waiting;
        if waits != (before == State::Waiting) {
            self.endpoints.count_waiting(endpoint, waits);
        }
        let dies = state == State::Dead;
        if dies != (before == State::Dead) {
            self.endpoints.count_dead(endpoint, dies);
        }
    }
}
