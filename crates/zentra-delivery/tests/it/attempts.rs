//! Outcomes of attempts: success, retries on the schedule, parking, dead letters, the fence.

use super::world::{OTHER_SCOPE, SCOPE, World, attempt, policy};
use zentra_delivery::{
    DeliveryCommand, DeliveryStatus, EndpointStatus, RETRY_AFTER_MAX, default_policy,
};
use zentra_events::event::AttemptResult::{
    Answered, BlockedAddress, ConnectFailed, DnsFailed, Internal, ProtocolFailed, TimedOut,
    TlsFailed,
};
use zentra_events::event::{DisableReason, RetryPolicyV1};
use zentra_events::{Code, DeliveryId, Event, Span};

fn names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(Event::type_name).collect()
}

#[test]
fn two_hundreds_deliver_and_everything_else_is_tried_again() {
    let rows = [
        (Answered(200), true),
        (Answered(204), true),
        (Answered(299), true),
        (Answered(199), false),
        (Answered(301), false),
        (Answered(308), false),
        (Answered(404), false),
        (Answered(429), false),
        (Answered(500), false),
        (Answered(999), false),
        (TimedOut, false),
        (BlockedAddress, false),
        (DnsFailed, false),
        (ConnectFailed, false),
        (TlsFailed, false),
        (ProtocolFailed, false),
        (Internal, false),
    ];
    for (result, succeeds) in rows {
        let mut world = World::new();
        let (endpoint, delivery) = world.one(default_policy());
        let events = world.finish(delivery, result);
        let (view, health) = (world.delivery(delivery), world.view(endpoint).health);
        assert_eq!((view.attempts, health.last_result), (1, Some(result)));
        if succeeds {
            assert_eq!(names(&events), ["event.delivery.succeeded"], "{result:?}");
            assert_eq!((view.status, view.next_attempt_at), (DeliveryStatus::Delivered, None));
            assert_eq!((health.succeeded, health.failed), (1, 0));
            assert_eq!(health.last_success_at, Some(world.now));
        } else {
            assert_eq!(names(&events), ["event.delivery.failed"], "{result:?}");
            assert_eq!(view.status, DeliveryStatus::Pending);
            assert!(view.next_attempt_at.unwrap() > world.now);
            assert_eq!((health.succeeded, health.failed), (0, 1));
            assert_eq!(health.last_failure_at, Some(world.now));
        }
    }
}

#[test]
fn a_used_up_schedule_is_a_dead_letter() {
    let mut world = World::new();
    let (endpoint, delivery) = world.one(policy(&[0, 1_000, 2_000]));
    world.finish(delivery, TimedOut);
    world.finish(delivery, TimedOut);
    let events = world.finish(delivery, TimedOut);
    assert_eq!(names(&events), ["event.delivery.failed", "event.delivery.dead_lettered"]);
    match (&events[0], &events[1]) {
        (Event::DeliveryFailed(failed), Event::DeliveryDeadLettered(dead)) => {
            assert_eq!((failed.next_attempt_at, dead.attempts), (None, 3));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(world.delivery(delivery).status, DeliveryStatus::DeadLettered);
    let view = world.view(endpoint);
    assert_eq!((view.pending, view.health.dead_lettered, view.health.failed), (0, 1, 3));
    assert_eq!(view.status, EndpointStatus::Listening, "never disabled by default");
}

#[test]
fn gone_disables_and_parks() {
    let mut world = World::new();
    let (endpoint, first) = world.one(policy(&[0]));
    let second = world.publish("order.paid")[0];
    let events = world.finish(first, Answered(410));
    assert_eq!(names(&events), ["event.delivery.failed", "webhook.endpoint.disabled"]);
    let reason = DisableReason::Gone;
    assert_eq!(world.view(endpoint).status, EndpointStatus::Disabled { reason });
    for delivery in [first, second] {
        assert_eq!(world.delivery(delivery).status, DeliveryStatus::Parked);
    }
    world.take(DeliveryCommand::EnableEndpoint { endpoint });
    assert_eq!(world.delivery(first).next_attempt_at, Some(world.now));
    let events = world.finish(first, Answered(500));
    assert_eq!(names(&events), ["event.delivery.failed", "event.delivery.dead_lettered"]);
    assert_eq!(world.delivery(first).attempts, 2);
}

#[test]
fn too_many_dead_letters_in_a_row_disable() {
    let mut world = World::new();
    let policy = RetryPolicyV1 { disable_after: 2, ..policy(&[0, 1_000]) };
    let (endpoint, first) = world.one(policy);
    world.kill(first);
    let good = world.publish("order.paid")[0];
    world.finish(good, Answered(200));
    assert_eq!(world.view(endpoint).health.consecutive_failures, 0);
    let rest: Vec<_> = (0..3).map(|_| world.publish("order.paid")[0]).collect();
    world.kill(rest[0]);
    assert_eq!(world.view(endpoint).status, EndpointStatus::Listening);
    world.kill(rest[1]);
    let reason = DisableReason::Failing;
    assert_eq!(world.view(endpoint).status, EndpointStatus::Disabled { reason });
    assert_eq!(world.delivery(rest[2]).status, DeliveryStatus::Parked);
    world.take(DeliveryCommand::EnableEndpoint { endpoint });
    assert_eq!(world.view(endpoint).health.consecutive_failures, 0);
}

#[test]
fn outcomes_that_are_not_next_are_stale() {
    let mut world = World::new();
    let (_, delivery) = world.one(policy(&[0, 1_000]));
    let outcome = |number| DeliveryCommand::AttemptFinished {
        delivery,
        attempt: attempt(number, Answered(200)),
        retry_after: None,
    };
    for number in [0, 2, u32::MAX] {
        assert_eq!(world.refused(outcome(number)), Code::StaleAttempt, "{number}");
    }
    world.finish(delivery, TimedOut);
    assert_eq!(world.refused(outcome(1)), Code::StaleAttempt, "counted already");
    let other = world.run(OTHER_SCOPE, &outcome(2)).unwrap_err().code;
    assert_eq!(other, Code::NotFound);
    let mut foreign = attempt(2, Answered(200));
    foreign.replay = Some("rpl_00000000000000000000".parse().unwrap());
    let foreign =
        DeliveryCommand::AttemptFinished { delivery, attempt: foreign, retry_after: None };
    assert_eq!(world.refused(foreign), Code::StaleAttempt, "of another replay");
    world.take(outcome(2));
    assert_eq!(world.refused(outcome(3)), Code::StaleAttempt, "delivered");
    let unknown = DeliveryCommand::AttemptFinished {
        delivery: "dlv_00000000000000000000".parse::<DeliveryId>().unwrap(),
        attempt: attempt(1, Answered(200)),
        retry_after: None,
    };
    assert_eq!(world.refused(unknown), Code::NotFound);
}

#[test]
fn retry_after_postpones_and_is_capped() {
    let rows = [
        (None, Span::seconds(1)),
        (Some(Span(0)), Span::seconds(1)),
        (Some(Span::seconds(120)), Span::seconds(120)),
        (Some(Span::seconds(1_000_000_000)), RETRY_AFTER_MAX),
        (Some(Span(u64::MAX)), RETRY_AFTER_MAX),
    ];
    for (retry_after, expected) in rows {
        let mut world = World::new();
        let (_, delivery) = world.one(policy(&[0, 1_000]));
        let attempt = attempt(1, Answered(503));
        world.take(DeliveryCommand::AttemptFinished { delivery, attempt, retry_after });
        let next = world.delivery(delivery).next_attempt_at.unwrap();
        let delay = next.since(world.now);
        let most = if expected == Span::seconds(1) { Span::millis(1_100) } else { expected };
        assert!((expected..=most).contains(&delay), "{retry_after:?}: {delay:?}");
    }
}

#[test]
fn what_waits_and_what_is_dead_is_resolved_once() {
    let mut world = World::new();
    let (_, delivery) = world.one(policy(&[0]));
    let resolve = |reason: &str| {
        let reason = reason.to_owned();
        DeliveryCommand::ResolveDelivery { delivery, reason }
    };
    world.kill(delivery);
    assert_eq!(world.refused(resolve(&"x".repeat(2_049))), Code::ValidationFailed);
    let other = world.run(OTHER_SCOPE, &resolve("told them")).unwrap_err().code;
    assert_eq!(other, Code::NotFound);
    world.take(resolve("told them"));
    assert_eq!(world.delivery(delivery).status, DeliveryStatus::Resolved);
    assert_eq!(world.refused(resolve("told them")), Code::InvalidDeliveryState);
    let detail = world.run(SCOPE, &resolve("told them")).unwrap_err().detail;
    assert!(detail.contains("the delivery is resolved"), "in the API's words: {detail}");
    let (attempt, retry_after) = (attempt(11, Answered(200)), None);
    let late = DeliveryCommand::AttemptFinished { delivery, attempt, retry_after };
    assert_eq!(world.refused(late), Code::StaleAttempt, "none was under way");
    let [pending, parked, delivered] = [0; 3].map(|_| world.publish("order.paid")[0]);
    let resolve = |delivery| {
        let reason = "told them".to_owned();
        DeliveryCommand::ResolveDelivery { delivery, reason }
    };
    world.finish(delivered, Answered(200));
    assert_eq!(world.refused(resolve(delivered)), Code::InvalidDeliveryState);
    world.take(resolve(pending));
    let endpoint = world.delivery(parked).endpoint;
    world.take(DeliveryCommand::DisableEndpoint { endpoint });
    world.take(resolve(parked));
    for delivery in [pending, parked] {
        let view = world.delivery(delivery);
        assert_eq!((view.status, view.next_attempt_at), (DeliveryStatus::Resolved, None));
    }
    assert_eq!((world.view(endpoint).pending, world.view(endpoint).parked), (0, 0));
}

#[test]
fn an_attempt_that_was_under_way_counts_after_its_delivery_was_given_up() {
    let mut world = World::new();
    let (endpoint, taken) = world.one(policy(&[0, 1_000]));
    let [failed, gone] = [0; 2].map(|_| world.publish("order.paid")[0]);
    for delivery in [taken, failed, gone] {
        let reason = "told them".to_owned();
        world.take(DeliveryCommand::ResolveDelivery { delivery, reason });
    }
    assert_eq!(names(&world.finish(taken, Answered(200))), ["event.delivery.succeeded"]);
    assert_eq!(world.delivery(taken).status, DeliveryStatus::Delivered);
    assert_eq!(names(&world.finish(failed, Answered(500))), ["event.delivery.failed"]);
    let events = world.finish(gone, Answered(410));
    assert_eq!(names(&events), ["event.delivery.failed", "webhook.endpoint.disabled"]);
    for delivery in [failed, gone] {
        let view = world.delivery(delivery);
        assert_eq!((view.status, view.attempts), (DeliveryStatus::Resolved, 1));
    }
    assert_eq!(world.view(endpoint).parked, 0);
}

#[test]
fn what_the_consumer_said_counts_whatever_became_of_the_endpoint() {
    let disable = |endpoint| DeliveryCommand::DisableEndpoint { endpoint };
    let delete = |endpoint| DeliveryCommand::DeleteEndpoint { endpoint };
    for end in [disable, delete] {
        let mut world = World::new();
        let (endpoint, first) = world.one(policy(&[0, 1_000]));
        let rest: Vec<_> = (0..3).map(|_| world.publish("order.paid")[0]).collect();
        world.take(end(endpoint));
        let status = world.view(endpoint).status;
        assert_eq!(names(&world.finish(first, Answered(200))), ["event.delivery.succeeded"]);
        assert_eq!(world.delivery(first).status, DeliveryStatus::Delivered);
        for (delivery, result) in [(rest[0], TimedOut), (rest[1], Answered(410))] {
            assert_eq!(names(&world.finish(delivery, result)), ["event.delivery.failed"]);
            let view = world.delivery(delivery);
            assert_eq!((view.status, view.attempts), (DeliveryStatus::Parked, 1));
        }
        let events = world.finish(rest[1], Answered(500));
        assert_eq!(names(&events), ["event.delivery.failed", "event.delivery.dead_lettered"]);
        assert_eq!(world.view(endpoint).status, status, "it is moved by none of it");
        assert_eq!((world.view(endpoint).parked, world.view(endpoint).health.succeeded), (2, 1));
    }
}

#[test]
fn a_success_counts_after_another_attempt_was_answered_gone() {
    let mut world = World::new();
    let (endpoint, first) = world.one(policy(&[0]));
    let second = world.publish("order.paid")[0];
    world.finish(first, Answered(410));
    assert_eq!(names(&world.finish(second, Answered(204))), ["event.delivery.succeeded"]);
    assert_eq!(world.delivery(second).status, DeliveryStatus::Delivered);
    let reason = DisableReason::Gone;
    assert_eq!(world.view(endpoint).status, EndpointStatus::Disabled { reason });
}
