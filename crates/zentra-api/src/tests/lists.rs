//! Random lives of everything that is listed: a list and its detail routes say the same of each
//! thing, field by field, also after a restart and after the lists are folded again.

use super::world::World;
use axum::http::StatusCode;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use zentra_delivery::DeliveryCommand;
use zentra_engine::Command;
use zentra_events::event::{AttemptResult, AttemptV1};
use zentra_events::{DeliveryId, ScopeNo, Span, Timestamp};

/// Each list, the field that names its things, and the route that shows one.
const LISTS: [(&str, &str, &str); 7] = [
    ("/intents", "intent_id", "/intents"),
    ("/accounts", "code", "/accounts"),
    ("/events", "id", "/events"),
    ("/deliveries", "id", "/deliveries"),
    ("/dead-letters", "id", "/deliveries"),
    ("/replays", "id", "/replays"),
    ("/webhook-endpoints", "id", "/webhook-endpoints"),
];

/// Lists that take a word, its name, and every word.
const WORDS: [(&str, &str, &str, &[&str]); 2] = [
    ("/intents", "state", "state", zentra_api_types::IntentState::WORDS),
    ("/deliveries", "status", "status", &zentra_delivery::DeliveryStatus::WORDS),
];

/// One act, and which of the things that there are it is about.
type Act = (u8, usize);

const ACTS: u8 = 18;

struct Life {
    world: World,
    intents: Vec<String>,
    endpoints: Vec<String>,
    attempts: BTreeMap<String, u32>,
}

fn pick(of: &[String], which: usize) -> &str {
    of.get(which % of.len().max(1)).map_or("none", String::as_str)
}

impl Life {
    async fn new() -> Life {
        let world = World::new().await;
        world.fund("customer_balance", 1_000_000).await;
        Life { world, intents: Vec::new(), endpoints: Vec::new(), attempts: BTreeMap::new() }
    }

    /// Acts; whether it is taken or refused does not matter.
    async fn act(&mut self, (act, which): Act) {
        let intent = format!("/intents/{}", pick(&self.intents, which));
        let endpoint = format!("/webhook-endpoints/{}", pick(&self.endpoints, which));
        let reason = json!({ "reason": "a test" });
        let part = json!({ "amount": { "minor_units": 1 + which % 60 }, "reason": "a test" });
        let settled = json!({ "amount": { "minor_units": 1 + which % 60 } });
        let post = |path: String, body: Value| {
            let world = &self.world;
            async move { world.post(&path, &body).await }
        };
        match act {
            0 | 1 => self.intent(which).await,
            2 => drop(post(format!("{intent}/settle"), settled).await),
            3 => drop(post(format!("{intent}/void"), reason).await),
            4 => drop(post(format!("{intent}/reverse"), part).await),
            5 => drop(post(format!("{intent}/reverse"), reason).await),
            6 => drop(post(format!("{intent}/payout"), json!({})).await),
            7 => self.endpoint(which).await,
            8 => drop(post(format!("{endpoint}/disable"), json!({})).await),
            9 => drop(post(format!("{endpoint}/enable"), json!({})).await),
            10 => {
                let event = json!({ "type": "order.paid", "data": { "n": which } });
                post("/events".to_owned(), event).await.expect(StatusCode::CREATED);
            }
            11 => {
                let key = self.world.key.clone();
                drop(self.world.send("DELETE", &endpoint, &key, &[], String::new()).await);
            }
            12..=14 => self.attempt(which).await,
            15 => {
                let filter = json!({ "filter": {}, "include_delivered": true, "reason": "again" });
                drop(post("/replays".to_owned(), filter).await);
            }
            16 => {
                let id = self.delivery("/dead-letters", which).await;
                drop(post(format!("/deliveries/{id}/resolve"), reason).await);
            }
            _ => {
                let account = format!("/accounts/{}", ["merchant_balance", "spare"][which % 2]);
                let act = ["freeze", "unfreeze", "close"][which % 3];
                drop(post(format!("{account}/{act}"), reason).await);
            }
        }
    }

    async fn intent(&mut self, which: usize) {
        let id = format!("intent_{}", self.intents.len());
        let body = match which % 4 {
            0 => json!({ "intent_id": id }),
            // More than there is: it is rejected.
            1 => {
                json!({ "intent_id": id, "amount": { "minor_units": 9_000_000, "currency": "EUR" },
                "source": "customer_balance", "destination": "merchant_balance" })
            }
            rest => json!({ "intent_id": id, "amount": { "minor_units": 60, "currency": "EUR" },
                "source": "customer_balance", "destination": "merchant_balance",
                "capture": if rest == 2 { "manual" } else { "automatic" } }),
        };
        let _taken_or_rejected = self.world.post("/intents", &body).await;
        self.intents.push(id);
    }

    async fn endpoint(&mut self, which: usize) {
        let events = [json!(["*"]), json!(["order.*"]), json!(["transfer.settled"])];
        let schedule = [json!([0]), json!([0, 1_000]), json!([0, 1_000, 60_000])];
        let body = json!({
            "url": "https://example.com/hook",
            "events": events[which % 3],
            "policy": { "schedule_ms": schedule[which / 3 % 3] },
        });
        let made = self.world.post("/webhook-endpoints", &body).await.expect(StatusCode::CREATED);
        self.endpoints.push(made["id"].as_str().unwrap().to_owned());
    }

    /// The id of one of the deliveries that a list shows.
    async fn delivery(&self, list: &str, which: usize) -> String {
        let page = self.world.get(list).await.expect(StatusCode::OK);
        let rows = page["data"].as_array().unwrap();
        let row = rows.get(which % rows.len().max(1));
        row.map_or_else(|| "dlv_0".to_owned(), |row| row["id"].as_str().unwrap().to_owned())
    }

    /// An attempt ends as the delivery shell would tell it.
    async fn attempt(&mut self, which: usize) {
        let id = self.delivery("/deliveries?status=pending", which).await;
        let Ok(delivery) = id.parse::<DeliveryId>() else { return };
        let shown = self.world.get(&format!("/deliveries/{id}")).await.expect(StatusCode::OK);
        let results = [
            AttemptResult::TimedOut,
            AttemptResult::Answered(500),
            AttemptResult::Answered(200),
            AttemptResult::Verified(200),
            AttemptResult::Answered(410),
        ];
        let number = self.attempts.entry(id).or_insert(0);
        *number += 1;
        let attempt = AttemptV1 {
            number: *number,
            replay: shown["replay_id"].as_str().map(|id| id.parse().unwrap()),
            started_at: Timestamp(1_777_212_729_000_000_000),
            duration_ns: Span::millis(12),
            url: "https://example.com/hook".into(),
            result: results[which % results.len()],
            signed_at_seconds: 1_777_212_729,
            secret_versions: vec![1],
            signature: "v1,c2lnbmF0dXJl".into(),
            payload_hash: [7; 32],
            response_excerpt: String::new(),
        };
        let command = DeliveryCommand::AttemptFinished { delivery, attempt, retry_after: None };
        self.world.submit(ScopeNo(0), Command::Delivery(command)).await;
    }

    /// Every list against the details of its things. A checkpoint may come in between: then the
    /// list is read again.
    async fn agrees(&self) {
        for (list, id, detail) in LISTS {
            let list = format!("{list}?limit=500");
            loop {
                let page = self.world.get(&list).await.expect(StatusCode::OK);
                let mut details = Vec::new();
                for row in page["data"].as_array().unwrap() {
                    let path = format!("{detail}/{}", row[id].as_str().unwrap());
                    details.push(self.world.get(&path).await.expect(StatusCode::OK));
                }
                if self.world.get(&list).await.body != page {
                    continue;
                }
                for (row, detail) in page["data"].as_array().unwrap().iter().zip(&details) {
                    same(&list, row, detail);
                }
                break;
            }
        }
        self.words_find_their_rows().await;
    }

    async fn words_find_their_rows(&self) {
        for (list, name, field, words) in WORDS {
            loop {
                let all = self.world.get(&format!("{list}?limit=500")).await.body;
                let mut found = 0;
                let mut of_words = true;
                for word in words {
                    let path = format!("{list}?limit=500&{name}={word}");
                    let page = self.world.get(&path).await.expect(StatusCode::OK);
                    let rows = page["data"].as_array().unwrap();
                    found += rows.len();
                    of_words &= rows.iter().all(|row| row[field] == *word);
                }
                assert!(of_words, "{list}");
                if self.world.get(&format!("{list}?limit=500")).await.body == all {
                    assert_eq!(found, all["data"].as_array().unwrap().len(), "{list}");
                    break;
                }
            }
        }
    }
}

/// What both say of a thing is the same. An event's list counts what its detail lists.
fn same(list: &str, row: &Value, detail: &Value) {
    let (row, detail) = (row.as_object().unwrap(), detail.as_object().unwrap());
    let common: Vec<&String> = row.keys().filter(|name| detail.contains_key(*name)).collect();
    assert!(common.len() >= 3, "{list}: {common:?}");
    for name in common {
        let told = match &detail[name] {
            Value::Array(all) if row[name].is_number() => json!(all.len()),
            told => told.clone(),
        };
        assert_eq!(row[name], told, "{list}: {name} of {row:?}");
    }
}

#[test]
fn a_list_and_its_details_say_the_same() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut runner =
        TestRunner::new(Config { cases: 6, max_shrink_iters: 40, ..Config::default() });
    let acts = prop::collection::vec((0..ACTS, 0..1_000_usize), 20..70);
    let lived = runner.run(&acts, |acts| {
        runtime.block_on(async {
            let mut life = Life::new().await;
            for act in acts {
                life.act(act).await;
            }
            life.agrees().await;
            life.world = life.world.restart().await;
            life.agrees().await;
            life.world = life.world.folded_again().await;
            life.agrees().await;
        });
        Ok(())
    });
    lived.unwrap();
}
