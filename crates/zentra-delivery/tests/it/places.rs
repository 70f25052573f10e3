//! Places under random crowds: any number of scopes and endpoints that answer at once, late, never,
//! or not any more, and one beside them that answers.
//!
//! Time goes from event to event, by what the scheduler says: a wake-up that it misses is one that
//! never comes.

use super::world::{PARTITION, World, create, outcome, policy, publish};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use zentra_delivery::{DeliveryCommand, PLACES_MIN, Scheduler, StartAttempt, StartRate, Times};
use zentra_events::event::AttemptResult::{Answered, TimedOut};
use zentra_events::event::{AttemptV1, RetryPolicyV1};
use zentra_events::{DeliveryId, EndpointId, Event, ScopeNo, Span, Timestamp};

/// Of a scope that comes to a crowd.
const NEWCOMER: ScopeNo = ScopeNo(1_000_000);
/// How long it takes until what was cut off is reported.
const REPORT: Span = Span::millis(1);

#[derive(Clone, Copy, Debug)]
enum Kind {
    Answers,
    AnswersAfter(u64),
    Hangs,
    /// Answers for so many milliseconds.
    Turns(u64),
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        1 => Just(Kind::Answers),
        1 => (900..9_000_u64).prop_map(Kind::AnswersAfter),
        4 => Just(Kind::Hangs),
        2 => (0..5_000_u64).prop_map(Kind::Turns),
    ]
}

struct UnderWay {
    start: StartAttempt,
    since: Timestamp,
    hangs: bool,
}

struct Crowd {
    world: World,
    began: Timestamp,
    seen: usize,
    places: u32,
    scheduler: Scheduler,
    start_rate: StartRate,
    kinds: BTreeMap<EndpointId, Kind>,
    under_way: BTreeMap<(Timestamp, DeliveryId), UnderWay>,
    /// When it was queued, of each delivery that no attempt has started of.
    queued: BTreeMap<DeliveryId, Timestamp>,
    /// How long the newcomer's deliveries waited.
    waits: Vec<Span>,
}

impl Crowd {
    fn new(places: u32) -> Crowd {
        let world = World::new();
        let times = Times { log: world.now, waiting: world.now };
        let scheduler = Scheduler::from_state(&world.state, times, places);
        Crowd {
            began: world.now,
            world,
            seen: 0,
            places: places.max(PLACES_MIN),
            scheduler,
            start_rate: StartRate::of(2),
            kinds: BTreeMap::new(),
            under_way: BTreeMap::new(),
            queued: BTreeMap::new(),
            waits: Vec::new(),
        }
    }

    fn endpoint(&mut self, scope: ScopeNo, kind: Kind) {
        let position = self.world.position();
        let policy = RetryPolicyV1 { concurrency: 16, ..policy(&[0, 1_000]) };
        let events = self.world.run(scope, &create(&["load.*"], policy)).unwrap();
        let index = events.iter().position(|event| matches!(event, Event::EndpointCreated(_)));
        let id = EndpointId::at(PARTITION, position, index.unwrap() as u16);
        self.kinds.insert(id, kind);
    }

    fn publish(&mut self, scope: ScopeNo) {
        self.world.run(scope, &publish("load.event")).unwrap();
    }

    /// Lets time go on until then, or until nothing is left to wait for.
    fn go_on(&mut self, until: Option<Timestamp>) {
        loop {
            self.report();
            self.catch_up();
            self.start();
            let end = self.under_way.keys().next().map(|(at, _)| *at);
            let poll = self.scheduler.poll_timeout();
            assert!(poll.is_none_or(|at| at > self.world.now), "what is due has started");
            let next = end.into_iter().chain(poll).chain(self.paced()).min();
            match (next, until) {
                (Some(next), Some(until)) if next < until => self.world.now = next,
                (_, Some(until)) => {
                    self.world.now = until;
                    return;
                }
                (Some(next), None) => self.world.now = next,
                (None, None) => return,
            }
        }
    }

    fn report(&mut self) {
        let now = self.world.now;
        while let Some(first) = self.under_way.first_entry().filter(|end| end.key().0 <= now) {
            let UnderWay { start, since, hangs } = first.remove();
            let mut command = outcome(&start, if hangs { TimedOut } else { Answered(200) });
            if let DeliveryCommand::AttemptFinished { attempt, .. } = &mut command {
                *attempt = AttemptV1 { duration_ns: now.since(since), ..attempt.clone() };
            }
            self.world.run(start.scope, &command).unwrap();
        }
    }

    fn catch_up(&mut self) {
        for (header, events) in &self.world.log[self.seen..] {
            for (index, event) in events.iter().enumerate() {
                if matches!(event, Event::DeliveryQueued(_)) {
                    let id = DeliveryId::at(PARTITION, header.position, index as u16);
                    self.queued.insert(id, header.recorded_at);
                }
                self.scheduler.handle_event(header.recorded_at, header, index as u16, event);
            }
        }
        self.seen = self.world.log.len();
    }

    /// When the next attempt may start at an endpoint that is not known to be quick, if not now.
    fn paced(&self) -> Option<Timestamp> {
        Some(self.start_rate.opens_at()).filter(|opens| self.world.now < *opens)
    }

    fn start(&mut self) {
        let now = self.world.now;
        loop {
            let start = match self.paced() {
                Some(_) => self.scheduler.poll_quick_attempt(now),
                None => self.scheduler.poll_attempt(now),
            };
            while let Some(cut) = self.scheduler.poll_cut() {
                let at = *self.under_way.keys().find(|(_, id)| *id == cut).unwrap();
                let cut_off = self.under_way.remove(&at).unwrap();
                assert!(now.since(cut_off.since) >= Span::seconds(1), "it has had its time");
                let hanging = UnderWay { hangs: true, ..cut_off };
                self.under_way.insert((now.after(REPORT).min(at.0), cut), hanging);
            }
            let Some(start) = start else { break };
            if !start.quick {
                self.start_rate.take(now);
            }
            let took = match self.kinds[&start.endpoint] {
                Kind::AnswersAfter(millis) => Span::millis(millis),
                Kind::Hangs => start.timeout,
                Kind::Turns(millis) if now >= self.began.after(Span::millis(millis)) => {
                    start.timeout
                }
                Kind::Answers | Kind::Turns(_) => Span::millis(3),
            };
            let waited = self.queued.remove(&start.delivery).map(|queued| now.since(queued));
            if start.scope == NEWCOMER {
                self.waits.extend(waited);
            }
            let hangs = took >= start.timeout;
            let key = (now.after(took), start.delivery);
            self.under_way.insert(key, UnderWay { start, since: now, hangs });
        }
        assert!(self.scheduler.in_flight() <= self.places as usize);
        assert_eq!(self.scheduler.in_flight(), self.under_way.len());
    }
}

/// How long one that answers waits at most beside so many scopes: all places of a kind are free
/// again within a second, or two where all that could be cut off is young, and who holds none goes
/// first.
fn bound(places: u32, scopes: usize) -> Span {
    let new = (places.max(PLACES_MIN) as usize / 8).max(1);
    let rounds = (scopes + 1).div_ceil(new) as u64;
    Span(rounds * (Span::seconds(2).0 + 2 * REPORT.0))
}

/// Whether a scope that comes to so many others finds a place at once, of every kind.
fn finds_one(places: u32, scopes: usize) -> bool {
    let places = places as usize;
    scopes < places / 16 && 16 * scopes <= places / 4
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn one_that_answers_starts_within_the_bound_whatever_others_do(
        places in prop_oneof![0..64_u32, 64..2_000_u32],
        scopes in prop::collection::vec(prop::collection::vec(kind(), 1..6), 0..40),
        every_ms in 100..1_500_u64,
        comes_ms in 0..6_000_u64,
    ) {
        let mut crowd = Crowd::new(places);
        for (scope, kinds) in (0..).zip(&scopes) {
            for kind in kinds {
                crowd.endpoint(ScopeNo(scope), *kind);
            }
        }
        let end = comes_ms + 3_000;
        let mut times = BTreeSet::from_iter((0..end).step_by(every_ms as usize).map(|at| (at, 0)));
        times.extend((comes_ms..end).step_by(100).map(|at| (at, 1)));
        for (at, who) in times {
            crowd.go_on(Some(crowd.began.after(Span::millis(at))));
            if who == 0 {
                for scope in 0..scopes.len() {
                    crowd.publish(ScopeNo(scope as u32));
                }
            } else {
                if at == comes_ms {
                    crowd.endpoint(NEWCOMER, Kind::Answers);
                }
                crowd.publish(NEWCOMER);
            }
        }
        // Nothing starves: all goes out in the end.
        crowd.go_on(None);
        prop_assert!(crowd.queued.is_empty(), "{} never started", crowd.queued.len());
        prop_assert_eq!(crowd.scheduler.in_flight(), 0);
        prop_assert_eq!(crowd.waits.len(), 30);
        let longest = crowd.waits.iter().max().copied().unwrap_or_default();
        if finds_one(places, scopes.len()) {
            // But for the rate of starts: one of each other scope may go before it.
            let turns = Span::millis(scopes.len() as u64 + 1);
            prop_assert!(longest <= turns, "{longest:?}");
        }
        prop_assert!(longest <= bound(places, scopes.len()), "{longest:?}");
    }
}

#[test]
fn a_thousand_scopes_whose_new_endpoints_hang_delay_one_that_comes_by_seconds_only() {
    let mut crowd = Crowd::new(4_096);
    for scope in 0..1_000 {
        crowd.endpoint(ScopeNo(scope), Kind::Hangs);
        crowd.publish(ScopeNo(scope));
        crowd.publish(ScopeNo(scope));
    }
    crowd.go_on(Some(crowd.began.after(Span::millis(10))));
    crowd.endpoint(NEWCOMER, Kind::Answers);
    crowd.publish(NEWCOMER);
    crowd.go_on(Some(crowd.began.after(Span::seconds(5))));
    assert!(crowd.waits[0] <= Span::seconds(2), "{:?}", crowd.waits);
    crowd.publish(NEWCOMER);
    crowd.go_on(Some(crowd.began.after(Span::seconds(6))));
    assert_eq!(crowd.waits[1], Span(0));
}

#[test]
fn of_the_places_of_those_that_hang_each_scope_gets_as_many_however_late_it_comes() {
    let mut crowd = Crowd::new(512);
    for scope in 0..4 {
        for _ in 0..100 {
            crowd.endpoint(ScopeNo(scope), Kind::Hangs);
        }
        crowd.publish(ScopeNo(scope));
        crowd.go_on(Some(crowd.began.after(Span::seconds(3 * u64::from(scope) + 3))));
    }
    let mut held = [0; 4];
    for one in crowd.under_way.values() {
        held[one.start.scope.0 as usize] += 1;
    }
    let (least, most) = (held.iter().min().unwrap(), held.iter().max().unwrap());
    assert!(*least >= 30 && most - least <= 32, "{held:?}");
}
