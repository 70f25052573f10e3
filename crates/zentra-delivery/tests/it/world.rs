//! A log in memory around the state machine: decide, fan out, evolve, as the engine does.

use zentra_delivery::{
    Ctx, Decision, Deliveries, DeliveryCommand, DeliveryStatus, DeliveryView, EndpointView,
    Refusal, Scheduler, SecretChoice, StartAttempt, Times, default_policy,
};
use zentra_events::event::{AttemptResult, AttemptV1, RetryPolicyV1};
use zentra_events::{
    ActorNo, Code, DeliveryId, EndpointId, Event, EventId, Header, Position, RequestId, ScopeNo,
    ScopeNumber, Span, Timestamp,
};

pub(crate) const PARTITION: u16 = 3;
pub(crate) const SCOPE: ScopeNo = ScopeNo(1);
pub(crate) const OTHER_SCOPE: ScopeNo = ScopeNo(2);
/// When the first entry is recorded.
pub(crate) const START: Timestamp = Timestamp(1_000_000_000_000);

pub(crate) struct World {
    pub(crate) state: Deliveries,
    pub(crate) now: Timestamp,
    pub(crate) log: Vec<(Header, Vec<Event>)>,
}

impl World {
    pub(crate) fn new() -> World {
        World { state: Deliveries::new(PARTITION), now: START, log: Vec::new() }
    }

    pub(crate) fn position(&self) -> Position {
        Position(self.log.len() as u64)
    }

    pub(crate) fn decide(&self, scope: ScopeNo, command: &DeliveryCommand) -> Decision {
        let (position, now) = (self.position(), self.now);
        let ctx = Ctx { partition: PARTITION, position, now, first_index: 0 };
        self.state.decide(scope, command, &ctx)
    }

    /// Decides and, unless refused, appends the entry with what it fans out.
    pub(crate) fn run(
        &mut self,
        scope: ScopeNo,
        command: &DeliveryCommand,
    ) -> Result<Vec<Event>, Refusal> {
        let events = match self.decide(scope, command) {
            Decision::Events(events) => events,
            Decision::Repeat(_) => return Ok(Vec::new()),
            Decision::Refuse(refusal) => return Err(refusal),
        };
        let header = self.header(scope);
        let mut all = Vec::new();
        for event in events {
            let published = match &event {
                Event::EventPublished(body) => Some(body.event_type.clone()),
                _ => None,
            };
            let id = EventId::at(PARTITION, header.position, all.len() as u16);
            self.evolve(&header, event, &mut all);
            if let Some(event_type) = published {
                for queued in self.state.fan_out(scope, &event_type, id, self.now) {
                    self.evolve(&header, queued, &mut all);
                }
            }
        }
        self.log.push((header, all.clone()));
        Ok(all)
    }

    /// Runs a command of the usual scope that must be taken.
    pub(crate) fn take(&mut self, command: DeliveryCommand) -> Vec<Event> {
        self.run(SCOPE, &command).unwrap()
    }

    /// The code with which a command of the usual scope is refused; the state must not change.
    pub(crate) fn refused(&mut self, command: DeliveryCommand) -> Code {
        let before = self.state.clone();
        let refusal = self.run(SCOPE, &command).unwrap_err();
        assert!(!refusal.detail.is_empty());
        assert!(self.state == before);
        refusal.code
    }

    pub(crate) fn endpoint(&mut self, filters: &[&str], policy: RetryPolicyV1) -> EndpointId {
        let events = self.take(create(filters, policy));
        let index =
            events.iter().position(|event| matches!(event, Event::EndpointCreated(_))).unwrap();
        let (header, _) = self.log.last().unwrap();
        EndpointId::at(PARTITION, header.position, index as u16)
    }

    /// Publishes an event and returns the deliveries that it made.
    pub(crate) fn publish(&mut self, event_type: &str) -> Vec<DeliveryId> {
        let events = self.take(publish(event_type));
        let (header, _) = self.log.last().unwrap();
        let position = header.position;
        events
            .iter()
            .enumerate()
            .filter(|(_, event)| matches!(event, Event::DeliveryQueued(_)))
            .map(|(index, _)| DeliveryId::at(PARTITION, position, index as u16))
            .collect()
    }

    /// An endpoint for `order.*` and one delivery to it.
    pub(crate) fn one(&mut self, policy: RetryPolicyV1) -> (EndpointId, DeliveryId) {
        let endpoint = self.endpoint(&["order.*"], policy);
        (endpoint, self.publish("order.paid")[0])
    }

    /// Reports the next attempt of a delivery as ended like this.
    pub(crate) fn finish(&mut self, delivery: DeliveryId, result: AttemptResult) -> Vec<Event> {
        let view = self.delivery(delivery);
        let attempt = AttemptV1 { replay: view.replay, ..attempt(view.attempts + 1, result) };
        self.take(DeliveryCommand::AttemptFinished { delivery, attempt, retry_after: None })
    }

    /// Fails a delivery until it is a dead letter.
    pub(crate) fn kill(&mut self, delivery: DeliveryId) {
        while self.delivery(delivery).status == DeliveryStatus::Pending {
            self.finish(delivery, AttemptResult::Answered(500));
        }
    }

    pub(crate) fn delivery(&self, delivery: DeliveryId) -> DeliveryView {
        self.state.delivery(SCOPE, delivery).unwrap()
    }

    pub(crate) fn view(&self, endpoint: EndpointId) -> EndpointView {
        self.state.endpoint(SCOPE, endpoint).unwrap()
    }

    fn header(&self, scope: ScopeNo) -> Header {
        Header {
            position: self.position(),
            scope,
            scope_number: ScopeNumber(self.log.len() as u64),
            recorded_at: self.now,
            actor: ActorNo(0),
            request_id: RequestId([0; 16]),
            cause: None,
            idempotency: None,
        }
    }

    fn evolve(&mut self, header: &Header, event: Event, all: &mut Vec<Event>) {
        if let Some(prev) = self.state.prev_of(&event) {
            assert!(prev <= header.position);
        }
        self.state.check(header, &event).expect("what is decided follows");
        self.state.evolve(header, all.len() as u16, &event);
        all.push(event);
    }
}

/// A scheduler that goes on from a state now, with places enough.
pub(crate) fn scheduler(state: &Deliveries, now: Timestamp) -> Scheduler {
    Scheduler::from_state(state, Times { log: now, waiting: now }, 100_000)
}

pub(crate) fn create(filters: &[&str], policy: RetryPolicyV1) -> DeliveryCommand {
    DeliveryCommand::CreateEndpoint {
        url: "https://hooks.example.com/in".into(),
        filters: filters.iter().map(|filter| (*filter).into()).collect(),
        secret: SecretChoice::Own { sealed: vec![1, 2, 3] },
        policy,
        description: String::new(),
    }
}

pub(crate) fn publish(event_type: &str) -> DeliveryCommand {
    DeliveryCommand::Publish { event_type: event_type.parse().unwrap(), data: "{}".into() }
}

pub(crate) fn replay(deliveries: &[DeliveryId]) -> DeliveryCommand {
    let (filter, reason) = ("{}".into(), "asked".into());
    DeliveryCommand::Replay { deliveries: deliveries.to_vec(), filter, reason }
}

/// A policy with these delays in milliseconds.
pub(crate) fn policy(delays_ms: &[u64]) -> RetryPolicyV1 {
    let schedule_ns = delays_ms.iter().map(|delay| Span::millis(*delay)).collect();
    RetryPolicyV1 { schedule_ns, ..default_policy() }
}

pub(crate) fn attempt(number: u32, result: AttemptResult) -> AttemptV1 {
    AttemptV1 {
        number,
        replay: None,
        started_at: START,
        duration_ns: Span::millis(5),
        url: "https://hooks.example.com/in".into(),
        result,
        signed_at_seconds: START.seconds(),
        secret_versions: vec![1],
        signature: "v1,AAAA".into(),
        payload_hash: [0; 32],
        response_excerpt: String::new(),
    }
}

pub(crate) fn outcome(start: &StartAttempt, result: AttemptResult) -> DeliveryCommand {
    DeliveryCommand::AttemptFinished {
        delivery: start.delivery,
        attempt: AttemptV1 { replay: start.replay, ..attempt(start.number, result) },
        retry_after: None,
    }
}
