//! A scripted receiver on loopback, and a client that may talk to it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use zentra_env::Env;
use zentra_events::{EventId, Position, ScopeNo, Span, Timestamp};
use zentra_http_guard::{Client, GuardPolicy, Resolver, client_config};
use zentra_sender::Prepared;

/// What the receiver does with a request.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Writes this and waits for the next request.
    Answer(Vec<u8>),
    /// Writes this and closes.
    AnswerAndClose(Vec<u8>),
    /// Works for a while and closes without a word.
    WorkAndClose(Duration),
    /// Writes the first part once, then the second again and again until nobody takes it.
    Flood(Vec<u8>, Vec<u8>),
    /// Says nothing, keeps the connection.
    Hang,
    /// Writes this, then nothing more, keeps the connection.
    Stall(Vec<u8>),
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) line: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

/// A listener that plays its steps, one a request; the last one again and again.
pub(super) struct Receiver {
    pub(super) port: u16,
    accepts: Arc<AtomicUsize>,
    flooded_bytes: Arc<AtomicUsize>,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    pub(super) async fn start(steps: Vec<Step>) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Receiver {
            port: listener.local_addr().unwrap().port(),
            accepts: Arc::default(),
            flooded_bytes: Arc::default(),
            received: Arc::default(),
        };
        let (accepts, received) = (Arc::clone(&receiver.accepts), Arc::clone(&receiver.received));
        let flooded = Arc::clone(&receiver.flooded_bytes);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepts.fetch_add(1, Ordering::SeqCst);
                let (steps, received) = (steps.clone(), Arc::clone(&received));
                tokio::spawn(play(stream, steps, received, Arc::clone(&flooded)));
            }
        });
        receiver
    }

    /// A URL that leads here.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// How many connections were accepted.
    pub(super) fn accepts(&self) -> usize {
        self.accepts.load(Ordering::SeqCst)
    }

    /// How many bytes of a flood were taken by the system or the client.
    pub(super) fn flooded_bytes(&self) -> usize {
        self.flooded_bytes.load(Ordering::SeqCst)
    }

    /// The requests so far.
    pub(super) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

async fn play(
    mut stream: TcpStream,
    steps: Vec<Step>,
    received: Arc<Mutex<Vec<Received>>>,
    flooded: Arc<AtomicUsize>,
) {
    while let Some(request) = read_request(&mut stream).await {
        let index = {
            let mut received = received.lock().unwrap();
            received.push(request);
            (received.len() - 1).min(steps.len() - 1)
        };
        match &steps[index] {
            Step::Answer(bytes) => stream.write_all(bytes).await.unwrap(),
            Step::AnswerAndClose(bytes) => {
                stream.write_all(bytes).await.unwrap();
                return;
            }
            Step::WorkAndClose(work) => {
                tokio::time::sleep(*work).await;
                return;
            }
            Step::Flood(first, again) => {
                if stream.write_all(first).await.is_err() {
                    return;
                }
                while stream.write_all(again).await.is_ok() {
                    flooded.fetch_add(again.len(), Ordering::SeqCst);
                }
                return;
            }
            Step::Hang => wait_for_close(&mut stream).await,
            Step::Stall(bytes) => {
                stream.write_all(bytes).await.unwrap();
                wait_for_close(&mut stream).await;
            }
        }
    }
}

async fn wait_for_close(stream: &mut TcpStream) {
    let mut sink = [0; 256];
    while stream.read(&mut sink).await.is_ok_and(|read| read > 0) {}
}

/// Reads one request with a `content-length` body.
pub(super) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<Received> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let mut lines = text.split("\r\n");
    let line = lines.next().unwrap().to_owned();
    let headers: BTreeMap<String, String> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers["content-length"].parse().unwrap();
    while bytes.len() < head + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = bytes.split_off(head + 4);
    assert_eq!(body.len(), length, "one request at a time");
    Some(Received { line, headers, body })
}

/// Answers one request with 200 on any stream.
pub(super) async fn serve_one(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    if read_request(stream).await.is_some() {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
        stream.flush().await.unwrap();
    }
}

/// A policy that lets deliveries go to these networks.
pub(super) fn allowing(networks: &[&str]) -> Arc<GuardPolicy> {
    let networks = networks.iter().map(|network| network.parse().unwrap()).collect();
    Arc::new(GuardPolicy::with_allowed(networks))
}

/// A resolver that knows only these names.
pub(super) fn names(rows: &[(&str, &[&str])]) -> Resolver {
    let row = |(name, addresses): &(&str, &[&str])| {
        let addresses: Vec<IpAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
        ((*name).to_owned(), addresses)
    };
    Resolver::table(rows.iter().map(row).collect())
}

/// A client that may talk to loopback.
pub(super) fn client() -> Client {
    Client::new(
        &Env::for_tests(),
        allowing(&["127.0.0.0/8"]),
        names(&[]),
        client_config(&[]).unwrap(),
    )
}

/// A message for this URL; unsigned, because most receivers here do not care.
pub(super) fn message(url: String, timeout_ms: u64) -> Prepared {
    Prepared {
        number: 1,
        replay: None,
        scope: ScopeNo(1),
        event: EventId::at(0, Position(7), 1),
        url,
        timeout: Span::millis(timeout_ms),
        started_at: Timestamp(1_700_000_000_000_000_000),
        signed_at_seconds: 1_700_000_000,
        secret_versions: vec![1],
        signature: "v1,none".into(),
        body: r#"{"type":"a.b"}"#.into(),
        payload_hash: [3; 32],
    }
}
