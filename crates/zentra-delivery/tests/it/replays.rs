//! Replays: which deliveries they take up, and what their attempts do and do not touch.

use super::world::{OTHER_SCOPE, PARTITION, World, policy, replay};
use zentra_delivery::{DeliveryCommand, DeliveryStatus, EndpointStatus};
use zentra_events::event::AttemptResult::{Answered, TimedOut};
use zentra_events::event::{DisableReason, RetryPolicyV1};
use zentra_events::limits::REPLAY_DELIVERIES_MAX;
use zentra_events::{Code, DeliveryId, Event, Position, ReplayId, Span};

#[test]
fn a_replay_takes_up_what_is_finished_and_names_what_it_leaves_out() {
    let mut world = World::new();
    let (_, delivered) = world.one(policy(&[0]));
    world.finish(delivered, Answered(200));
    let [dead, resolved, pending] = [0; 3].map(|_| world.publish("order.paid")[0]);
    world.kill(dead);
    world.kill(resolved);
    let reason = "told them".to_owned();
    world.take(DeliveryCommand::ResolveDelivery { delivery: resolved, reason });
    world.now = world.now.after(Span::seconds(9));
    let at = world.position();
    let events = world.take(replay(&[resolved, dead, dead, pending, delivered]));
    match &events[0] {
        Event::ReplayRequested(body) => {
            assert_eq!((body.named, body.skipped.as_slice()), (4, [pending].as_slice()));
        }
        other => panic!("{other:?}"),
    }
    let id = ReplayId::at(PARTITION, at, 0);
    let taken: Vec<_> = events[1..]
        .iter()
        .map(|event| match event {
            Event::DeliveryReplayed(body) => {
                assert_eq!((body.replay, body.due_at), (id, world.now));
                (body.delivery, body.attempts)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(taken, [(delivered, 1), (dead, 1), (resolved, 1)]);
    for delivery in [delivered, dead, resolved] {
        let view = world.delivery(delivery);
        assert_eq!((view.status, view.replay), (DeliveryStatus::Pending, Some(id)));
        assert_eq!((view.attempts, view.next_attempt_at), (1, Some(world.now)));
    }
    assert_eq!(world.refused(replay(&[delivered, pending])), Code::ReplayEmpty, "all are due");
}

#[test]
fn replays_are_refused() {
    let mut world = World::new();
    let (endpoint, delivery) = world.one(policy(&[0]));
    let unknown = DeliveryId::at(PARTITION, Position(77), 0);
    assert_eq!(world.refused(replay(&[])), Code::ReplayEmpty);
    assert_eq!(world.refused(replay(&[delivery])), Code::ReplayEmpty, "pending");
    world.kill(delivery);
    assert_eq!(world.refused(replay(&[delivery, unknown])), Code::NotFound);
    let other = world.run(OTHER_SCOPE, &replay(&[delivery])).unwrap_err().code;
    assert_eq!(other, Code::NotFound);
    let deliveries = vec![delivery];
    let (filter, reason) = (String::new(), "x".repeat(2_049));
    let long = DeliveryCommand::Replay { deliveries, filter, reason };
    assert_eq!(world.refused(long), Code::ValidationFailed);
    let deliveries = vec![delivery];
    let (filter, reason) = ("x".repeat(2_000_000), String::new());
    let long = DeliveryCommand::Replay { deliveries, filter, reason };
    assert_eq!(world.refused(long), Code::ValidationFailed);
    let many: Vec<_> = (0..=REPLAY_DELIVERIES_MAX as u64)
        .map(|number| DeliveryId::at(PARTITION, Position(number), 0))
        .collect();
    assert_eq!(world.refused(replay(&many)), Code::LimitReached);
    world.take(DeliveryCommand::DisableEndpoint { endpoint });
    assert_eq!(world.refused(replay(&[delivery])), Code::ReplayEmpty, "disabled");
    world.take(DeliveryCommand::DeleteEndpoint { endpoint });
    assert_eq!(world.refused(replay(&[delivery])), Code::ReplayEmpty, "deleted");
}

fn resend(delivery: DeliveryId) -> DeliveryCommand {
    DeliveryCommand::Resend { delivery, reason: "mended".to_owned() }
}

#[test]
fn what_waits_is_sent_now_under_its_own_number() {
    let mut world = World::new();
    let (endpoint, delivery) = world.one(policy(&[0, 60_000, 60_000]));
    world.finish(delivery, TimedOut);
    world.now = world.now.after(Span::seconds(1));
    let events = world.take(resend(delivery));
    let made_due = |event: &Event| match event {
        Event::DeliveryMadeDue(body) => Some((body.due_at, body.reason.clone())),
        _ => None,
    };
    assert_eq!(
        events.iter().map(made_due).collect::<Vec<_>>(),
        [Some((world.now, "mended".into()))]
    );
    let view = world.delivery(delivery);
    assert_eq!((view.status, view.attempts, view.replay), (DeliveryStatus::Pending, 1, None));
    assert_eq!(view.next_attempt_at, Some(world.now));
    assert_eq!(world.take(resend(delivery)).len(), 1, "it is due already, and again");
    world.finish(delivery, TimedOut);
    let next = world.delivery(delivery).next_attempt_at.unwrap();
    assert!(next.since(world.now) >= Span::seconds(60), "the schedule goes on");
    world.take(DeliveryCommand::DisableEndpoint { endpoint });
    assert_eq!(world.refused(resend(delivery)), Code::InvalidEndpointState);
    world.take(DeliveryCommand::EnableEndpoint { endpoint });
    let other = world.run(OTHER_SCOPE, &resend(delivery)).unwrap_err().code;
    assert_eq!(other, Code::NotFound);
    let long = DeliveryCommand::Resend { delivery, reason: "x".repeat(2_049) };
    assert_eq!(world.refused(long), Code::ValidationFailed);
}

#[test]
fn what_is_done_is_sent_now_by_a_replay_of_its_own() {
    let mut world = World::new();
    let (endpoint, delivery) = world.one(policy(&[0]));
    world.finish(delivery, Answered(200));
    let at = world.position();
    match &world.take(resend(delivery))[..] {
        [Event::ReplayRequested(asked), Event::DeliveryReplayed(body)] => {
            assert_eq!(asked.filter, format!("{{\"delivery_id\":\"{delivery}\"}}"));
            assert_eq!((asked.reason.as_str(), asked.named), ("mended", 1));
            assert_eq!(body.replay, ReplayId::at(PARTITION, at, 0));
        }
        other => panic!("{other:?}"),
    }
    world.finish(delivery, Answered(200));
    world.take(DeliveryCommand::DisableEndpoint { endpoint });
    assert_eq!(world.refused(resend(delivery)), Code::InvalidEndpointState);
}

#[test]
fn attempts_go_on_counting_and_the_schedule_starts_again() {
    let mut world = World::new();
    let (endpoint, delivery) = world.one(policy(&[0, 1_000, 2_000]));
    world.kill(delivery);
    let before = world.view(endpoint).health;
    world.take(replay(&[delivery]));
    let delay = |world: &World| {
        let view = world.delivery(delivery);
        view.next_attempt_at.map(|next| (view.attempts, next.since(world.now).0 / 1_000_000_000))
    };
    assert_eq!(delay(&world), Some((3, 0)));
    world.finish(delivery, TimedOut);
    assert_eq!(delay(&world), Some((4, 1)));
    world.finish(delivery, TimedOut);
    assert_eq!(delay(&world), Some((5, 2)));
    world.finish(delivery, TimedOut);
    assert_eq!(world.delivery(delivery).status, DeliveryStatus::DeadLettered);
    world.take(replay(&[delivery]));
    world.finish(delivery, Answered(200));
    let view = world.delivery(delivery);
    assert_eq!((view.status, view.attempts), (DeliveryStatus::Delivered, 7));
    assert_eq!(world.view(endpoint).health, before, "replays leave health alone");
}

#[test]
fn a_failing_replay_does_not_disable_but_gone_does() {
    let mut world = World::new();
    let (endpoint, delivery) = world.one(RetryPolicyV1 { disable_after: 2, ..policy(&[0]) });
    world.kill(delivery);
    for _ in 0..3 {
        world.take(replay(&[delivery]));
        world.kill(delivery);
    }
    assert_eq!(world.view(endpoint).status, EndpointStatus::Listening);
    world.take(replay(&[delivery]));
    world.finish(delivery, Answered(410));
    let reason = DisableReason::Gone;
    assert_eq!(world.view(endpoint).status, EndpointStatus::Disabled { reason });
    assert_eq!(world.delivery(delivery).status, DeliveryStatus::Parked);
}
