//! Endpoints, secrets and own events: what is taken and, row by row, what is refused.

use super::world::{OTHER_SCOPE, PARTITION, SCOPE, World, create, policy, publish};
use zentra_delivery::{
    CONCURRENCY_MAX, DELAY_MAX, Decision, DeliveryCommand, DeliveryStatus, EndpointStatus,
    SECRET_OVERLAP_MAX, SECRET_VERSIONS_MAX, STEP_DELAY_MIN, SecretChoice, TIMEOUT_MAX,
    TIMEOUT_MIN, check_policy, default_policy,
};
use zentra_events::event::{DisableReason, PublishedDataV1, RetryPolicyV1};
use zentra_events::limits::{EVENT_PAYLOAD_BYTES_MAX, RETRY_STEPS_MAX, TEXT_BYTES_MAX};
use zentra_events::{Code, EndpointId, Event, Position, SecretNo, Span, Timestamp};

fn with_url(text: &str) -> DeliveryCommand {
    let mut command = create(&["order.*"], default_policy());
    if let DeliveryCommand::CreateEndpoint { url, .. } = &mut command {
        *url = text.into();
    }
    command
}

fn with_secret(choice: SecretChoice) -> DeliveryCommand {
    let mut command = create(&["order.*"], default_policy());
    if let DeliveryCommand::CreateEndpoint { secret, .. } = &mut command {
        *secret = choice;
    }
    command
}

fn with_description(text: &str) -> DeliveryCommand {
    let mut command = create(&["order.*"], default_policy());
    if let DeliveryCommand::CreateEndpoint { description, .. } = &mut command {
        *description = text.into();
    }
    command
}

fn named(name: &str) -> DeliveryCommand {
    with_secret(SecretChoice::Named { name: name.into(), sealed_if_new: vec![9] })
}

fn own(sealed: Vec<u8>) -> DeliveryCommand {
    with_secret(SecretChoice::Own { sealed })
}

#[test]
fn creating_makes_secret_endpoint_and_the_event_that_tells() {
    let mut world = World::new();
    let events = world.take(create(&["webhook.*", "order.paid", "order.paid"], default_policy()));
    let names: Vec<_> = events.iter().map(Event::type_name).collect();
    let expected = [
        "webhook.secret.created",
        "webhook.endpoint.created",
        "event.published",
        "event.delivery.queued",
    ];
    assert_eq!(names, expected);
    let id = EndpointId::at(PARTITION, Position(0), 1);
    let view = world.view(id);
    assert_eq!(view.filters, ["order.paid", "webhook.*"]);
    assert_eq!((view.status, view.pending, view.parked), (EndpointStatus::Listening, 1, 0));
    assert_eq!((view.secret, view.secret_name), (SecretNo(0), None));
    match &events[2] {
        Event::EventPublished(body) => {
            assert_eq!(body.event_type.as_str(), "webhook.endpoint.created");
            let url = "https://hooks.example.com/in".to_owned();
            assert_eq!(body.data, PublishedDataV1::Endpoint { endpoint: id, url });
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(world.state.endpoint(OTHER_SCOPE, id), None);
    assert_eq!(world.state.endpoints(SCOPE).count(), 1);
    assert_eq!(world.state.endpoints(OTHER_SCOPE).count(), 0);
}

#[test]
fn a_star_takes_every_type_and_own_filters_only_theirs() {
    let mut world = World::new();
    world.endpoint(&["*"], default_policy());
    assert_eq!(world.view(EndpointId::at(PARTITION, Position(0), 1)).pending, 1);
    world.endpoint(&["order.paid"], default_policy());
    assert_eq!(world.publish("order.paid").len(), 2);
    assert_eq!(world.publish("order.lost").len(), 1);
    let none = world.state.fan_out(
        SCOPE,
        &"event.delivery.failed".parse().unwrap(),
        zentra_events::EventId::at(PARTITION, Position(0), 0),
        world.now,
    );
    assert_eq!(none, []);
}

#[test]
fn a_named_secret_is_made_once_and_shared_in_its_scope() {
    let mut world = World::new();
    let first = world.take(named("whsec_live"));
    let again = world.take(named("whsec_live"));
    assert_eq!(first[0].type_name(), "webhook.secret.created");
    assert_eq!(again[0].type_name(), "webhook.endpoint.created");
    let other = world.run(OTHER_SCOPE, &named("whsec_live")).unwrap();
    assert_eq!(other[0].type_name(), "webhook.secret.created");
    let shared = world.state.secret_by_name(SCOPE, "whsec_live").unwrap();
    assert_eq!((shared.secret, shared.name.as_deref()), (SecretNo(0), Some("whsec_live")));
    assert_eq!(world.state.secret_by_name(OTHER_SCOPE, "whsec_live").unwrap().secret, SecretNo(1));
    assert_eq!(world.state.secret_by_name(SCOPE, "other"), None);
    assert_eq!(world.state.secret(SecretNo(2)), None);
}

#[test]
fn creations_are_refused() {
    let long = "x".repeat(TEXT_BYTES_MAX + 1);
    let rows: Vec<(&str, DeliveryCommand, Code)> = vec![
        ("no url", with_url(""), Code::UrlNotAllowed),
        ("long url", with_url(&"u".repeat(2049)), Code::UrlNotAllowed),
        ("no filter", create(&[], default_policy()), Code::FilterInvalid),
        ("bad filter", create(&["order.*.x"], default_policy()), Code::FilterInvalid),
        ("own tail", create(&["event.delivery.*"], default_policy()), Code::FilterInvalid),
        ("no step", create(&["*"], policy(&[])), Code::PolicyInvalid),
        ("long text", with_description(&long), Code::ValidationFailed),
        ("no name", named(""), Code::SecretInvalid),
        ("bad name", named("a secret"), Code::SecretInvalid),
        ("base64", named("whsec_+/=="), Code::SecretInvalid),
        ("nothing sealed", own(vec![]), Code::SecretInvalid),
        ("too much sealed", own(vec![0; 4096]), Code::SecretInvalid),
    ];
    let mut world = World::new();
    for (row, command, code) in rows {
        assert_eq!(world.refused(command), code, "{row}");
    }
}

#[test]
fn policies_have_bounds() {
    let base = default_policy;
    let good = [
        RetryPolicyV1 { schedule_ns: vec![DELAY_MAX; RETRY_STEPS_MAX], ..base() },
        RetryPolicyV1 { schedule_ns: vec![Span(0), STEP_DELAY_MIN], ..base() },
        RetryPolicyV1 { timeout_ns: TIMEOUT_MIN, concurrency: 1, ..base() },
        RetryPolicyV1 { timeout_ns: TIMEOUT_MAX, concurrency: CONCURRENCY_MAX, ..base() },
        RetryPolicyV1 { disable_after: u32::MAX, ..base() },
    ];
    for policy in good {
        assert_eq!(check_policy(&policy), Ok(()), "{policy:?}");
    }
    let bad = [
        RetryPolicyV1 { schedule_ns: vec![], ..base() },
        RetryPolicyV1 { schedule_ns: vec![Span(0); 2], ..base() },
        RetryPolicyV1 { schedule_ns: vec![Span(0), Span(STEP_DELAY_MIN.0 - 1)], ..base() },
        RetryPolicyV1 { schedule_ns: vec![Span(0); RETRY_STEPS_MAX + 1], ..base() },
        RetryPolicyV1 { schedule_ns: vec![Span(DELAY_MAX.0 + 1)], ..base() },
        RetryPolicyV1 { timeout_ns: Span(TIMEOUT_MIN.0 - 1), ..base() },
        RetryPolicyV1 { timeout_ns: Span(TIMEOUT_MAX.0 + 1), ..base() },
        RetryPolicyV1 { concurrency: 0, ..base() },
        RetryPolicyV1 { concurrency: CONCURRENCY_MAX + 1, ..base() },
    ];
    for policy in bad {
        assert_eq!(check_policy(&policy).unwrap_err().code, Code::PolicyInvalid, "{policy:?}");
    }
}

#[test]
fn every_status_allows_its_moves_only() {
    let mut world = World::new();
    let endpoint = world.endpoint(&["order.*"], default_policy());
    let disable = || DeliveryCommand::DisableEndpoint { endpoint };
    let enable = || DeliveryCommand::EnableEndpoint { endpoint };
    let delete = || DeliveryCommand::DeleteEndpoint { endpoint };
    let rotate = || {
        let (sealed, overlap) = (vec![1], Span(0));
        DeliveryCommand::RotateSecret { endpoint, sealed, overlap }
    };
    assert_eq!(world.refused(enable()), Code::InvalidEndpointState);
    world.take(disable());
    let reason = DisableReason::Operator;
    assert_eq!(world.view(endpoint).status, EndpointStatus::Disabled { reason });
    assert_eq!(world.refused(disable()), Code::InvalidEndpointState);
    world.take(rotate());
    world.take(enable());
    assert_eq!(world.view(endpoint).status, EndpointStatus::Listening);
    world.take(delete());
    let last = world.view(endpoint).last;
    assert_eq!(world.decide(SCOPE, &delete()), Decision::Repeat(last), "it is so already");
    for command in [disable(), enable(), rotate()] {
        assert_eq!(world.refused(command), Code::InvalidEndpointState);
    }
    let elsewhere = EndpointId::at(PARTITION + 1, Position(0), 1);
    let rows = [endpoint, elsewhere, EndpointId::at(PARTITION, Position(99), 0)];
    for (row, endpoint) in rows.into_iter().enumerate() {
        let scope = if row == 0 { OTHER_SCOPE } else { SCOPE };
        let sealed = vec![1];
        let commands = [
            DeliveryCommand::DisableEndpoint { endpoint },
            DeliveryCommand::EnableEndpoint { endpoint },
            DeliveryCommand::DeleteEndpoint { endpoint },
            DeliveryCommand::RotateSecret { endpoint, sealed, overlap: Span(0) },
        ];
        for command in commands {
            assert_eq!(world.run(scope, &command).unwrap_err().code, Code::NotFound, "{row}");
        }
    }
}

#[test]
fn disabling_parks_and_enabling_makes_due_at_once() {
    let mut world = World::new();
    let (endpoint, first) = world.one(policy(&[60_000]));
    world.take(DeliveryCommand::DisableEndpoint { endpoint });
    let second = world.publish("order.paid")[0];
    for delivery in [first, second] {
        let view = world.delivery(delivery);
        assert_eq!((view.status, view.next_attempt_at), (DeliveryStatus::Parked, None));
    }
    let (_, events) = world.log.last().unwrap();
    assert!(matches!(&events[1], Event::DeliveryQueued(body) if body.parked));
    assert_eq!((world.view(endpoint).pending, world.view(endpoint).parked), (0, 2));
    world.now = world.now.after(Span::seconds(5));
    world.take(DeliveryCommand::EnableEndpoint { endpoint });
    for delivery in [first, second] {
        let view = world.delivery(delivery);
        assert_eq!(view.status, DeliveryStatus::Pending);
        assert_eq!(view.next_attempt_at, Some(world.now));
    }
    let third = world.publish("order.paid")[0];
    assert_eq!(world.delivery(third).next_attempt_at, Some(world.now.after(Span::seconds(60))));
    world.take(DeliveryCommand::DeleteEndpoint { endpoint });
    assert_eq!(world.delivery(first).status, DeliveryStatus::Parked);
    assert_eq!(world.publish("order.paid"), []);
}

#[test]
fn rotation_overlaps_and_never_lengthens() {
    let mut world = World::new();
    let endpoint = world.endpoint(&["order.*"], default_policy());
    let secret = world.view(endpoint).secret;
    let rotate = |seconds| {
        let (sealed, overlap) = (vec![seconds as u8], Span::seconds(seconds));
        DeliveryCommand::RotateSecret { endpoint, sealed, overlap }
    };
    let until = |seconds| Some(world_start().after(Span::seconds(seconds)));
    let versions = |world: &World| {
        let view = world.state.secret(secret).unwrap();
        view.versions.iter().map(|found| (found.version, found.valid_until)).collect::<Vec<_>>()
    };
    world.take(rotate(100));
    assert_eq!(versions(&world), [(2, None), (1, until(100))]);
    world.take(rotate(50));
    assert_eq!(versions(&world), [(3, None), (2, until(50)), (1, until(50))]);
    world.take(rotate(200));
    assert_eq!(versions(&world), [(4, None), (3, until(200)), (2, until(50)), (1, until(50))]);
    for _ in 0..10 {
        world.take(rotate(0));
    }
    let kept = versions(&world);
    assert_eq!((kept.len(), kept[0]), (SECRET_VERSIONS_MAX, (14, None)));
    let (sealed, overlap) = (vec![1], Span(SECRET_OVERLAP_MAX.0 + 1));
    let long = DeliveryCommand::RotateSecret { endpoint, sealed, overlap };
    assert_eq!(world.refused(long), Code::SecretInvalid);
    let (sealed, overlap) = (vec![], Span(0));
    let empty = DeliveryCommand::RotateSecret { endpoint, sealed, overlap };
    assert_eq!(world.refused(empty), Code::SecretInvalid);
}

#[test]
fn a_rotation_never_ends_a_version_before_the_time_that_was_promised() {
    let mut world = World::new();
    let endpoint = world.endpoint(&["order.*"], default_policy());
    let secret = world.view(endpoint).secret;
    let rotate = |seconds| DeliveryCommand::RotateSecret {
        endpoint,
        sealed: vec![1],
        overlap: Span::seconds(seconds),
    };
    for _ in 1..SECRET_VERSIONS_MAX {
        world.take(rotate(100));
    }
    assert_eq!(world.refused(rotate(100)), Code::LimitReached);
    let view = world.state.secret(secret).unwrap();
    assert_eq!(view.versions.len(), SECRET_VERSIONS_MAX);
    assert_eq!(view.versions.last().map(|oldest| oldest.version), Some(1), "none was dropped");
    world.now = world.now.after(Span::seconds(100));
    world.take(rotate(100));
    for _ in 2..SECRET_VERSIONS_MAX {
        world.take(rotate(100));
    }
    assert_eq!(world.refused(rotate(100)), Code::LimitReached);
    world.take(rotate(0));
    let signing = world.state.secret(secret).unwrap().versions;
    let now = world.now;
    let signing = signing.iter().filter(|one| one.valid_until.is_none_or(|until| now < until));
    assert_eq!(signing.count(), 1, "an overlap of nothing ends them all");
}

#[test]
fn one_old_version_of_a_secret_is_ended_alone() {
    let mut world = World::new();
    let endpoint = world.endpoint(&["order.*"], default_policy());
    let secret = world.view(endpoint).secret;
    let rotate =
        || DeliveryCommand::RotateSecret { endpoint, sealed: vec![1], overlap: Span::seconds(100) };
    let end = |version| DeliveryCommand::EndSecretVersion { endpoint, version };
    assert_eq!(world.refused(end(1)), Code::InvalidSecretState, "the current one");
    for _ in 1..SECRET_VERSIONS_MAX {
        world.take(rotate());
    }
    assert_eq!(world.refused(rotate()), Code::LimitReached);
    world.now = world.now.after(Span::seconds(9));
    world.take(end(3));
    let until = |version| {
        let versions = world.state.secret(secret).unwrap().versions;
        versions.iter().find(|known| known.version == version).unwrap().valid_until
    };
    let promised = Some(world_start().after(Span::seconds(100)));
    assert_eq!((until(2), until(3), until(4)), (promised, Some(world.now), promised));
    assert_eq!(world.refused(end(3)), Code::InvalidSecretState, "ended already");
    for unknown in [0, 9] {
        assert_eq!(world.refused(end(unknown)), Code::NotFound);
    }
    assert_eq!(world.run(OTHER_SCOPE, &end(2)).unwrap_err().code, Code::NotFound);
    world.take(rotate());
    assert_eq!(world.refused(end(9)), Code::InvalidSecretState, "the current one");
    world.take(DeliveryCommand::DeleteEndpoint { endpoint });
    assert_eq!(world.refused(end(2)), Code::InvalidEndpointState);
}

fn world_start() -> Timestamp {
    super::world::START
}

#[test]
fn reserved_types_and_wrong_sizes_are_not_published() {
    let mut world = World::new();
    for family in ["transfer", "payout", "webhook", "event", "intent", "zentra"] {
        assert_eq!(world.refused(publish(&format!("{family}.made"))), Code::EventTypeReserved);
        world.take(publish(family));
        world.take(publish(&format!("{family}s.made")));
    }
    for bytes in [0, EVENT_PAYLOAD_BYTES_MAX + 1] {
        let event_type = "order.paid".parse().unwrap();
        let command = DeliveryCommand::Publish { event_type, data: "1".repeat(bytes) };
        assert_eq!(world.refused(command), Code::ValidationFailed, "{bytes}");
    }
}

#[test]
fn a_page_of_endpoints_looks_at_few_whatever_the_scope_has() {
    let mut world = World::new();
    let ids: Vec<EndpointId> =
        (0..30).map(|_| world.endpoint(&["order.*"], default_policy())).collect();
    for endpoint in &ids[2..28] {
        world.take(DeliveryCommand::DeleteEndpoint { endpoint: *endpoint });
    }
    let (mut found, mut pages, mut before) = (Vec::new(), 0, None);
    loop {
        let (page, next) = world.state.endpoints_before(SCOPE, before, (3, 10));
        found.extend(page.iter().map(|endpoint| endpoint.endpoint));
        pages += 1;
        match next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    assert_eq!((found, pages), (vec![ids[29], ids[28], ids[1], ids[0]], 3));
    assert_eq!(world.state.endpoints_before(OTHER_SCOPE, None, (3, 10)), (vec![], None));
}
