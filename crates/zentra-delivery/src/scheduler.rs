//! Which attempt is due: the shell's side of deliveries, without IO.
//!
//! Sees only durable events. Keeps endpoints, secrets and the deliveries that wait (not those that
//! are done), and per endpoint a lane of what waits. Lanes with due work stand in a ring and start
//! one attempt each in turn, so an endpoint with a million due deliveries, or a dead one, delays
//! nobody else. Each poll costs a few steps in ordered sets, however much waits. Owns order,
//! fairness and the caps; must not make attempts, judge outcomes or invent due times.

use crate::deliveries::Deliveries;
use crate::delivery::State;
use crate::endpoint::EndpointStatus;
use crate::lane::{Lane, Place};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use zentra_events::event::{AttemptV1, DeliveryReplayedV1};
use zentra_events::{
    DeliveryId, EndpointId, Event, EventId, Header, Position, ReplayId, ScopeNo, SecretNo, Span,
    Timestamp,
};

/// An attempt to make now. Report its end as [`crate::DeliveryCommand::AttemptFinished`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartAttempt {
    /// The delivery.
    pub delivery: DeliveryId,
    /// What it carries; its text is the `webhook-id`.
    pub event: EventId,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The scope of all of it.
    pub scope: ScopeNo,
    /// The attempt's number, which is also the fence: only this number will be taken.
    pub number: u32,
    /// The replay that asks for it, if one does.
    pub replay: Option<ReplayId>,
    /// Where to, at this moment.
    pub url: Arc<str>,
    /// How long it may take in all.
    pub timeout: Span,
    /// The secret that signs.
    pub secret: SecretNo,
    /// Its versions that are valid now with their sealed bytes, newest first.
    pub secret_versions: Vec<(u32, Arc<[u8]>)>,
}

/// A delivery that waits for an attempt, or whose attempt is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Waiting {
    event: EventId,
    lane: u32,
    attempts: u32,
    replay: Option<ReplayId>,
    due: Timestamp,
    last: Position,
}

/// Says which attempt is due.
#[derive(Clone, Debug)]
pub struct Scheduler {
    /// Endpoints and secrets; its table of deliveries stays empty.
    state: Deliveries,
    waiting: BTreeMap<DeliveryId, Waiting>,
    /// By endpoint number.
    lanes: Vec<Lane>,
    /// Lanes by when their next delivery is due.
    timers: BTreeSet<(Timestamp, u32)>,
    /// Lanes with due work, in turn.
    ring: VecDeque<u32>,
    /// Attempts under way, with their lanes.
    in_flight: BTreeMap<DeliveryId, u32>,
}

impl Scheduler {
    /// The scheduler that continues from a state. Nothing is under way: what was when the process
    /// ended is due again under the same number.
    pub fn from_state(state: &Deliveries) -> Scheduler {
        let mut scheduler = Scheduler {
            state: state.without_deliveries(),
            waiting: BTreeMap::new(),
            lanes: Vec::new(),
            timers: BTreeSet::new(),
            ring: VecDeque::new(),
            in_flight: BTreeMap::new(),
        };
        scheduler.grow();
        for (no, record) in (0..).zip(state.records.all().iter()) {
            if record.state == State::Waiting {
                let waiting = Waiting {
                    event: record.event(state.partition),
                    lane: record.endpoint,
                    attempts: record.attempts,
                    replay: state.records.replay_of(no).map(|replayed| replayed.replay),
                    due: record.due,
                    last: record.last,
                };
                scheduler.enqueue(record.id(state.partition), waiting);
            }
        }
        for lane in 0..scheduler.lanes.len() {
            scheduler.place(lane as u32);
        }
        scheduler
    }

    /// Takes in the event at `index` of a durable entry. Events come in the log's order, each once,
    /// from where the state given to [`Scheduler::from_state`] ended.
    pub fn handle_event(&mut self, header: &Header, index: u16, event: &Event) {
        match event {
            Event::DeliveryQueued(body) => {
                let id = DeliveryId::at(self.state.partition, header.position, index);
                let (event, due, last) = (body.event, body.due_at, header.position);
                if let Some((lane, _)) = self.state.endpoint_by_id(body.endpoint) {
                    let (attempts, replay) = (0, None);
                    self.add(id, Waiting { event, lane, attempts, replay, due, last });
                }
            }
            Event::DeliverySucceeded(body) => self.ended(body.delivery),
            Event::DeliveryFailed(body) => {
                let due = body.next_attempt_at.unwrap_or(header.recorded_at);
                self.failed(body.delivery, &body.attempt, due, header.position);
            }
            Event::DeliveryDeadLettered(body) => self.ended(body.delivery),
            Event::DeliveryResolved(body) => self.ended(body.delivery),
            Event::DeliveryReplayed(body) => self.replayed(body, header.position),
            Event::EndpointDisabled(body) => self.turned(body.endpoint, header, index, event),
            Event::EndpointEnabled(body) => self.turned(body.endpoint, header, index, event),
            Event::EndpointDeleted(body) => self.turned(body.endpoint, header, index, event),
            Event::EndpointCreated(_) | Event::SecretCreated(_) | Event::SecretRotated(_) => {
                self.state.evolve(header, index, event);
                self.grow();
            }
            _ => {}
        }
    }

    /// The next attempt to make at `now`, until there is none. It counts as under way until its
    /// outcome comes by as an event or is abandoned.
    pub fn poll_attempt(&mut self, now: Timestamp) -> Option<StartAttempt> {
        while let Some((due, no)) = self.timers.first().copied().filter(|(due, _)| *due <= now) {
            self.timers.remove(&(due, no));
            if let Some(lane) = self.lanes.get_mut(no as usize) {
                lane.place = Place::Ring;
                self.ring.push_back(no);
            }
        }
        while let Some(no) = self.ring.pop_front() {
            let started = self.start(no, now);
            self.settle(no, now);
            if started.is_some() {
                return started;
            }
        }
        None
    }

    /// When to poll next if no event comes before; none when only an event can make work.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let due = |no: &u32| self.lanes.get(*no as usize).and_then(Lane::next_due);
        let timer = self.timers.first().map(|(due, _)| *due);
        self.ring.front().and_then(due).into_iter().chain(timer).min()
    }

    /// How many attempts are under way.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// An attempt's outcome was not taken or could not be sent: its place is free, and the delivery
    /// is due again if it still waits.
    pub fn handle_abandoned(&mut self, delivery: DeliveryId) {
        let lane = self.release(delivery);
        if let Some(waiting) = self.waiting.get(&delivery).copied().filter(|_| lane.is_some()) {
            self.enqueue(delivery, waiting);
        }
        if let Some(lane) = lane {
            self.place(lane);
        }
    }

    fn add(&mut self, id: DeliveryId, waiting: Waiting) {
        self.enqueue(id, waiting);
        self.place(waiting.lane);
    }

    fn failed(&mut self, id: DeliveryId, attempt: &AttemptV1, due: Timestamp, last: Position) {
        let Some(before) = self.waiting.get(&id).copied() else { return };
        self.ended(id);
        self.add(id, Waiting { attempts: attempt.number, due, last, ..before });
    }

    fn replayed(&mut self, body: &DeliveryReplayedV1, last: Position) {
        let Some((lane, _)) = self.state.endpoint_by_id(body.endpoint) else { return };
        let (event, attempts, due) = (body.event, body.attempts, body.due_at);
        let replay = Some(body.replay);
        self.add(body.delivery, Waiting { event, lane, attempts, replay, due, last });
    }

    /// Forgets a delivery and frees its place, if it has one.
    fn ended(&mut self, id: DeliveryId) {
        let mut lane = self.release(id);
        if let Some(waiting) = self.waiting.remove(&id) {
            lane = Some(waiting.lane);
            if let Some(lane) = self.lanes.get_mut(waiting.lane as usize) {
                lane.remove(waiting.due, id);
            }
        }
        if let Some(lane) = lane {
            self.place(lane);
        }
    }

    fn turned(&mut self, id: EndpointId, header: &Header, index: u16, event: &Event) {
        self.state.evolve(header, index, event);
        let Some((no, _)) = self.state.endpoint_by_id(id) else { return };
        if let Some(lane) = self.lanes.get_mut(no as usize) {
            match event {
                Event::EndpointEnabled(_) => lane.enable(header.recorded_at),
                Event::EndpointDeleted(_) => {
                    for forgotten in lane.take_all() {
                        self.waiting.remove(&forgotten);
                    }
                }
                _ => {}
            }
        }
        self.place(no);
    }

    fn start(&mut self, lane_no: u32, now: Timestamp) -> Option<StartAttempt> {
        let endpoint = self.state.endpoints.get(lane_no)?;
        let lane = self.lanes.get_mut(lane_no as usize)?;
        if !endpoint.is_listening() || lane.in_flight >= endpoint.policy.concurrency {
            return None;
        }
        let id = lane.pop_due(now)?;
        let waiting = self.waiting.get(&id)?;
        lane.in_flight += 1;
        self.in_flight.insert(id, lane_no);
        let secret = self.state.secrets.get(endpoint.secret);
        Some(StartAttempt {
            delivery: id,
            event: waiting.event,
            endpoint: endpoint.id(self.state.partition),
            scope: endpoint.scope,
            number: waiting.attempts.saturating_add(1),
            replay: waiting.replay,
            url: Arc::clone(&endpoint.url),
            timeout: endpoint.policy.timeout_ns,
            secret: endpoint.secret,
            secret_versions: secret.map(|found| found.valid_at(now)).unwrap_or_default(),
        })
    }

    /// Puts a lane that left the ring back: to the ring's end when more is due, else elsewhere.
    fn settle(&mut self, no: u32, now: Timestamp) {
        if let Some(lane) = self.lanes.get_mut(no as usize) {
            lane.place = Place::Idle;
        }
        self.place(no);
        let Some(lane) = self.lanes.get_mut(no as usize) else { return };
        if let Place::Timer(due) = lane.place
            && due <= now
        {
            self.timers.remove(&(due, no));
            lane.place = Place::Ring;
            self.ring.push_back(no);
        }
    }

    /// Sets the lane's timer by what waits in it. A lane in the ring is looked at in its turn.
    fn place(&mut self, no: u32) {
        let Some(endpoint) = self.state.endpoints.get(no) else { return };
        let Some(lane) = self.lanes.get_mut(no as usize) else { return };
        if lane.place == Place::Ring {
            return;
        }
        if let Place::Timer(due) = lane.place {
            self.timers.remove(&(due, no));
        }
        let can_start = endpoint.is_listening() && lane.in_flight < endpoint.policy.concurrency;
        lane.place = match lane.next_due().filter(|_| can_start) {
            Some(due) => {
                self.timers.insert((due, no));
                Place::Timer(due)
            }
            None => Place::Idle,
        };
    }

    /// Puts a delivery into its lane, unless its attempt is under way or its endpoint deleted.
    fn enqueue(&mut self, id: DeliveryId, waiting: Waiting) {
        let Some(endpoint) = self.state.endpoints.get(waiting.lane) else { return };
        let Some(lane) = self.lanes.get_mut(waiting.lane as usize) else { return };
        if endpoint.status == EndpointStatus::Deleted {
            self.waiting.remove(&id);
            return;
        }
        self.waiting.insert(id, waiting);
        if !self.in_flight.contains_key(&id) {
            lane.insert(waiting.due, id, endpoint.unparked_at(waiting.last));
        }
    }

    /// Frees the place of an attempt; returns its lane if there was one.
    fn release(&mut self, id: DeliveryId) -> Option<u32> {
        let no = self.in_flight.remove(&id)?;
        let lane = self.lanes.get_mut(no as usize)?;
        lane.in_flight = lane.in_flight.saturating_sub(1);
        Some(no)
    }

    fn grow(&mut self) {
        self.lanes.resize_with(self.state.endpoints.all().len(), Lane::default);
    }
}
