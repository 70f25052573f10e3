//! The client against a small server: what it sends, and what it makes of each answer.

use crate::samples::{ANSWER_HEX, BATCH_HEX, outcomes, unhex};
use bytes::Bytes;
use http::{HeaderMap, Method, Response};
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use zentra_batch::{BatchError, Client, ClientError};

const KEY: &str = "zk_live_secret";

/// A request as the server saw it.
struct Seen {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

/// A server of one connection: gives these answers in turn; its task ends with the connection.
struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    running: JoinHandle<()>,
}

impl Server {
    async fn start(answers: Vec<Response<Full<Bytes>>>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&seen);
        let answers = Arc::new(Mutex::new(answers.into_iter()));
        let running = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            drop(listener);
            let service = service_fn(|request: http::Request<hyper::body::Incoming>| async {
                let (head, body) = request.into_parts();
                let body = body.collect().await?.to_bytes();
                let (path, headers) = (head.uri.to_string(), head.headers);
                noted.lock().unwrap().push(Seen { method: head.method, path, headers, body });
                Ok::<_, hyper::Error>(answers.lock().unwrap().next().expect("an answer is left"))
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service);
            drop(connection.await);
        });
        Server { address, seen, running }
    }
}

fn answer(status: u16, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    Response::builder().status(status).body(Full::new(body.into())).unwrap()
}

fn overloaded(retry_after: Option<&'static str>) -> Response<Full<Bytes>> {
    let mut answer = answer(503, "{}");
    if let Some(value) = retry_after {
        answer.headers_mut().insert("retry-after", value.parse().unwrap());
    }
    answer
}

fn batch() -> Bytes {
    unhex(BATCH_HEX).into()
}

#[tokio::test]
async fn batches_go_one_after_the_other_over_one_connection() {
    let golden = || answer(200, unhex(ANSWER_HEX));
    let server = Server::start(vec![golden(), golden()]).await;
    let mut client = Client::connect(server.address, KEY).await.unwrap();
    for _ in 0..2 {
        assert_eq!(client.submit(batch()).await.unwrap(), outcomes());
    }
    assert!(!format!("{client:?}").contains(KEY), "the key is not shown");
    for seen in server.seen.lock().unwrap().iter() {
        assert_eq!((&seen.method, seen.path.as_str()), (&Method::POST, "/intents/batch"));
        assert_eq!(seen.body, batch());
        for (name, expected) in [
            ("host", server.address.to_string().as_str()),
            ("authorization", "Bearer zk_live_secret"),
            ("content-type", "application/vnd.zentra.bincode"),
            ("accept", "application/vnd.zentra.bincode"),
            ("content-length", unhex(BATCH_HEX).len().to_string().as_str()),
        ] {
            assert_eq!(seen.headers[name], expected, "{name}");
        }
    }
    // A client that is dropped ends its connection, and so the server's task.
    drop(client);
    server.running.await.unwrap();
    assert_eq!(server.seen.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn refusals_are_told_and_leave_the_connection_usable() {
    let long = "\u{20ac}".repeat(2_000);
    let server = Server::start(vec![
        overloaded(Some("7")),
        overloaded(None),
        overloaded(Some("Wed, 21 Oct 2026 07:28:00 GMT")),
        answer(422, r#"{"code":"validation_failed"}"#),
        answer(400, long.clone()),
        answer(400, vec![0xff; 5_000]),
        answer(204, ""),
        answer(200, unhex(ANSWER_HEX)),
    ])
    .await;
    let mut client = Client::connect(server.address, KEY).await.unwrap();
    for seconds in [7, 1, 1] {
        let error = client.submit(batch()).await.unwrap_err();
        let ClientError::Overloaded { retry_after } = error else { panic!("{error}") };
        assert_eq!(retry_after, Duration::from_secs(seconds));
    }
    // What does not end on a character's end is cut before it.
    let whole = |text: &str| text.to_owned();
    let replaced = "\u{fffd}".repeat(4_096 / 3);
    for (expected_status, expected_body) in [
        (422, whole(r#"{"code":"validation_failed"}"#)),
        (400, whole(&long[..4_095])),
        (400, replaced),
        (204, String::new()),
    ] {
        let error = client.submit(batch()).await.unwrap_err();
        let ClientError::Refused { status, body } = error else { panic!("{error}") };
        assert_eq!(status, expected_status);
        assert!(body.len() <= 4_096, "{}", body.len());
        assert!(body.starts_with(&expected_body), "{body}");
    }
    assert_eq!(client.submit(batch()).await.unwrap(), outcomes());
}

#[tokio::test]
async fn answers_that_are_none_are_refused() {
    let server = Server::start(vec![answer(200, "<html>"), answer(200, vec![0; 2 << 20])]).await;
    let mut client = Client::connect(server.address, KEY).await.unwrap();
    let error = client.submit(batch()).await.unwrap_err();
    assert!(matches!(error, ClientError::Answer(BatchError::Version(_))), "{error}");
    let error = client.submit(batch()).await.unwrap_err();
    assert!(matches!(error, ClientError::Answer(BatchError::Version(0))), "{error}");
}

#[tokio::test]
async fn an_answer_over_the_limit_is_not_read_on() {
    let server = Server::start(vec![answer(200, vec![0; (2 << 20) + 1])]).await;
    let mut client = Client::connect(server.address, KEY).await.unwrap();
    let error = client.submit(batch()).await.unwrap_err();
    assert!(matches!(error, ClientError::AnswerTooLarge), "{error}");
}

#[tokio::test]
async fn a_closed_connection_is_an_error_now_and_later() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = Client::connect(listener.local_addr().unwrap(), KEY).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    drop(stream);
    for _ in 0..2 {
        let error = client.submit(batch()).await.unwrap_err();
        assert!(matches!(error, ClientError::Connection(_)), "{error}");
    }
}

#[tokio::test]
async fn a_connection_that_closes_during_the_answer_is_an_error() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = Client::connect(listener.local_addr().unwrap(), KEY).await.unwrap();
    let (mut stream, _) = listener.accept().await.unwrap();
    let server = tokio::spawn(async move {
        assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 58\r\n\r\n\x01\0").await.unwrap();
    });
    let error = client.submit(batch()).await.unwrap_err();
    assert!(matches!(error, ClientError::Connection(_)), "{error}");
    server.await.unwrap();
}

#[tokio::test]
async fn nobody_there_and_a_key_that_is_none_are_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let error = Client::connect(address, "a\nb").await.unwrap_err();
    assert!(matches!(error, ClientError::Key), "{error}");
    drop(listener);
    let error = Client::connect(address, KEY).await.unwrap_err();
    assert!(matches!(error, ClientError::Connect(_)), "{error}");
}
