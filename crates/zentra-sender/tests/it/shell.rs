//! From a published event to a recorded outcome, through the whole pipeline.

use super::receiver::{Receiver, Step};
use super::world::{SECRET, World, policy, wait_for};
use zentra_events::Event;
use zentra_events::event::AttemptResult::Answered;
use zentra_events::event::AttemptV1;
use zentra_signature::{SymmetricSecret, Verifier, VerifierKey};

fn answer(status: u16) -> Step {
    Step::Answer(format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n").into_bytes())
}

fn succeeded(event: &Event) -> Option<AttemptV1> {
    match event {
        Event::DeliverySucceeded(succeeded) => Some(succeeded.attempt.clone()),
        _ => None,
    }
}

fn failed(event: &Event) -> Option<AttemptV1> {
    match event {
        Event::DeliveryFailed(failed) => Some(failed.attempt.clone()),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_published_event_arrives_signed_and_its_outcome_is_recorded() {
    let receiver = Receiver::start(vec![answer(200)]).await;
    let world = World::new().await;
    let delivering = world.deliver().await;
    world.endpoint(receiver.url("/in"), policy(&[0])).await;
    world.publish(r#"{"order":"o-1"}"#).await;
    let attempts = wait_for(&world, 1, succeeded).await;
    delivering.stop().await;

    let received = receiver.received();
    let hook = received.iter().find(|hook| text(&hook.body).contains("order.paid")).unwrap();
    assert!(text(&hook.body).contains(r#"{"order":"o-1"}"#), "{}", text(&hook.body));
    let (id, seconds) = (&hook.headers["webhook-id"], &hook.headers["webhook-timestamp"]);
    let secret = SymmetricSecret::from_bytes(&SECRET).unwrap();
    let verifier = Verifier::new(vec![VerifierKey::Symmetric(secret)]);
    let signature = &hook.headers["webhook-signature"];
    let now = world.handle().now().seconds();
    verifier.verify(id, seconds, signature, &hook.body, now).unwrap();
    let attempt = &attempts[0];
    assert_eq!((attempt.number, attempt.result), (1, Answered(200)));
    assert_eq!(attempt.secret_versions, [1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_attempt_is_made_again_with_the_same_id() {
    let receiver = Receiver::start(vec![answer(500), answer(503), answer(200)]).await;
    let world = World::new().await;
    let delivering = world.deliver().await;
    world.endpoint(receiver.url("/in"), policy(&[0, 1_000, 1_000])).await;
    world.publish("1").await;
    let attempts = wait_for(&world, 1, succeeded).await;
    delivering.stop().await;
    assert_eq!(attempts[0].number, 3);
    let numbers: Vec<_> = wait_for(&world, 2, failed).await;
    assert_eq!(numbers.iter().map(|attempt| attempt.number).collect::<Vec<_>>(), [1, 2]);
    let received = receiver.received();
    let ids: Vec<_> = received.iter().map(|hook| &hook.headers["webhook-id"]).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let bodies: Vec<_> = received.iter().map(|hook| &hook.body).collect();
    assert!(bodies.iter().all(|body| *body == bodies[0]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_delivered_before_a_restart_is_delivered_after_it() {
    let receiver = Receiver::start(vec![answer(200)]).await;
    let world = World::new().await;
    world.endpoint(receiver.url("/in"), policy(&[0])).await;
    for number in 0..50 {
        world.publish(&number.to_string()).await;
    }
    assert_eq!(receiver.accepts(), 0, "nothing delivers yet");
    let world = world.restart().await;
    let delivering = world.deliver().await;
    wait_for(&world, 50, succeeded).await;
    delivering.stop().await;
    let received = receiver.received();
    let own = received.iter().filter(|hook| text(&hook.body).contains("order.paid")).count();
    assert_eq!(own, 50, "each once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_lets_attempts_under_way_end() {
    let receiver = Receiver::start(vec![Step::Stall(b"HTTP/1.1 200 X\r\n\r\n".into())]).await;
    let world = World::new().await;
    let delivering = world.deliver().await;
    world.endpoint(receiver.url("/in"), policy(&[0])).await;
    world.publish("1").await;
    while receiver.received().is_empty() {
        tokio::task::yield_now().await;
    }
    delivering.stop().await;
    assert!(!wait_for(&world, 1, succeeded).await.is_empty());
}

fn text(body: &[u8]) -> &str {
    std::str::from_utf8(body).unwrap()
}
