//! Neighbours: endpoints that answer are not delayed by any number that do not.

use super::world::{SCOPE, World, create, outcome, policy, publish};
use std::collections::{BTreeMap, BTreeSet};
use zentra_delivery::{Scheduler, StartAttempt, Times};
use zentra_events::event::AttemptResult::{Answered, TimedOut};
use zentra_events::event::{AttemptV1, RetryPolicyV1};
use zentra_events::{DeliveryId, EndpointId, Event, ScopeNo, Span, Timestamp};

const PLACES: u32 = 4_096;

/// A world, its scheduler, and consumers that answer after a while or never.
struct Simulation {
    world: World,
    seen: usize,
    scheduler: Scheduler,
    hanging: BTreeSet<EndpointId>,
    /// Attempts under way by when they end.
    ends: BTreeMap<(Timestamp, DeliveryId), StartAttempt>,
    /// When each delivery was queued, and those of healthy endpoints that started how much later.
    queued: BTreeMap<DeliveryId, Timestamp>,
    waits: Vec<Span>,
}

impl Simulation {
    fn new() -> Simulation {
        let world = World::new();
        let times = Times { log: world.now, waiting: world.now };
        let scheduler = Scheduler::from_state(&world.state, times, PLACES);
        let (seen, hanging, ends) = (0, BTreeSet::new(), BTreeMap::new());
        let (queued, waits) = (BTreeMap::new(), Vec::new());
        Simulation { world, seen, scheduler, hanging, ends, queued, waits }
    }

    fn endpoint(&mut self, scope: ScopeNo, filter: &str, hangs: bool) {
        let position = self.world.position();
        let policy = RetryPolicyV1 { concurrency: 16, ..policy(&[0, 1_000, 1_000]) };
        let events = self.world.run(scope, &create(&[filter], policy)).unwrap();
        let index = events.iter().position(|event| matches!(event, Event::EndpointCreated(_)));
        let id = EndpointId::at(super::world::PARTITION, position, index.unwrap() as u16);
        if hangs {
            self.hanging.insert(id);
        }
    }

    fn publish(&mut self, scope: ScopeNo, event_type: &str) {
        self.world.run(scope, &publish(event_type)).unwrap();
    }

    fn catch_up(&mut self) {
        for (header, events) in &self.world.log[self.seen..] {
            for (index, event) in events.iter().enumerate() {
                if matches!(event, Event::DeliveryQueued(_)) {
                    let (partition, at) = (super::world::PARTITION, header.position);
                    let id = DeliveryId::at(partition, at, index as u16);
                    self.queued.insert(id, header.recorded_at);
                }
                self.scheduler.handle_event(header.recorded_at, header, index as u16, event);
            }
        }
        self.seen = self.world.log.len();
    }

    /// What is cut off ends at once, and is reported a millisecond later.
    fn cut(&mut self, delivery: DeliveryId) {
        let at = self.ends.keys().find(|(_, id)| *id == delivery).copied();
        if let Some(start) = at.and_then(|at| self.ends.remove(&at)) {
            self.ends.insert((self.world.now.after(Span::millis(1)), delivery), start);
        }
    }

    /// A millisecond: what ends is reported, what is due starts.
    fn tick(&mut self) {
        let now = self.world.now;
        while let Some(first) = self.ends.first_entry().filter(|end| end.key().0 <= now) {
            let start = first.remove();
            let hangs = self.hanging.contains(&start.endpoint);
            let result = if hangs { TimedOut } else { Answered(200) };
            let mut command = outcome(&start, result);
            if let zentra_delivery::DeliveryCommand::AttemptFinished { attempt, .. } = &mut command
            {
                let took = if hangs { start.timeout } else { Span::millis(3) };
                *attempt = AttemptV1 { duration_ns: took, ..attempt.clone() };
            }
            self.world.run(start.scope, &command).unwrap();
        }
        self.catch_up();
        loop {
            let start = self.scheduler.poll_attempt(now);
            while let Some(cut) = self.scheduler.poll_cut() {
                self.cut(cut);
            }
            let Some(start) = start else { break };
            let hangs = self.hanging.contains(&start.endpoint);
            let took = if hangs { start.timeout } else { Span::millis(3) };
            if !hangs {
                self.waits.push(now.since(self.queued[&start.delivery]));
            }
            self.ends.insert((now.after(took), start.delivery), start);
        }
        assert!(self.scheduler.in_flight() <= PLACES as usize);
        self.world.now = now.after(Span::millis(1));
    }
}

#[test]
fn a_thousand_hanging_endpoints_delay_no_healthy_one() {
    let mut simulation = Simulation::new();
    for number in 0..1_000_u32 {
        simulation.endpoint(ScopeNo(1 + number % 5), "bad.*", true);
    }
    simulation.endpoint(SCOPE, "good.*", false);
    simulation.publish(SCOPE, "good.event");
    for _ in 0..5 {
        simulation.tick();
    }
    simulation.waits.clear();
    for scope in 1..=5 {
        for _ in 0..8 {
            simulation.publish(ScopeNo(scope), "bad.event");
        }
    }
    for millisecond in 0..20_000 {
        if millisecond % 2 == 0 {
            simulation.publish(SCOPE, "good.event");
        }
        if millisecond % 500 == 0 {
            simulation.publish(ScopeNo(1 + millisecond / 500 % 5), "bad.event");
        }
        simulation.tick();
    }
    assert_eq!(simulation.waits.len(), 10_000);
    assert!(simulation.waits.iter().all(|wait| *wait == Span(0)), "each starts at once");
}

#[test]
fn a_newcomer_starts_at_once_beside_endpoints_that_hang_and_ones_that_used_to_answer() {
    let mut simulation = Simulation::new();
    for number in 0..200_u32 {
        simulation.endpoint(ScopeNo(1 + number % 4), "bad.*", false);
    }
    for scope in 1..=4 {
        simulation.publish(ScopeNo(scope), "bad.event");
    }
    for _ in 0..10 {
        simulation.tick();
    }
    // They answered well; from now on none does.
    let endpoints = (1..=4).flat_map(|scope| simulation.world.state.endpoints(ScopeNo(scope)));
    simulation.hanging = endpoints.map(|view| view.endpoint).collect();
    simulation.waits.clear();
    for scope in 1..=4 {
        for _ in 0..16 {
            simulation.publish(ScopeNo(scope), "bad.event");
        }
    }
    simulation.tick();
    simulation.endpoint(ScopeNo(9), "good.*", false);
    for _ in 0..50 {
        simulation.publish(ScopeNo(9), "good.event");
        simulation.tick();
    }
    assert_eq!(simulation.waits.len(), 50);
    assert!(simulation.waits.iter().all(|wait| *wait <= Span::millis(3)));
}

#[test]
fn one_that_times_out_gets_fewer_places_and_earns_them_back() {
    let mut simulation = Simulation::new();
    simulation.endpoint(SCOPE, "bad.*", true);
    for _ in 0..64 {
        simulation.publish(SCOPE, "bad.event");
    }
    simulation.tick();
    assert_eq!(simulation.scheduler.in_flight(), 16);
    for _ in 0..15_000 {
        simulation.tick();
    }
    assert_eq!(simulation.scheduler.in_flight(), 1, "sixteen that timed out");
    simulation.hanging.clear();
    let mut most = 0;
    for _ in 0..16_000 {
        simulation.tick();
        most = most.max(simulation.scheduler.in_flight());
    }
    assert_eq!(most, 16);
    assert_eq!(simulation.scheduler.in_flight(), 0);
}

#[test]
fn a_destination_that_has_enough_leaves_its_endpoint_asleep_and_its_place_free() {
    let mut world = World::new();
    let (_, first) = world.one(policy(&[0]));
    let second = world.publish("order.paid")[0];
    let mut scheduler = super::world::scheduler(&world.state, world.now);
    let (one, two) = (scheduler.poll_attempt(world.now), scheduler.poll_attempt(world.now));
    assert_eq!((one.unwrap().delivery, two.clone().unwrap().delivery), (first, second));
    let until = world.now.after(Span::millis(300));
    scheduler.handle_deferred(first, until);
    assert_eq!(scheduler.in_flight(), 1);
    assert_eq!(scheduler.poll_attempt(world.now), None);
    assert_eq!(scheduler.poll_timeout(), Some(until));
    let again = scheduler.clone().poll_attempt(until).unwrap();
    assert_eq!((again.delivery, again.number), (first, 1), "the same attempt");
    // A success shows that the destination takes more.
    let seen = world.log.len();
    world.take(outcome(&two.unwrap(), Answered(200)));
    for (header, events) in &world.log[seen..] {
        scheduler.handle_event(world.now, header, 0, &events[0]);
    }
    assert_eq!(scheduler.poll_attempt(world.now).unwrap().delivery, first);
}
