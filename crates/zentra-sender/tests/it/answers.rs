//! What attempts make of answers, well-formed and not.

use super::receiver::{Receiver, Step, client, message};
use zentra_events::Span;
use zentra_events::event::AttemptResult::{
    self, Answered, BadHead, ClosedEarly, ConnectionRefused, HeadTooLarge, ProtocolFailed,
    TimedOut, Verified,
};
use zentra_events::limits::RESPONSE_EXCERPT_BYTES_MAX;
use zentra_sender::{Finished, attempt};

/// Ample for what answers at once.
const AMPLE_MS: u64 = 20_000;
/// For what never answers.
const SHORT_MS: u64 = 200;

async fn outcome(step: Step, timeout_ms: u64) -> (Finished, Receiver) {
    let receiver = Receiver::start(vec![step]).await;
    let finished = attempt(&client(), message(receiver.url("/hook"), timeout_ms)).await.unwrap();
    (finished, receiver)
}

fn answer(status: u16, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\n\r\n{body}").into_bytes()
}

#[tokio::test]
async fn every_status_is_told_as_it_is() {
    for status in [200, 201, 202, 205, 206, 299, 300, 400, 401, 404, 410, 429, 500, 503, 599, 999] {
        let (finished, receiver) = outcome(Step::Answer(answer(status, "", "x")), AMPLE_MS).await;
        assert_eq!(finished.attempt.result, Answered(status));
        assert_eq!(finished.attempt.response_excerpt, "x", "{status}");
        assert_eq!(receiver.accepts(), 1, "{status}");
    }
    for status in [204, 304] {
        let bare = format!("HTTP/1.1 {status} X\r\n\r\n").into_bytes();
        let (finished, _) = outcome(Step::Answer(bare), AMPLE_MS).await;
        assert_eq!(finished.attempt.result, Answered(status));
    }
}

#[tokio::test]
async fn redirects_are_recorded_and_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Receiver::start(vec![Step::Answer(answer(200, "", ""))]).await;
        let location = elsewhere.url("/other");
        let redirect = answer(status, &format!("location: {location}\r\n"), "moved");
        let (finished, _) = outcome(Step::Answer(redirect), AMPLE_MS).await;
        assert_eq!(finished.attempt.result, Answered(status));
        let expected = format!("location: {location}\nmoved");
        assert_eq!(finished.attempt.response_excerpt, expected);
        assert_eq!(elsewhere.accepts(), 0, "{status}");
    }
}

#[tokio::test]
async fn what_is_not_an_answer_fails() {
    let many_headers: String = (0..10_000).map(|n| format!("h{n}: x\r\n")).collect();
    let a_few_too_many: String = (0..257).map(|n| format!("h{n}: x\r\n")).collect();
    let rows: Vec<(&str, Step, AttemptResult)> = vec![
        ("close", Step::AnswerAndClose(vec![]), ClosedEarly),
        ("half a head", Step::AnswerAndClose(b"HTTP/1.1 200 O".to_vec()), ClosedEarly),
        ("another protocol", Step::AnswerAndClose(b"SSH-2.0-x\r\n".to_vec()), BadHead),
        ("http/0.9", Step::AnswerAndClose(b"<html>hello".to_vec()), BadHead),
        ("binary", Step::AnswerAndClose(vec![0; 64]), BadHead),
        ("101", Step::Answer(upgrade()), ProtocolFailed),
        ("257 lines", Step::Answer(answer(200, &a_few_too_many, "")), HeadTooLarge),
        ("10,000 lines", Step::Answer(answer(200, &many_headers, "")), HeadTooLarge),
        ("nothing", Step::Hang, TimedOut),
        ("part of a head", Step::Stall(b"HTTP/1.1 200 OK\r\nx: ".to_vec()), TimedOut),
        ("100 only", Step::Stall(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()), TimedOut),
    ];
    for (name, step, expected) in rows {
        let timeout = if expected == TimedOut { SHORT_MS } else { AMPLE_MS };
        let (finished, receiver) = outcome(step, timeout).await;
        assert_eq!(finished.attempt.result, expected, "{name}");
        assert_eq!(finished.attempt.response_excerpt, "", "{name}");
        assert_eq!(finished.retry_after, None, "{name}");
        assert_eq!(receiver.accepts(), 1, "{name}: a fresh connection is not tried twice");
    }
}

#[tokio::test]
async fn a_good_answer_with_odd_lines_is_a_good_answer() {
    let many: String = (0..250).map(|n| format!("h{n}: x\r\n")).collect();
    let long = format!("x-long: {}\r\n", "y".repeat(40 * 1024));
    let rows = [
        ("a control character in a cookie", "set-cookie: a=\u{1}b\r\n"),
        ("a name with a space", "x header: 1\r\n"),
        ("a space before the colon", "x-header : 1\r\n"),
        ("a folded line", "x-header: 1\r\n  2\r\n"),
        ("250 lines", &many),
        ("40 KiB in a line", &long),
        ("a NUL in a value", "x-header: a\0b\r\n"),
        ("a NUL in a name", "x\0: 1\r\n"),
        ("a bare CR in a value", "x-header: a\rb\r\n"),
        ("a length that is none", "content-length: abc\r\n"),
        ("a length below zero", "content-length: -1\r\n"),
        ("an empty length", "content-length: \r\n"),
        ("two lengths", "content-length: 9\r\n"),
    ];
    for (name, headers) in rows {
        for status in [200, 204] {
            let step = Step::Answer(answer(status, headers, ""));
            let (finished, receiver) = outcome(step, AMPLE_MS).await;
            assert_eq!(finished.attempt.result, Answered(status), "{name}");
            assert_eq!(receiver.accepts(), 1, "{name}: it is not sent again");
        }
    }
}

#[tokio::test]
async fn a_consumer_can_tell_that_it_verified_the_signature() {
    let (finished, _) = outcome(Step::Answer(answer(500, "", "")), AMPLE_MS).await;
    assert_eq!(finished.attempt.result, Answered(500), "nobody knows");
    let id = message(String::new(), AMPLE_MS).event;
    let told = format!("Webhook-Verified: {id}\r\n");
    let (finished, _) = outcome(Step::Answer(answer(500, &told, "")), AMPLE_MS).await;
    assert_eq!(finished.attempt.result, Verified(500));
    let other = "webhook-verified: evt_00000000000000000000\r\n";
    let (finished, _) = outcome(Step::Answer(answer(200, other, "")), AMPLE_MS).await;
    assert_eq!(finished.attempt.result, Answered(200), "of another event");
}

#[tokio::test]
async fn floods_before_the_body_end_early() {
    let rows = [
        ("1xx", b"".to_vec(), b"HTTP/1.1 102 Processing\r\n\r\n".repeat(50)),
        ("one header", b"HTTP/1.1 200 OK\r\nx: ".to_vec(), vec![b'y'; 4096]),
        ("status line", b"HTTP/1.1 200 ".to_vec(), vec![b'y'; 4096]),
    ];
    for (name, first, again) in rows {
        let (finished, _) = outcome(Step::Flood(first, again), AMPLE_MS).await;
        assert_eq!(finished.attempt.result, HeadTooLarge, "{name}");
    }
}

#[tokio::test]
async fn the_head_decides_whatever_the_body_does() {
    let long = "a".repeat(10 * RESPONSE_EXCERPT_BYTES_MAX);
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let with_length = |length: &str| format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
    let rows: Vec<(&str, Step, &str)> = vec![
        ("long", Step::Answer(answer(200, "", &long)), &long[..RESPONSE_EXCERPT_BYTES_MAX]),
        ("short of its length", Step::AnswerAndClose(answer_cut(&with_length("50"))), "abc"),
        ("stalls", Step::Stall(answer_cut(&with_length("50"))), "abc"),
        ("5 GB claimed", Step::Stall(answer_cut(&with_length("5000000000"))), "abc"),
        ("no length", Step::AnswerAndClose(answer_cut("HTTP/1.1 200 OK\r\n\r\n")), "abc"),
        ("chunks", Step::Answer(format!("{chunked}3\r\nabc\r\n0\r\n\r\n").into()), "abc"),
        ("bad chunk", Step::Answer(format!("{chunked}3\r\nabc\r\nZZ\r\n").into()), "abc"),
        ("not text", Step::Answer(not_text()), "\u{fffd}\u{fffd}[2Jx"),
    ];
    for (name, step, excerpt) in rows {
        let (finished, _) = outcome(step, SHORT_MS * 10).await;
        assert_eq!(finished.attempt.result, Answered(200), "{name}");
        assert_eq!(finished.attempt.response_excerpt, excerpt, "{name}");
    }
}

#[tokio::test]
async fn an_endless_body_is_not_read_to_its_end() {
    let head = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    let (finished, receiver) = outcome(Step::Flood(head, vec![b'z'; 4096]), AMPLE_MS).await;
    assert_eq!(finished.attempt.result, Answered(200));
    assert_eq!(finished.attempt.response_excerpt, "z".repeat(RESPONSE_EXCERPT_BYTES_MAX));
    // What the system buffers, at most; far from what could be sent in the time given.
    assert!(receiver.flooded_bytes() < 32 << 20, "{}", receiver.flooded_bytes());
}

#[tokio::test]
async fn hints_to_wait_are_passed_on() {
    let rows = [
        ("retry-after: 120\r\n", Some(Span::seconds(120))),
        ("retry-after: 0\r\n", Some(Span::seconds(0))),
        ("retry-after: -5\r\n", None),
        ("retry-after: later\r\n", None),
        ("", None),
    ];
    for (header, expected) in rows {
        let (finished, _) = outcome(Step::Answer(answer(503, header, "")), AMPLE_MS).await;
        assert_eq!(finished.retry_after, expected, "{header:?}");
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_a_failed_connection() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let finished = attempt(&client(), message(url.clone(), AMPLE_MS)).await.unwrap();
    assert_eq!(finished.attempt.result, ConnectionRefused);
    assert_eq!(finished.attempt.url, url);
}

fn upgrade() -> Vec<u8> {
    b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n".to_vec()
}

fn answer_cut(head: &str) -> Vec<u8> {
    format!("{head}abc").into_bytes()
}

fn not_text() -> Vec<u8> {
    let mut bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n".to_vec();
    bytes.extend_from_slice(b"\xff\x1b[2Jx");
    bytes
}
