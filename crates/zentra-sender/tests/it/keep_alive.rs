//! Connections are kept, and a kept one that went stale costs no attempt.

use super::receiver::{Receiver, Step, client, message};
use std::time::Duration;
use zentra_events::event::AttemptResult::{Answered, ClosedEarly};
use zentra_http_guard::Client;
use zentra_sender::attempt;

const AMPLE_MS: u64 = 20_000;

fn ok(status: u16) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\nok").into_bytes()
}

async fn try_once(client: &Client, receiver: &Receiver) -> zentra_events::event::AttemptResult {
    attempt(client, message(receiver.url("/"), AMPLE_MS)).await.unwrap().attempt.result
}

#[tokio::test]
async fn one_connection_serves_many_attempts() {
    let receiver = Receiver::start(vec![Step::Answer(ok(200))]).await;
    let client = client();
    for _ in 0..20 {
        assert_eq!(try_once(&client, &receiver).await, Answered(200));
    }
    assert_eq!(receiver.accepts(), 1);
    client.sweep();
    assert_eq!(try_once(&client, &receiver).await, Answered(200));
    assert_eq!(receiver.accepts(), 1);
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_is_replaced() {
    let receiver = Receiver::start(vec![Step::AnswerAndClose(ok(200))]).await;
    let client = client();
    for round in 1..=3 {
        assert_eq!(try_once(&client, &receiver).await, Answered(200));
        assert_eq!(receiver.accepts(), round);
    }
}

#[tokio::test]
async fn a_kept_connection_that_closes_on_a_request_is_tried_once_more() {
    let close = Step::AnswerAndClose(Vec::new());
    let steps = vec![Step::Answer(ok(200)), close.clone(), Step::Answer(ok(201))];
    let receiver = Receiver::start(steps).await;
    let client = client();
    assert_eq!(try_once(&client, &receiver).await, Answered(200));
    assert_eq!(try_once(&client, &receiver).await, Answered(201));
    assert_eq!((receiver.accepts(), receiver.received().len()), (2, 3));

    let receiver = Receiver::start(vec![Step::Answer(ok(200)), close]).await;
    assert_eq!(try_once(&client, &receiver).await, Answered(200));
    assert_eq!(try_once(&client, &receiver).await, ClosedEarly);
    assert_eq!((receiver.accepts(), receiver.received().len()), (2, 3), "not a third time");
}

#[tokio::test]
async fn a_kept_connection_that_closes_after_somebody_worked_is_an_attempt_of_its_own() {
    let work = Step::WorkAndClose(Duration::from_millis(600));
    let receiver = Receiver::start(vec![Step::Answer(ok(200)), work, Step::Answer(ok(201))]).await;
    let client = client();
    assert_eq!(try_once(&client, &receiver).await, Answered(200));
    assert_eq!(try_once(&client, &receiver).await, ClosedEarly);
    assert_eq!(receiver.received().len(), 2, "it is not sent again behind the attempt's back");
}

#[tokio::test]
async fn a_kept_connection_that_began_to_answer_is_not_tried_again() {
    let half = Step::AnswerAndClose(b"HTTP/1.1 200".to_vec());
    let steps = vec![Step::Answer(ok(200)), half, Step::Answer(ok(201))];
    let receiver = Receiver::start(steps).await;
    let client = client();
    assert_eq!(try_once(&client, &receiver).await, Answered(200));
    assert_eq!(try_once(&client, &receiver).await, ClosedEarly);
    assert_eq!((receiver.accepts(), receiver.received().len()), (1, 2));
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_is_never_taken_for_the_next() {
    let doubled = [ok(200), ok(500)].concat();
    let receiver = Receiver::start(vec![Step::Answer(doubled), Step::Answer(ok(201))]).await;
    let client = client();
    assert_eq!(try_once(&client, &receiver).await, Answered(200));
    assert_eq!(try_once(&client, &receiver).await, Answered(201));
    assert_eq!(receiver.accepts(), 2);
}

#[tokio::test]
async fn a_connection_with_an_unread_body_is_not_kept() {
    let long = "x".repeat(1 << 20);
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{long}", long.len());
    let steps = vec![Step::Flood(answer.into_bytes(), vec![b'y'; 1024]), Step::Answer(ok(201))];
    let receiver = Receiver::start(steps).await;
    let client = client();
    assert_eq!(try_once(&client, &receiver).await, Answered(200));
    assert_eq!(try_once(&client, &receiver).await, Answered(201));
    assert_eq!(receiver.accepts(), 2);
}
