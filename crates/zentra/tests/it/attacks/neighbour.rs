//! The other tenant: honest work on one connection, every answer of it checked.
//!
//! Owns what an honest tenant may expect: its answers are right at once, and what was acknowledged
//! is there after a kill. Must not know who attacks.

use crate::attacks::pace::{Latencies, Stop};
use crate::support::http::{Client, Response};
use crate::support::receiver::{Answer, Receiver};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

const FUNDS: u64 = 1_000_000_000_000;
const SOURCE: &str = "customer_balance:neighbour";
const DESTINATION: &str = "merchant_balance:neighbour";
/// Intents of one batch.
const BATCH: usize = 5;
/// Between two rounds: a tenant that leaves the machine to others.
const PAUSE: Duration = Duration::from_millis(2);

pub(crate) struct Neighbour {
    key: String,
    client: Client,
    receiver: Option<Receiver>,
    /// Every intent that was acknowledged, in order; each moved one minor unit.
    acknowledged: Vec<String>,
    events: usize,
}

/// What one window of work took: its requests, and its deliveries from the request to the arrival.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) requests: Latencies,
    pub(crate) deliveries: Latencies,
}

impl Work {
    /// The p99 of its requests, and of its deliveries.
    pub(crate) fn p99s_us(&self) -> [u64; 2] {
        [&self.requests, &self.deliveries].map(Latencies::p99_us)
    }
}

impl Neighbour {
    /// A tenant with money, and with an endpoint of its own if it is to get deliveries.
    pub(crate) fn settle_in(address: SocketAddr, key: &str, delivering: bool) -> Neighbour {
        let receiver = delivering.then(|| Receiver::start(|_| Answer::Status(200)));
        let mut client = Client::new(address, key);
        let amount = json!({ "minor_units": FUNDS, "currency": "EUR" });
        let funds = json!({ "postings": [
            { "account": "world:bank", "direction": "debit", "amount": amount },
            { "account": SOURCE, "direction": "credit", "amount": amount },
        ]});
        expect(201, &client.post("/transfers", &funds));
        if let Some(receiver) = &receiver {
            let endpoint = json!({ "url": receiver.url(), "events": ["neighbour.*"] });
            expect(201, &client.post("/webhook-endpoints", &endpoint));
        }
        Neighbour { key: key.to_owned(), client, receiver, acknowledged: Vec::new(), events: 0 }
    }

    /// Nobody, while the real one is at work elsewhere.
    pub(crate) fn idle(address: SocketAddr) -> Neighbour {
        Neighbour {
            key: String::new(),
            client: Client::new(address, ""),
            receiver: None,
            acknowledged: Vec::new(),
            events: 0,
        }
    }

    /// The server is another one, on the same data folder.
    pub(crate) fn moved_to(&mut self, address: SocketAddr) {
        self.client = Client::new(address, &self.key);
    }

    /// Works until it is told to stop, and at least so many rounds.
    pub(crate) fn work(&mut self, at_least: usize, stop: &Stop) -> Work {
        let mut work = Work::default();
        let mut rounds = 0;
        while !stop.within(PAUSE) || rounds < at_least {
            self.round(&mut work);
            rounds += 1;
        }
        work
    }

    /// What was acknowledged, read back one by one and in lists, and the money that it moved.
    pub(crate) fn check(&mut self) {
        for id in &self.acknowledged {
            let told = expect(200, &self.client.get(&format!("/intents/{id}")));
            check_intent(&told, id);
        }
        let (mut listed, mut path) = (Vec::new(), "/intents?limit=500".to_owned());
        loop {
            let answer = self.client.get(&path);
            // After a restart the views may have much to fold, and say so.
            if answer.status == 503 && answer.json()["code"] == "unavailable" {
                continue;
            }
            let page = expect(200, &answer);
            listed.extend(ids(&page));
            match page["next_cursor"].as_str() {
                Some(cursor) => path = format!("/intents?limit=500&cursor={cursor}"),
                None => break,
            }
        }
        listed.reverse();
        assert_eq!(listed, self.acknowledged, "the list has what was acknowledged, in order");
        let moved = self.acknowledged.len() as u64;
        check_balance(&mut self.client, moved);
    }

    fn round(&mut self, work: &mut Work) {
        let id = format!("honest_{}", self.acknowledged.len());
        let (client, requests) = (&mut self.client, &mut work.requests);
        let created = requests.of("create", || client.post("/intents", &intent(&id)));
        check_intent(&expect(201, &created), &id);
        self.acknowledged.push(id.clone());
        let path = format!("/intents/{id}");
        check_intent(&expect(200, &requests.of("show", || client.get(&path))), &id);
        let again = requests.of("repeat", || client.post("/intents", &intent(&id)));
        check_intent(&expect(201, &again), &id);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));

        let batch: Vec<String> = (0..BATCH).map(|n| format!("{id}_{n}")).collect();
        let body: Value = batch.iter().map(|id| intent(id)).collect();
        let answer = expect(200, &requests.of("batch", || client.post("/intents/batch", &body)));
        let outcomes = answer["data"].as_array().unwrap();
        assert_eq!(outcomes.len(), BATCH, "{answer}");
        assert!(outcomes.iter().all(|one| one["outcome"] == "created"), "{answer}");
        self.acknowledged.extend(batch);

        let listed = ids(&expect(200, &requests.of("list", || client.get("/intents?limit=20"))));
        let newest: Vec<&String> = self.acknowledged.iter().rev().take(20).collect();
        assert!(listed.iter().eq(newest), "the newest 20 are listed: {listed:?}");
        let moved = self.acknowledged.len() as u64;
        requests.of("balance", || check_balance(client, moved));
        self.deliver(work);
    }

    fn deliver(&mut self, work: &mut Work) {
        let Some(receiver) = &self.receiver else { return };
        let event = json!({ "type": "neighbour.worked", "data": { "n": self.events } });
        self.events += 1;
        let client = &mut self.client;
        work.deliveries.of("deliver", || {
            let told = expect(201, &work.requests.of("publish", || client.post("/events", &event)));
            let id = told["id"].as_str().unwrap();
            receiver.wait(|all| all.iter().any(|one| one.header("webhook-id") == id));
        });
    }
}

fn intent(id: &str) -> Value {
    json!({
        "intent_id": id,
        "amount": { "minor_units": 1, "currency": "EUR" },
        "source": SOURCE,
        "destination": DESTINATION,
    })
}

/// The body of an answer that must have this status.
fn expect(status: u16, answer: &Response) -> Value {
    let body = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status, status, "an honest request is answered: {body}");
    answer.json()
}

fn check_intent(told: &Value, id: &str) {
    assert_eq!(told["intent_id"], id, "{told}");
    assert_eq!(told["sums"]["settled"], "1", "{told}");
}

fn check_balance(client: &mut Client, moved: u64) {
    let account = expect(200, &client.get(&format!("/accounts/{SOURCE}")));
    assert_eq!(account["balances"]["posted"], (FUNDS - moved).to_string(), "{account}");
}

fn ids(page: &Value) -> Vec<String> {
    let rows = page["data"].as_array().unwrap();
    rows.iter().map(|row| row["intent_id"].as_str().unwrap().to_owned()).collect()
}
