//! The scheduler: what it starts, when, how many at once, and in whose turn.

use super::world::{SCOPE, World, outcome, policy, replay, scheduler};
use std::collections::BTreeMap;
use zentra_delivery::{
    DeliveryCommand, DeliveryStatus, Scheduler, StartAttempt, Times, default_policy,
};
use zentra_events::event::AttemptResult::{Answered, TimedOut};
use zentra_events::event::RetryPolicyV1;
use zentra_events::{Code, DeliveryId, EndpointId, Event, Span, Timestamp};

/// A world and the scheduler that follows its log.
pub(crate) struct Following {
    pub(crate) world: World,
    pub(crate) scheduler: Scheduler,
    pub(crate) seen: usize,
}

impl Following {
    pub(crate) fn new(world: World) -> Following {
        let (scheduler, seen) = (scheduler(&world.state, world.now), world.log.len());
        Following { world, scheduler, seen }
    }

    pub(crate) fn catch_up(&mut self) {
        for (header, events) in &self.world.log[self.seen..] {
            for (index, event) in events.iter().enumerate() {
                self.scheduler.handle_event(header.recorded_at, header, index as u16, event);
            }
        }
        self.seen = self.world.log.len();
    }

    pub(crate) fn poll(&mut self) -> Option<StartAttempt> {
        self.catch_up();
        self.scheduler.poll_attempt(self.world.now)
    }

    pub(crate) fn poll_all(&mut self) -> Vec<StartAttempt> {
        std::iter::from_fn(|| self.poll()).collect()
    }

    fn wait(&mut self) {
        self.catch_up();
        let due = self.scheduler.poll_timeout().unwrap();
        assert!(due > self.world.now);
        self.world.now = due;
    }
}

fn ids(starts: &[StartAttempt]) -> Vec<DeliveryId> {
    starts.iter().map(|start| start.delivery).collect()
}

#[test]
fn attempts_start_when_due_with_all_that_the_shell_needs() {
    let mut world = World::new();
    let (endpoint, delivery) = world.one(policy(&[0, 1_000]));
    let mut following = Following::new(world);
    let start = following.poll().unwrap();
    assert_eq!((start.delivery, start.endpoint, start.number), (delivery, endpoint, 1));
    assert_eq!((&*start.url, start.timeout), ("https://hooks.example.com/in", Span::seconds(15)));
    let versions: Vec<_> =
        start.secret_versions.iter().map(|(no, bytes)| (*no, &**bytes)).collect();
    assert_eq!(versions, [(1, [1, 2, 3].as_slice())]);
    assert_eq!(following.poll(), None);
    assert_eq!((following.scheduler.in_flight(), following.scheduler.poll_timeout()), (1, None));
    following.world.take(outcome(&start, TimedOut));
    assert_eq!(following.poll(), None);
    assert_eq!(following.scheduler.in_flight(), 0);
    following.wait();
    let start = following.poll().unwrap();
    assert_eq!((start.delivery, start.number), (delivery, 2));
    following.world.take(outcome(&start, Answered(200)));
    assert_eq!(following.poll(), None);
    assert_eq!(following.scheduler.poll_timeout(), None);
    following.world.take(replay(&[delivery]));
    let start = following.poll().unwrap();
    assert_eq!(start.number, 3);
    assert_eq!(start.replay, following.world.delivery(delivery).replay);
    assert_eq!(start.event, following.world.delivery(delivery).event);
}

#[test]
fn no_more_than_its_concurrency_is_under_way_to_an_endpoint() {
    let mut world = World::new();
    world.endpoint(&["order.*"], RetryPolicyV1 { concurrency: 3, ..default_policy() });
    let deliveries: Vec<_> = (0..5).map(|_| world.publish("order.paid")[0]).collect();
    let mut following = Following::new(world);
    let starts = following.poll_all();
    assert_eq!(ids(&starts), deliveries[..3]);
    assert_eq!(following.scheduler.poll_timeout(), None, "only an event can make room");
    following.world.take(outcome(&starts[1], Answered(200)));
    assert_eq!(ids(&following.poll_all()), deliveries[3..4]);
    following.scheduler.handle_abandoned(starts[0].delivery);
    assert_eq!(ids(&following.poll_all()), deliveries[..1], "it is due again, and was due first");
}

#[test]
fn endpoints_take_turns() {
    let mut world = World::new();
    let one = |name: &str, world: &mut World| {
        world.endpoint(&[name], RetryPolicyV1 { concurrency: 256, ..default_policy() })
    };
    let (busy, calm) = (one("busy", &mut world), one("calm", &mut world));
    for _ in 0..200 {
        world.publish("busy");
    }
    world.publish("calm");
    world.publish("calm");
    let mut following = Following::new(world);
    let starts = following.poll_all();
    let firsts: Vec<EndpointId> = starts[..4].iter().map(|start| start.endpoint).collect();
    assert_eq!(firsts, [busy, calm, busy, calm]);
    assert_eq!(starts.len(), 202);
}

#[test]
fn disabled_endpoints_start_nothing_and_enabled_ones_everything() {
    let mut world = World::new();
    let (endpoint, first) = world.one(policy(&[60_000]));
    let second = world.publish("order.paid")[0];
    let mut following = Following::new(world);
    following.world.take(DeliveryCommand::DisableEndpoint { endpoint });
    let third = following.world.publish("order.paid")[0];
    following.catch_up();
    assert_eq!(following.scheduler.poll_timeout(), None);
    following.world.now = following.world.now.after(Span::seconds(7200));
    assert_eq!(following.poll(), None);
    following.world.take(DeliveryCommand::EnableEndpoint { endpoint });
    let starts = following.poll_all();
    assert_eq!(ids(&starts), [first, second, third]);
    following.world.take(DeliveryCommand::DeleteEndpoint { endpoint });
    following.catch_up();
    for start in &starts {
        following.world.take(outcome(start, TimedOut));
    }
    assert_eq!((following.poll(), following.scheduler.in_flight()), (None, 0));
}

#[test]
fn an_outcome_that_comes_after_the_endpoint_was_disabled_is_not_lost_twice() {
    let mut world = World::new();
    let (endpoint, delivery) = world.one(policy(&[0]));
    let mut following = Following::new(world);
    let start = following.poll().unwrap();
    following.world.take(DeliveryCommand::DisableEndpoint { endpoint });
    following.world.take(DeliveryCommand::EnableEndpoint { endpoint });
    assert_eq!(following.poll(), None, "it is still under way");
    following.world.take(outcome(&start, Answered(200)));
    assert_eq!(following.poll(), None);
    assert_eq!(following.world.delivery(delivery).status, DeliveryStatus::Delivered);
}

#[test]
fn only_secret_versions_that_are_valid_sign() {
    let mut world = World::new();
    let (endpoint, _) = world.one(policy(&[0]));
    for (sealed, seconds) in [(vec![2], 100), (vec![3], 50)] {
        let overlap = Span::seconds(seconds);
        world.take(DeliveryCommand::RotateSecret { endpoint, sealed, overlap });
    }
    let versions = |now: Timestamp| {
        let start = scheduler(&world.state, world.now).poll_attempt(now).unwrap();
        start.secret_versions.iter().map(|(version, _)| *version).collect::<Vec<_>>()
    };
    assert_eq!(versions(world.now), [3, 2, 1]);
    assert_eq!(versions(world.now.after(Span::millis(49_999))), [3, 2, 1]);
    assert_eq!(versions(world.now.after(Span::seconds(50))), [3]);
}

#[test]
fn a_version_that_was_ended_signs_nothing_more() {
    let mut world = World::new();
    let (endpoint, _) = world.one(policy(&[0]));
    world.publish("order.paid");
    let overlap = Span::seconds(100);
    world.take(DeliveryCommand::RotateSecret { endpoint, sealed: vec![2], overlap });
    let (raw, mut scheduler) = ahead(&world);
    let versions = |scheduler: &mut Scheduler| {
        let start = scheduler.poll_attempt(raw).unwrap();
        start.secret_versions.iter().map(|(version, _)| *version).collect::<Vec<_>>()
    };
    assert_eq!(versions(&mut scheduler), [2, 1]);
    let seen = world.log.len();
    world.take(DeliveryCommand::EndSecretVersion { endpoint, version: 1 });
    tell(&mut scheduler, &world, seen, raw);
    assert_eq!(versions(&mut scheduler), [2]);
    assert_eq!(versions(&mut ahead(&world).1), [2], "after a restart, too");
}

#[test]
fn a_retry_that_is_asked_for_goes_out_at_once_and_no_attempt_twice() {
    let mut world = World::new();
    let (_, delivery) = world.one(policy(&[0, 60_000, 60_000]));
    let resend = || DeliveryCommand::Resend { delivery, reason: String::new() };
    let mut following = Following::new(world);
    let start = following.poll().unwrap();
    following.world.take(outcome(&start, TimedOut));
    assert_eq!(following.poll(), None, "it waits a minute");
    following.world.take(resend());
    let start = following.poll().unwrap();
    assert_eq!((start.delivery, start.number, start.replay), (delivery, 2, None));
    assert_eq!(following.poll(), None, "one attempt at a time");
    following.world.take(outcome(&start, Answered(200)));
    assert_eq!(following.poll(), None);
    assert_eq!(following.world.delivery(delivery).status, DeliveryStatus::Delivered);
}

#[test]
fn what_waits_by_a_clock_that_nobody_sets_is_sent_at_once_when_somebody_asks() {
    let mut world = World::new();
    let (_, delivery) = world.one(policy(&[0, 3_600_000]));
    let mut following = Following::new(world);
    let waiting = following.world.now;
    let start = following.poll().unwrap();
    following.world.take(outcome(&start, TimedOut));
    following.catch_up();
    // The system's clock is set forward by a day, and the log's time goes with it.
    following.world.now = following.world.now.after(Span::seconds(86_400));
    let seen = following.world.log.len();
    assert_eq!(following.scheduler.poll_attempt(waiting), None);
    following.world.take(DeliveryCommand::Resend { delivery, reason: String::new() });
    tell(&mut following.scheduler, &following.world, seen, waiting);
    let start = following.scheduler.poll_attempt(waiting).unwrap();
    assert_eq!((start.delivery, start.number), (delivery, 2));
}

#[test]
fn what_is_given_up_is_not_sent_and_an_attempt_under_way_keeps_its_place() {
    let mut world = World::new();
    let give_up = |delivery| DeliveryCommand::ResolveDelivery { delivery, reason: String::new() };
    world.endpoint(&["order.*"], RetryPolicyV1 { concurrency: 1, ..policy(&[0, 1_000]) });
    let ids: Vec<_> = (0..3).map(|_| world.publish("order.paid")[0]).collect();
    let mut following = Following::new(world);
    let start = following.poll().unwrap();
    assert_eq!(start.delivery, ids[0]);
    following.world.take(give_up(ids[0]));
    following.world.take(give_up(ids[1]));
    assert_eq!(following.poll(), None, "its only place is taken as long as the attempt lasts");
    assert_eq!(following.scheduler.in_flight(), 1);
    following.world.take(outcome(&start, Answered(500)));
    let last = following.poll().unwrap();
    assert_eq!(last.delivery, ids[2]);
    following.world.take(outcome(&last, Answered(200)));
    let again = replay(&[ids[0]]);
    following.world.take(again);
    let start = following.poll().unwrap();
    assert_eq!((start.delivery, start.number), (ids[0], 2));
    following.world.take(give_up(ids[0]));
    following.world.take(replay(&[ids[0]]));
    assert_eq!(following.poll(), None, "the attempt of the replay before is still under way");
    let late = following.world.run(SCOPE, &outcome(&start, Answered(500))).unwrap_err();
    assert_eq!(late.code, Code::StaleAttempt);
    following.scheduler.handle_abandoned(ids[0]);
    let start = following.poll().unwrap();
    assert_eq!((start.delivery, start.number), (ids[0], 2));
}

/// The log is ten minutes ahead, since its clock was set back.
fn ahead(world: &World) -> (Timestamp, Scheduler) {
    let raw = Timestamp(world.now.0 - Span::seconds(600).0);
    (raw, Scheduler::from_state(&world.state, Times { log: world.now, waiting: raw }, 512))
}

fn tell(scheduler: &mut Scheduler, world: &World, from: usize, now: Timestamp) {
    for (header, events) in &world.log[from..] {
        for (index, event) in events.iter().enumerate() {
            scheduler.handle_event(now, header, index as u16, event);
        }
    }
}

#[test]
fn a_clock_that_was_set_back_delays_nothing() {
    let mut world = World::new();
    let (endpoint, waiting) = world.one(policy(&[0, 5_000]));
    let (raw, mut scheduler) = ahead(&world);
    let start = scheduler.poll_attempt(raw).unwrap();
    assert_eq!(start.delivery, waiting, "what waited at the start");
    let mut seen = world.log.len();
    let published = world.publish("order.paid")[0];
    tell(&mut scheduler, &world, seen, raw);
    assert_eq!(scheduler.poll_attempt(raw).unwrap().delivery, published, "a new event");
    seen = world.log.len();
    world.take(outcome(&start, TimedOut));
    tell(&mut scheduler, &world, seen, raw);
    assert_eq!(scheduler.poll_attempt(raw), None);
    let due = scheduler.poll_timeout().unwrap();
    let wait = due.since(raw);
    assert!(wait >= Span::seconds(5) && wait < Span::millis(5_500), "a retry: {wait:?}");
    assert_eq!(scheduler.poll_attempt(due).unwrap().delivery, waiting);
    seen = world.log.len();
    world.take(DeliveryCommand::DisableEndpoint { endpoint });
    let parked = world.publish("order.paid")[0];
    world.take(DeliveryCommand::EnableEndpoint { endpoint });
    tell(&mut scheduler, &world, seen, due);
    assert_eq!(scheduler.poll_attempt(due).unwrap().delivery, parked, "enabling");
    let (raw, mut restarted) = ahead(&world);
    assert!(restarted.poll_attempt(raw).is_some(), "and a restart is no cure that is needed");
}

#[test]
fn a_secrets_overlap_lasts_as_long_as_was_asked_for_whatever_the_clock_did() {
    let mut world = World::new();
    let (endpoint, _) = world.one(policy(&[0]));
    for _ in 0..3 {
        world.publish("order.paid");
    }
    let (raw, mut scheduler) = ahead(&world);
    let (seen, overlap) = (world.log.len(), Span::seconds(100));
    world.take(DeliveryCommand::RotateSecret { endpoint, sealed: vec![2], overlap });
    tell(&mut scheduler, &world, seen, raw);
    let mut versions = |now| scheduler.poll_attempt(now).unwrap().secret_versions.len();
    assert_eq!(versions(raw.after(Span::millis(99_999))), 2);
    assert_eq!(versions(raw.after(overlap)), 1);
    let (raw, mut restarted) = ahead(&world);
    assert_eq!(restarted.poll_attempt(raw.after(overlap)).unwrap().secret_versions.len(), 1);
}

#[test]
fn time_that_is_told_to_go_back_starts_nothing_early() {
    let mut world = World::new();
    world.one(policy(&[1000]));
    let due = world.now.after(Span::seconds(1));
    let mut scheduler = scheduler(&world.state, world.now);
    assert_eq!(scheduler.poll_attempt(Timestamp(due.0 - 1)), None);
    assert_eq!(scheduler.poll_attempt(Timestamp(0)), None);
    assert_eq!(scheduler.poll_timeout(), Some(due));
    assert!(scheduler.poll_attempt(due).is_some());
}

#[test]
fn many_pending_deliveries_cost_little_each() {
    // The same few steps for the first and the last of them; a scan per poll would not end.
    let mut world = World::new();
    let endpoint = world.endpoint(&["order.*"], policy(&[0]));
    let mut scheduler = scheduler(&world.state, world.now);
    let events = world.take(super::world::publish("order.paid"));
    let (header, _) = world.log.last().unwrap().clone();
    let queued = events[1].clone();
    assert!(matches!(&queued, Event::DeliveryQueued(body) if body.endpoint == endpoint));
    let mut header = header;
    for number in 0..100_000 {
        header.position.0 = 10 + number;
        scheduler.handle_event(world.now, &header, 1, &queued);
    }
    let mut started = BTreeMap::new();
    while let Some(start) = scheduler.poll_attempt(world.now) {
        started.insert(start.delivery, start.number);
        scheduler.handle_event(
            world.now,
            &header,
            0,
            &zentra_events::event::DeliverySucceededV1 {
                delivery: start.delivery,
                attempt: super::world::attempt(1, Answered(200)),
            }
            .into(),
        );
    }
    assert_eq!(started.len(), 100_000);
}
