//! Which attempt is due: the shell's side of deliveries, without IO.
//!
//! Sees only durable events. Keeps endpoints, secrets and the deliveries that wait (not those that
//! are done), and a queue for each endpoint. Queues with due work start one attempt each in turn,
//! scope by scope, so an endpoint with a million due deliveries, or a dead one, delays nobody else.
//! Each poll costs a few steps in ordered sets, however much waits. Owns order, fairness and the
//! places; must not make attempts, judge outcomes or invent due times.
//!
//! The log's times and the time of waiting are two: what an event says is due in five seconds is
//! due five seconds after the event came by, whatever the clock of the log did since. Every `now`
//! here is of the second kind and never goes back; [`Times`] ties them together once, at the start.

use crate::deliveries::Deliveries;
use crate::delivery::State;
use crate::due::Dues;
use crate::endpoint::EndpointStatus;
use crate::endpoint_queue::{EndpointQueue, Kind, Place};
use crate::flights::{Flight, Flights};
use crate::places::{Places, shared_out};
use crate::times::Times;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use zentra_events::event::{AttemptV1, DeliveryReplayedV1, SecretRotatedV1};
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
    /// Whether the endpoint's last attempt took little time.
    pub quick: bool,
    /// The secret that signs.
    pub secret: SecretNo,
    /// Its versions that are valid now with their sealed bytes, newest first.
    pub secret_versions: Vec<(u32, Arc<[u8]>)>,
}

/// In the order of their numbers.
const KINDS: [Kind; 3] = [Kind::Quick, Kind::New, Kind::Slow];

/// A delivery that waits for an attempt, or whose attempt is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Waiting {
    event: EventId,
    queue: u32,
    attempts: u32,
    replay: Option<ReplayId>,
    due: Timestamp,
    last: Position,
}

/// Says which attempt is due.
#[derive(Clone, Debug)]
pub struct Scheduler {
    /// Endpoints and secrets, all in the time of waiting; its table of deliveries stays empty.
    state: Deliveries,
    /// The last time that was told.
    now: Timestamp,
    waiting: BTreeMap<DeliveryId, Waiting>,
    /// By endpoint number.
    queues: Vec<EndpointQueue>,
    /// Queues by when their next delivery is due.
    timers: BTreeSet<(Timestamp, u32)>,
    /// Places and queues with due work, by their kind.
    places: [Places; 3],
    /// The kind that is asked first in the next poll.
    first: usize,
    flights: Flights,
    /// Attempts to cut off, to be told.
    cuts: VecDeque<DeliveryId>,
    dues: Dues,
}

impl Scheduler {
    /// The scheduler that continues from a state, with places for so many attempts at once and at
    /// least [`crate::PLACES_MIN`]. Nothing is under way: what was when the process ended is due
    /// again under the same number.
    pub fn from_state(state: &Deliveries, times: Times, places: u32) -> Scheduler {
        let mut scheduler = Scheduler {
            state: state.without_deliveries(),
            now: times.waiting,
            waiting: BTreeMap::new(),
            queues: Vec::new(),
            timers: BTreeSet::new(),
            places: shared_out(places),
            first: 0,
            flights: Flights::default(),
            cuts: VecDeque::new(),
            dues: Dues::default(),
        };
        scheduler.state.map_times(|at| times.waiting(at));
        scheduler.grow();
        for (no, record) in (0..).zip(state.records.all().iter()) {
            if record.state == State::Waiting {
                let waiting = Waiting {
                    event: record.event(state.partition),
                    queue: record.endpoint,
                    attempts: record.attempts,
                    replay: state.records.replay_of(no).map(|replayed| replayed.replay),
                    due: times.waiting(record.due),
                    last: record.last,
                };
                scheduler.enqueue(record.id(state.partition), waiting);
            }
        }
        for queue in 0..scheduler.queues.len() {
            scheduler.place(queue as u32);
        }
        scheduler
    }

    /// Takes in the event at `index` of a durable entry. Events come in the log's order, each once,
    /// from where the state given to [`Scheduler::from_state`] ended.
    pub fn handle_event(&mut self, now: Timestamp, header: &Header, index: u16, event: &Event) {
        self.now = self.now.max(now);
        let times = Times { log: header.recorded_at, waiting: self.now };
        match event {
            Event::DeliveryQueued(body) => {
                let id = DeliveryId::at(self.state.partition, header.position, index);
                let (event, due, last) = (body.event, times.waiting(body.due_at), header.position);
                if let Some((queue, _)) = self.state.endpoint_by_id(body.endpoint) {
                    let (attempts, replay) = (0, None);
                    self.add(id, Waiting { event, queue, attempts, replay, due, last });
                }
            }
            Event::DeliverySucceeded(body) => {
                self.learn(body.delivery, &body.attempt);
                self.ended(body.delivery);
            }
            Event::DeliveryFailed(body) => {
                let due = body.next_attempt_at.map_or(self.now, |due| times.waiting(due));
                self.learn(body.delivery, &body.attempt);
                self.failed(body.delivery, &body.attempt, due, header.position);
            }
            Event::DeliveryDeadLettered(body) => self.ended(body.delivery),
            Event::DeliveryResolved(body) => self.given_up(body.delivery),
            Event::DeliveryMadeDue(body) => {
                self.made_due(body.delivery, times.waiting(body.due_at), header.position);
            }
            Event::DeliveryReplayed(body) => {
                self.replayed(body, times.waiting(body.due_at), header.position);
            }
            Event::EndpointDisabled(body) => self.turned(body.endpoint, header, index, event),
            Event::EndpointEnabled(body) => self.turned(body.endpoint, header, index, event),
            Event::EndpointDeleted(body) => self.turned(body.endpoint, header, index, event),
            Event::EndpointCreated(_) | Event::SecretCreated(_) => {
                self.evolve(header, index, event);
                self.grow();
            }
            Event::SecretRotated(body) => {
                let previous_until = times.waiting(body.previous_until);
                let rotated = SecretRotatedV1 { previous_until, ..body.clone() };
                self.evolve(header, index, &rotated.into());
            }
            // It ends now, in the time of waiting too.
            Event::SecretVersionEnded(_) => self.evolve(header, index, event),
            _ => {}
        }
    }

    /// The next attempt to make at `now`, until there is none. It counts as under way until its
    /// outcome comes by as an event, or it is abandoned or deferred.
    pub fn poll_attempt(&mut self, now: Timestamp) -> Option<StartAttempt> {
        self.come_due(now);
        self.first = (self.first + 1) % KINDS.len();
        // A queue may have changed its kind while it waited, so each kind is asked twice.
        let order = KINDS.iter().cycle().skip(self.first).take(2 * KINDS.len());
        order.copied().find_map(|kind| self.start_one(kind))
    }

    /// The next attempt at an endpoint whose last one took little time, until there is none.
    pub fn poll_quick_attempt(&mut self, now: Timestamp) -> Option<StartAttempt> {
        self.come_due(now);
        self.start_one(Kind::Quick)
    }

    /// When to poll next, after a poll that gave nothing, if no event comes before; none when only
    /// an event can make work.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let [quick, new, _] = &self.places;
        let waits = quick.is_wanted() || new.is_wanted();
        let of_age = self.flights.of_age_at().filter(|_| waits);
        let cut = self.flights.cut_at().filter(|_| self.flights.overdue() > self.flights.cut());
        let due = self.timers.first().map(|(due, _)| *due);
        [due, of_age, cut].into_iter().flatten().min()
    }

    /// An attempt to cut off, until there is none: others need its place, and it has had at least a
    /// second. It has timed out; report it so. It is under way until then.
    pub fn poll_cut(&mut self) -> Option<DeliveryId> {
        self.cuts.pop_front()
    }

    /// How many deliveries wait, parked ones and those whose attempt is under way too.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How many of them are parked.
    pub fn parked(&self) -> usize {
        self.dues.parked()
    }

    /// Since when the one is due that has waited the longest for its attempt to begin, or when the
    /// first will be.
    pub fn oldest_due(&self) -> Option<Timestamp> {
        self.dues.oldest()
    }

    /// How many attempts are under way.
    pub fn in_flight(&self) -> usize {
        self.flights.len()
    }

    /// An attempt's outcome was not taken or could not be sent: its place is free, and the delivery
    /// is due again if it still waits.
    pub fn handle_abandoned(&mut self, delivery: DeliveryId) {
        let queue = self.release(delivery);
        if let Some(waiting) = self.waiting.get(&delivery).copied().filter(|_| queue.is_some()) {
            self.enqueue(delivery, waiting);
        }
        if let Some(queue) = queue {
            self.place(queue);
        }
    }

    /// An attempt was not made, since its destination has as much as it may get: its endpoint is
    /// left alone until then, or until it is known to answer well.
    pub fn handle_deferred(&mut self, delivery: DeliveryId, until: Timestamp) {
        let queue = self.flights.get(delivery).map(|flight| flight.queue);
        if let Some(queue) = queue.and_then(|no| self.queues.get_mut(no as usize)) {
            queue.sleep(until);
        }
        self.handle_abandoned(delivery);
    }

    fn come_due(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        while let Some((due, no)) = self.timers.first().copied().filter(|(due, _)| *due <= self.now)
        {
            self.timers.remove(&(due, no));
            self.take_turns(no);
        }
        self.age();
    }

    fn add(&mut self, id: DeliveryId, waiting: Waiting) {
        self.enqueue(id, waiting);
        self.place(waiting.queue);
    }

    fn failed(&mut self, id: DeliveryId, attempt: &AttemptV1, due: Timestamp, last: Position) {
        let before = self.waiting.get(&id).copied();
        self.ended(id);
        // It waits no more when it was given up meanwhile.
        if let Some(before) = before {
            self.add(id, Waiting { attempts: attempt.number, due, last, ..before });
        }
    }

    /// A delivery that waits is due before its time; an attempt that is under way comes first.
    fn made_due(&mut self, id: DeliveryId, due: Timestamp, last: Position) {
        let Some(before) = self.forget(id) else { return };
        self.add(id, Waiting { due, last, ..before });
    }

    /// A delivery waits no more. An attempt that is under way keeps its place until it has ended.
    fn given_up(&mut self, id: DeliveryId) {
        if let Some(waiting) = self.forget(id) {
            self.place(waiting.queue);
        }
    }

    fn replayed(&mut self, body: &DeliveryReplayedV1, due: Timestamp, last: Position) {
        let Some((queue, _)) = self.state.endpoint_by_id(body.endpoint) else { return };
        let (event, attempts) = (body.event, body.attempts);
        let replay = Some(body.replay);
        self.add(body.delivery, Waiting { event, queue, attempts, replay, due, last });
    }

    /// Forgets a delivery and frees its place, if it has one.
    fn ended(&mut self, id: DeliveryId) {
        let under_way = self.release(id);
        let waited = self.forget(id).map(|waiting| waiting.queue);
        if let Some(queue) = waited.or(under_way) {
            self.place(queue);
        }
    }

    /// Takes a delivery out of what waits.
    fn forget(&mut self, id: DeliveryId) -> Option<Waiting> {
        let waiting = self.waiting.remove(&id)?;
        if let Some(queue) = self.queues.get_mut(waiting.queue as usize) {
            queue.remove(waiting.due, id);
        }
        Some(waiting)
    }

    fn turned(&mut self, id: EndpointId, header: &Header, index: u16, event: &Event) {
        self.evolve(header, index, event);
        let Some((no, _)) = self.state.endpoint_by_id(id) else { return };
        if let Some(queue) = self.queues.get_mut(no as usize) {
            match event {
                Event::EndpointEnabled(_) => queue.enable(self.now),
                Event::EndpointDeleted(_) => {
                    for forgotten in queue.take_all() {
                        self.waiting.remove(&forgotten);
                    }
                }
                _ => {}
            }
        }
        self.place(no);
    }

    /// Attempts that have taken long leave the places of the quick and the new. Where those of the
    /// slow run short, whoever has the most of them loses some.
    fn age(&mut self) {
        while let Some(queue) = self.flights.next_of_age(self.now) {
            if let Some(queue) = self.queues.get_mut(queue as usize) {
                queue.learn_slow();
            }
        }
        while self.places[Kind::Slow as usize].free() > 0
            && let Some(before) = self.flights.make_slow()
        {
            self.places[before.kind as usize].give_back(before.scope);
            self.places[Kind::Slow as usize].take(before.scope);
        }
        let slow = &self.places[Kind::Slow as usize];
        let missing = slow.missing(self.flights.overdue());
        // What hangs past its second must go, whoever's it is; the reserve takes from no scope what
        // it may take of the reserve.
        while self.flights.cut() < missing {
            let needed = self.flights.cut() < self.flights.overdue();
            let spared = if needed { 0 } else { slow.first() };
            let Some(cut) = self.flights.cut_one(self.now, spared) else { break };
            self.cuts.push_back(cut);
        }
    }

    /// Starts the attempt whose turn it is among the queues of a kind.
    fn start_one(&mut self, kind: Kind) -> Option<StartAttempt> {
        while let Some(no) = self.places[kind as usize].pop() {
            if self.queues.get(no as usize).is_some_and(|queue| queue.kind() != kind) {
                self.take_turns(no);
                continue;
            }
            let started = self.start(no, kind);
            self.settle(no);
            if started.is_some() {
                return started;
            }
        }
        None
    }

    fn start(&mut self, queue_no: u32, kind: Kind) -> Option<StartAttempt> {
        let endpoint = self.state.endpoints.get(queue_no)?;
        let queue = self.queues.get_mut(queue_no as usize)?;
        if !endpoint.is_listening() || !queue.has_room(endpoint.policy.concurrency) {
            return None;
        }
        let id = queue.pop_due(self.now)?;
        let waiting = self.waiting.get(&id)?;
        queue.in_flight += 1;
        let scope = endpoint.scope;
        self.places[kind as usize].take(scope);
        self.flights.insert(id, Flight { queue: queue_no, scope, kind, started: self.now });
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
            quick: kind == Kind::Quick,
            secret: endpoint.secret,
            secret_versions: secret.map(|found| found.valid_at(self.now)).unwrap_or_default(),
        })
    }

    /// Puts a queue that had its turn back: to the end when more is due, else elsewhere.
    fn settle(&mut self, no: u32) {
        if let Some(queue) = self.queues.get_mut(no as usize) {
            queue.place = Place::Idle;
        }
        self.place(no);
        if let Some(Place::Timer(due)) = self.queues.get(no as usize).map(|queue| queue.place)
            && due <= self.now
        {
            self.timers.remove(&(due, no));
            self.take_turns(no);
        }
    }

    /// Puts a queue with due work at the end of those of its kind.
    fn take_turns(&mut self, no: u32) {
        let Some(endpoint) = self.state.endpoints.get(no) else { return };
        let Some(queue) = self.queues.get_mut(no as usize) else { return };
        queue.place = Place::Turn;
        self.places[queue.kind() as usize].push(endpoint.scope, no);
    }

    /// Sets the queue's timer by what waits in it. One that waits for its turn is looked at then.
    fn place(&mut self, no: u32) {
        let Some(endpoint) = self.state.endpoints.get(no) else { return };
        let Some(queue) = self.queues.get_mut(no as usize) else { return };
        let parked = if endpoint.is_listening() { 0 } else { queue.len() };
        self.dues.tell(no, queue.due().filter(|_| endpoint.is_listening()), parked);
        if queue.place == Place::Turn {
            return;
        }
        if let Place::Timer(due) = queue.place {
            self.timers.remove(&(due, no));
        }
        let can_start = endpoint.is_listening() && queue.has_room(endpoint.policy.concurrency);
        queue.place = match queue.next_due().filter(|_| can_start) {
            Some(due) => {
                self.timers.insert((due, no));
                Place::Timer(due)
            }
            None => Place::Idle,
        };
    }

    /// Puts a delivery into its queue, unless its attempt is under way or its endpoint deleted.
    fn enqueue(&mut self, id: DeliveryId, waiting: Waiting) {
        let Some(endpoint) = self.state.endpoints.get(waiting.queue) else { return };
        let Some(queue) = self.queues.get_mut(waiting.queue as usize) else { return };
        if endpoint.status == EndpointStatus::Deleted {
            self.waiting.remove(&id);
            return;
        }
        self.waiting.insert(id, waiting);
        if self.flights.get(id).is_none() {
            queue.insert(waiting.due, id, endpoint.unparked_at(waiting.last));
        }
    }

    /// Frees the place of an attempt; returns its queue if there was one.
    fn release(&mut self, id: DeliveryId) -> Option<u32> {
        let Flight { queue: no, scope, kind, .. } = self.flights.remove(id)?;
        self.places[kind as usize].give_back(scope);
        let queue = self.queues.get_mut(no as usize)?;
        queue.in_flight = queue.in_flight.saturating_sub(1);
        Some(no)
    }

    /// What an attempt's end says about its endpoint.
    fn learn(&mut self, id: DeliveryId, attempt: &AttemptV1) {
        let under_way = self.flights.get(id).map(|flight| flight.queue);
        let waiting = || self.waiting.get(&id).map(|waiting| waiting.queue);
        let Some(no) = under_way.or_else(waiting) else { return };
        let Some(endpoint) = self.state.endpoints.get(no) else { return };
        if let Some(queue) = self.queues.get_mut(no as usize) {
            queue.learn(attempt, endpoint.policy.concurrency);
        }
    }

    /// Takes an event in, with times of waiting in it, and as if it was recorded now.
    fn evolve(&mut self, header: &Header, index: u16, event: &Event) {
        let header = Header { recorded_at: self.now, ..*header };
        self.state.evolve(&header, index, event);
    }

    fn grow(&mut self) {
        let known = self.queues.len();
        self.queues.extend(self.state.endpoints.all().iter_from(known).map(|endpoint| {
            EndpointQueue::after(endpoint.health.last_result, endpoint.policy.concurrency)
        }));
    }
}
