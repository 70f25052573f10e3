//! Random commands, outcomes, restarts and delays: what must hold whatever happens.

use super::scheduler::Following;
use super::world::{PARTITION, SCOPE, World, create, outcome, policy, publish, replay, scheduler};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use zentra_delivery::{
    Deliveries, DeliveryCommand, DeliveryStatus, DeliveryView, EndpointCounts, EndpointStatus,
    Scheduler, StartAttempt,
};
use zentra_events::event::{AttemptResult, RetryPolicyV1};
use zentra_events::{Code, DeliveryId, EndpointId, Event, Span, Timestamp};
use zentra_table::section_bytes;

#[derive(Clone, Debug)]
enum Step {
    Create { concurrency: u32, disable_after: u32 },
    Publish,
    Disable(usize),
    Enable(usize),
    Delete(usize),
    Rotate(usize),
    Replay(Vec<usize>),
    Resolve(usize),
    Resend(usize),
    EndVersion(usize, u32),
    Poll,
    Finish { which: usize, status: u16 },
    Stale { which: usize, number: u32 },
    Wait(u64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => (1..4_u32, 0..3_u32)
            .prop_map(|(concurrency, disable_after)| Step::Create { concurrency, disable_after }),
        4 => Just(Step::Publish),
        1 => any::<usize>().prop_map(Step::Disable),
        2 => any::<usize>().prop_map(Step::Enable),
        1 => any::<usize>().prop_map(Step::Delete),
        1 => any::<usize>().prop_map(Step::Rotate),
        2 => prop::collection::vec(any::<usize>(), 0..5).prop_map(Step::Replay),
        2 => any::<usize>().prop_map(Step::Resolve),
        2 => any::<usize>().prop_map(Step::Resend),
        1 => (any::<usize>(), 0..4_u32).prop_map(|(which, no)| Step::EndVersion(which, no)),
        6 => Just(Step::Poll),
        6 => (any::<usize>(), prop::sample::select(vec![200, 204, 301, 410, 500, 503]))
            .prop_map(|(which, status)| Step::Finish { which, status }),
        1 => (any::<usize>(), 0..6_u32)
            .prop_map(|(which, number)| Step::Stale { which, number }),
        3 => (0..3_000_u64).prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ]
}

/// A world under random steps, with what it is checked against.
struct Run {
    following: Following,
    endpoints: Vec<EndpointId>,
    deliveries: Vec<DeliveryId>,
    under_way: Vec<StartAttempt>,
    recorded: BTreeMap<DeliveryId, u32>,
}

impl Run {
    fn new() -> Run {
        Run {
            following: Following::new(World::new()),
            endpoints: Vec::new(),
            deliveries: Vec::new(),
            under_way: Vec::new(),
            recorded: BTreeMap::new(),
        }
    }

    fn step(&mut self, step: &Step) {
        let endpoint = |which: &usize| {
            let count = self.endpoints.len();
            (count > 0).then(|| self.endpoints[which % count])
        };
        let delivery = |which: &usize| {
            let count = self.deliveries.len();
            (count > 0).then(|| self.deliveries[which % count])
        };
        let reason = String::new();
        let command = match step {
            Step::Create { concurrency, disable_after } => {
                let (concurrency, disable_after) = (*concurrency, *disable_after);
                let policy = policy(&[0, 1_000, 1_500]);
                Some(create(&["*"], RetryPolicyV1 { concurrency, disable_after, ..policy }))
            }
            Step::Publish => Some(publish("order.paid")),
            Step::Disable(which) => {
                endpoint(which).map(|endpoint| DeliveryCommand::DisableEndpoint { endpoint })
            }
            Step::Enable(which) => {
                endpoint(which).map(|endpoint| DeliveryCommand::EnableEndpoint { endpoint })
            }
            Step::Delete(which) => {
                endpoint(which).map(|endpoint| DeliveryCommand::DeleteEndpoint { endpoint })
            }
            Step::Rotate(which) => endpoint(which).map(|endpoint| {
                let (sealed, overlap) = (vec![1], Span::millis(500));
                DeliveryCommand::RotateSecret { endpoint, sealed, overlap }
            }),
            Step::Replay(which) => {
                Some(replay(&which.iter().filter_map(delivery).collect::<Vec<_>>()))
            }
            Step::Resolve(which) => delivery(which)
                .map(|delivery| DeliveryCommand::ResolveDelivery { delivery, reason }),
            Step::Resend(which) => {
                delivery(which).map(|delivery| DeliveryCommand::Resend { delivery, reason })
            }
            Step::EndVersion(which, version) => endpoint(which)
                .map(|endpoint| DeliveryCommand::EndSecretVersion { endpoint, version: *version }),
            Step::Stale { which, number } => delivery(which).and_then(|delivery| {
                let is_next = *number == self.following.world.delivery(delivery).attempts + 1;
                let attempt = super::world::attempt(*number, AttemptResult::Answered(200));
                let retry_after = None;
                let late = DeliveryCommand::AttemptFinished { delivery, attempt, retry_after };
                (!is_next).then_some(late)
            }),
            _ => return self.drive(step),
        };
        if let Some(command) = command {
            let submitted = self.submit(&command);
            let is_stale = matches!(step, Step::Stale { .. });
            assert!(!is_stale || submitted == Err(Code::StaleAttempt));
        }
    }

    fn drive(&mut self, step: &Step) {
        match step {
            Step::Poll => self.under_way.extend(self.following.poll()),
            Step::Finish { which, status } if !self.under_way.is_empty() => {
                let start = self.under_way.remove(which % self.under_way.len());
                let command = outcome(&start, AttemptResult::Answered(*status));
                match self.submit(&command) {
                    Ok(()) => {}
                    Err(code) => {
                        assert_eq!(code, Code::StaleAttempt);
                        self.following.catch_up();
                        self.following.scheduler.handle_abandoned(start.delivery);
                    }
                }
            }
            Step::Wait(ms) => {
                self.following.world.now = self.following.world.now.after(Span::millis(*ms));
            }
            Step::Restart => {
                // Attempts under way are forgotten; the snapshot is all that is left.
                self.under_way.clear();
                let world = &mut self.following.world;
                world.state = round_trip(&world.state);
                self.following.scheduler = scheduler(&world.state, world.now);
                self.following.seen = world.log.len();
            }
            _ => {}
        }
    }

    fn submit(&mut self, command: &DeliveryCommand) -> Result<(), Code> {
        let world = &mut self.following.world;
        let position = world.position();
        let events = world.run(SCOPE, command).map_err(|refusal| refusal.code)?;
        for (index, event) in events.iter().enumerate() {
            match event {
                Event::EndpointCreated(_) => {
                    self.endpoints.push(EndpointId::at(PARTITION, position, index as u16));
                }
                Event::DeliveryQueued(_) => {
                    self.deliveries.push(DeliveryId::at(PARTITION, position, index as u16));
                }
                Event::DeliverySucceeded(body) => self.count(body.delivery, body.attempt.number),
                Event::DeliveryFailed(body) => self.count(body.delivery, body.attempt.number),
                _ => {}
            }
        }
        Ok(())
    }

    fn count(&mut self, delivery: DeliveryId, number: u32) {
        let recorded = self.recorded.entry(delivery).or_default();
        *recorded += 1;
        assert_eq!(*recorded, number, "attempts are numbered once and without gaps");
    }

    fn check(&mut self) {
        self.following.catch_up();
        let world = &self.following.world;
        let mut waiting: BTreeMap<EndpointId, u64> = BTreeMap::new();
        let mut dead = 0;
        for delivery in &self.deliveries {
            let view = world.delivery(*delivery);
            let listening = world.view(view.endpoint).status == EndpointStatus::Listening;
            match view.status {
                DeliveryStatus::Pending => assert!(listening && view.next_attempt_at.is_some()),
                DeliveryStatus::Parked => assert!(!listening && view.next_attempt_at.is_none()),
                _ => assert_eq!(view.next_attempt_at, None),
            }
            dead += u64::from(view.status == DeliveryStatus::DeadLettered);
            if matches!(view.status, DeliveryStatus::Pending | DeliveryStatus::Parked) {
                *waiting.entry(view.endpoint).or_default() += 1;
            }
            let recorded = self.recorded.get(delivery).copied().unwrap_or_default();
            assert_eq!(view.attempts, recorded);
        }
        let mut counts = EndpointCounts { dead, ..EndpointCounts::default() };
        for endpoint in &self.endpoints {
            let view = world.view(*endpoint);
            if view.status != EndpointStatus::Deleted {
                counts.endpoints += 1;
                counts.filters += view.filters.len() as u64;
                counts.waiting += view.pending + view.parked;
            }
            let expected = waiting.get(endpoint).copied().unwrap_or_default();
            assert_eq!(view.pending + view.parked, expected);
            let flying = self.under_way.iter().filter(|start| start.endpoint == *endpoint).count();
            assert!(flying <= view.policy.concurrency as usize, "the cap holds");
        }
        assert_eq!(world.state.endpoint_counts(SCOPE), counts);
        let listeners = world.state.matching_len(SCOPE, "order.paid");
        assert_eq!(listeners as u64, counts.endpoints, "each live endpoint here takes every type");
        assert_eq!(world.state.listens(SCOPE, "order.paid"), listeners > 0);
        assert_eq!(self.under_way.len(), self.following.scheduler.in_flight());
        let distinct: BTreeSet<_> = self.under_way.iter().map(|start| start.delivery).collect();
        assert_eq!(distinct.len(), self.under_way.len(), "one attempt of a delivery at a time");
        assert!(round_trip(&world.state) == world.state);
        self.check_what_is_watched(&distinct);
    }

    /// What an operator watches, against every delivery one by one.
    fn check_what_is_watched(&self, under_way: &BTreeSet<DeliveryId>) {
        let Following { world, scheduler, .. } = &self.following;
        let waits = self.deliveries.iter().filter(|delivery| !under_way.contains(delivery));
        let views: Vec<DeliveryView> = waits.map(|delivery| world.delivery(*delivery)).collect();
        let is_parked = |view: &&DeliveryView| {
            let endpoint = world.view(view.endpoint).status;
            view.status == DeliveryStatus::Parked && endpoint != EndpointStatus::Deleted
        };
        assert_eq!(scheduler.parked(), views.iter().filter(is_parked).count());
        let oldest = views.iter().filter_map(|view| view.next_attempt_at).min();
        assert_eq!(scheduler.oldest_due(), oldest);
    }
}

pub(crate) fn round_trip(state: &Deliveries) -> Deliveries {
    let endpoints = section_bytes(|out| state.encode_endpoints(out));
    let deliveries = section_bytes(|out| state.encode_deliveries(out));
    Deliveries::decode(PARTITION, &endpoints, &deliveries).unwrap()
}

/// Everything that a scheduler starts by `until`, when each attempt is given back unreported: per
/// endpoint, in order, with the time.
fn starts(
    mut scheduler: Scheduler,
    from: Timestamp,
    until: Timestamp,
) -> BTreeMap<EndpointId, Vec<(Timestamp, DeliveryId, u32, usize)>> {
    let mut found: BTreeMap<EndpointId, Vec<_>> = BTreeMap::new();
    let mut now = from;
    loop {
        while let Some(start) = scheduler.poll_attempt(now) {
            let row = (now, start.delivery, start.number, start.secret_versions.len());
            found.entry(start.endpoint).or_default().push(row);
        }
        match scheduler.poll_timeout() {
            Some(due) if due <= until => now = now.max(due),
            _ => return found,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn no_delivery_is_lost_and_no_attempt_counts_twice(
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut run = Run::new();
        for step in &steps {
            run.step(step);
            run.check();
        }
    }

    #[test]
    fn a_scheduler_from_state_starts_what_one_from_events_starts(
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut run = Run::new();
        for step in &steps {
            run.step(step);
        }
        run.following.catch_up();
        for start in std::mem::take(&mut run.under_way) {
            run.following.scheduler.handle_abandoned(start.delivery);
        }
        let Following { world, scheduler, .. } = run.following;
        let until = world.now.after(Span::seconds(60));
        let fresh = starts(super::world::scheduler(&world.state, world.now), world.now, until);
        prop_assert_eq!(starts(scheduler, world.now, until), fresh);
    }

    #[test]
    fn everything_pending_is_delivered_in_the_end(
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let mut run = Run::new();
        for step in &steps {
            run.step(step);
        }
        loop {
            while let Some(start) = run.following.poll() {
                run.under_way.push(start);
            }
            if run.under_way.is_empty() {
                match run.following.scheduler.poll_timeout() {
                    Some(due) => run.following.world.now = due,
                    None => break,
                }
            }
            while !run.under_way.is_empty() {
                run.step(&Step::Finish { which: 0, status: 200 });
            }
        }
        for delivery in &run.deliveries {
            let status = run.following.world.delivery(*delivery).status;
            prop_assert_ne!(status, DeliveryStatus::Pending);
        }
    }

    #[test]
    fn an_endpoint_with_due_work_waits_for_at_most_one_start_of_each_other(
        loads in prop::collection::vec(1..30_usize, 2..8),
    ) {
        let mut world = World::new();
        for (number, load) in loads.iter().enumerate() {
            let name = format!("t{number}");
            world.endpoint(&[&name], RetryPolicyV1 { concurrency: 256, ..policy(&[0]) });
            for _ in 0..*load {
                world.publish(&name);
            }
        }
        let queues = loads.len();
        let order: Vec<_> =
            Following::new(world).poll_all().into_iter().map(|start| start.endpoint).collect();
        prop_assert_eq!(order.len(), loads.iter().sum::<usize>());
        let mut last: BTreeMap<EndpointId, usize> = BTreeMap::new();
        for (turn, endpoint) in order.iter().enumerate() {
            let before = last.insert(*endpoint, turn).map_or(0, |before| before + 1);
            prop_assert!(turn - before < queues, "{turn} after {before}");
        }
    }
}
