//! Events at a steady rate, and how long each takes from when it was to be sent until it arrives.
//!
//! Owns the rate: it does not wait for anybody, so whoever is late is late for all that come after,
//! too. Must not know what goes on beside.

use crate::attacks::pace::{Stop, rank};
use crate::support::http::Client;
use crate::support::receiver::read;
use serde_json::{Value, json};
use std::io::{BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread;
use std::time::Duration;
use zentra_env::Env;
use zentra_events::{Span, Timestamp};

/// Connections that publish.
const PUBLISHERS: u64 = 4;
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// When each event arrived first, by its number.
type Arrivals = (Mutex<Vec<Option<Timestamp>>>, Condvar);

/// A tenant with an endpoint that answers at once.
pub(crate) struct Steady {
    server: SocketAddr,
    key: String,
    arrivals: Arc<Arrivals>,
}

/// What a run took, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Took {
    pub(crate) p50_us: u64,
    pub(crate) p99_us: u64,
}

impl Steady {
    pub(crate) fn settle_in(server: SocketAddr, key: String) -> Steady {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let arrivals: Arc<Arrivals> = Arc::default();
        let arriving = Arc::clone(&arrivals);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let arrivals = Arc::clone(&arriving);
                thread::spawn(move || receive(stream, &arrivals));
            }
        });
        let body = json!({ "url": url, "events": ["steady.*"] });
        let answer = Client::new(server, &key).post("/webhook-endpoints", &body);
        assert_eq!(answer.status, 201, "{}", answer.json());
        Steady { server, key, arrivals }
    }

    /// Publishes so many events at a rate a second, and waits until each has arrived.
    pub(crate) fn run(&self, events: u64, a_second: u64) -> Took {
        *self.arrivals.0.lock().unwrap() = vec![None; usize::try_from(events).unwrap()];
        let (start, gap) =
            (Env::for_tests().now().after(Span::millis(20)), 1_000_000_000 / a_second);
        let due = |number: u64| start.after(Span(number * gap));
        thread::scope(|threads| {
            for first in 0..PUBLISHERS {
                threads
                    .spawn(move || self.publish((first..events).step_by(PUBLISHERS as usize), due));
            }
        });
        let (arrivals, changed) = &*self.arrivals;
        let all = changed
            .wait_while(arrivals.lock().unwrap(), |all| all.iter().any(Option::is_none))
            .unwrap();
        let took = (0..).zip(all.iter()).map(|(number, at)| at.unwrap().since(due(number)));
        let took: Vec<u64> = took.map(|Span(nanoseconds)| nanoseconds / 1_000).collect();
        Took { p50_us: rank(took.clone(), 50), p99_us: rank(took, 99) }
    }

    fn publish(&self, numbers: impl Iterator<Item = u64>, due: impl Fn(u64) -> Timestamp) {
        let mut client = Client::new(self.server, &self.key);
        // Nobody tells it to stop: it is only a wait.
        let (_held, never) = mpsc::channel();
        let never = Stop(never);
        for number in numbers {
            let Span(wait) = due(number).since(Env::for_tests().now());
            never.within(Duration::from_nanos(wait));
            let event = json!({ "type": "steady.event", "data": { "n": number } });
            let answer = client.post("/events", &event);
            assert_eq!(answer.status, 201, "{}", answer.json());
        }
    }
}

fn receive(stream: TcpStream, arrivals: &Arrivals) {
    let mut reader = BufReader::new(stream);
    while let Some(received) = read(&mut reader) {
        let now = Env::for_tests().now();
        if reader.get_mut().write_all(ANSWER).is_err() {
            return;
        }
        let event: Value = serde_json::from_slice(&received.body).unwrap();
        let number = event["data"]["n"].as_u64().unwrap();
        let (all, changed) = arrivals;
        let mut all = all.lock().unwrap();
        all[usize::try_from(number).unwrap()].get_or_insert(now);
        changed.notify_all();
    }
}
