//! The examples of the description: each is taken, and where its answer leads to is there.

use super::trails::{attempt, endpoint, report};
use super::world::{ALL_ROLES, Reply, World};
use crate::openapi::document;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use zentra_events::ScopeNo;
use zentra_events::event::{AttemptResult, role};

/// An operation as the description tells it.
struct Operation {
    method: String,
    path: String,
    told: Value,
}

struct Reader {
    operations: BTreeMap<String, Operation>,
    world: World,
    key: String,
    sent: BTreeSet<String>,
    shown: usize,
    followed: BTreeSet<String>,
}

impl Reader {
    async fn new() -> Reader {
        let document: Value = serde_json::from_str(document()).unwrap();
        let mut operations = BTreeMap::new();
        for (path, told) in document["paths"].as_object().unwrap() {
            for (method, told) in told.as_object().unwrap() {
                let (method, path, told) = (method.to_uppercase(), path.clone(), told.clone());
                let id = told["operationId"].as_str().unwrap().to_owned();
                operations.insert(id, Operation { method, path, told });
            }
        }
        let world = World::new().await;
        let key = world.key_with(ScopeNo(0), "deployer", ALL_ROLES | role::DEPLOYMENT).await;
        Reader {
            operations,
            world,
            key,
            sent: BTreeSet::new(),
            shown: 0,
            followed: BTreeSet::new(),
        }
    }

    async fn ask(&self, id: &str, values: &[(&str, &str)], body: String) -> Reply {
        let operation = &self.operations[id];
        let path = values.iter().fold(operation.path.clone(), |path, (name, value)| {
            path.replace(&format!("{{{name}}}"), value)
        });
        assert!(!path.contains('{'), "{id} {path}");
        self.world.send(&operation.method, &path, &self.key, &[], body).await
    }

    /// Sends the example of an operation: it is answered as the description says.
    async fn send(&mut self, id: &str, values: &[(&str, &str)]) -> Value {
        let told = self.operations[id].told.clone();
        let example = &told["requestBody"]["content"]["application/json"]["example"];
        let reply = self.ask(id, values, example.to_string()).await;
        assert!((200..300).contains(&reply.status), "{id} {example}: {}", reply.text);
        let response = &told["responses"][reply.status.to_string()];
        assert!(response.is_object(), "{id} is not to answer {}", reply.status);
        let shown = &response["content"]["application/json"]["example"];
        if !shown.is_null() {
            assert_eq!(without_what_differs(shown), without_what_differs(&reply.body), "{id}");
            self.shown += 1;
        }
        self.sent.insert(id.to_owned());
        self.follow(response, &reply.body).await;
        reply.body
    }

    /// Follows the links of an answer that lead to what reads.
    async fn follow(&mut self, response: &Value, body: &Value) {
        for link in response["links"].as_object().into_iter().flatten().map(|(_, link)| link) {
            let id = link["operationId"].as_str().unwrap();
            let mut values = Vec::new();
            for (name, from) in link["parameters"].as_object().into_iter().flatten() {
                let pointer = from.as_str().unwrap().strip_prefix("$response.body#").unwrap();
                let value = body.pointer(pointer).and_then(Value::as_str);
                values.push((name.as_str(), value.unwrap_or_else(|| panic!("{id} {pointer}"))));
            }
            if self.operations[id].method == "GET" {
                let reply = self.ask(id, &values, String::new()).await;
                assert_eq!(reply.status, 200, "{id}: {}", reply.text);
            }
            self.followed.insert(id.to_owned());
        }
    }

    async fn hold(&self, intent: &str) {
        let amount = json!({ "minor_units": "100000", "currency": "EUR" });
        let body = json!({ "intent_id": intent, "amount": amount, "capture": "manual",
            "source": "customer_balance", "destination": "merchant_balance" });
        assert_eq!(self.world.post("/intents", &body).await.status, 201);
    }
}

/// An answer without what is another one in every deployment: places, times, ids, who asked.
fn without_what_differs(answer: &Value) -> Value {
    const DIFFER: [&str; 8] = [
        "position",
        "scope_number",
        "recorded_at",
        "actor",
        "request_id",
        "event_id",
        "id",
        "value",
    ];
    match answer {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let differs = DIFFER.contains(&name.as_str()) && !value.is_null();
                let value = if differs { json!("*") } else { without_what_differs(value) };
                (name.clone(), value)
            };
            members.iter().map(member).collect()
        }
        Value::Array(items) => items.iter().map(without_what_differs).collect(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn every_example_is_taken_and_every_link_leads_on() {
    let mut reader = Reader::new().await;
    let account = [("code", "customer_balance:alice")];
    for id in ["create", "freeze", "unfreeze", "close"] {
        reader.send(&format!("accounts.{id}"), &account).await;
    }
    reader.send("transfers.create", &[]).await;
    let intent = [("intent_id", "intent_042")];
    for id in ["create", "confirm", "reverse", "payout", "createBatch"] {
        reader.send(&format!("intents.{id}"), &intent).await;
    }
    for (held, id) in [("held_1", "intents.settle"), ("held_2", "intents.void")] {
        reader.hold(held).await;
        reader.send(id, &[("intent_id", held)]).await;
    }

    let made = reader.send("webhookEndpoints.create", &[]).await;
    let endpoint_id = [("id", made["id"].as_str().unwrap())];
    for id in ["rotateSecret", "endSecret"] {
        reader.send(&format!("webhookEndpoints.{id}"), &endpoint_id).await;
    }
    let (_, delivery) = endpoint(&reader.world, json!([0])).await;
    let failed = || attempt(1, AttemptResult::Answered(500), None);
    report(&reader.world, &delivery, failed()).await;
    reader.send("deliveries.resolve", &[("id", &delivery)]).await;
    reader.send("deliveries.resend", &[("id", &delivery)]).await;
    let published = reader.send("events.publish", &[]).await;
    let delivery = published["deliveries"][0]["id"].as_str().unwrap().to_owned();
    report(&reader.world, &delivery, failed()).await;
    reader.send("replays.create", &[]).await;

    for id in ["currencies.declare", "policy.set", "routes.set", "keys.create", "scopes.create"] {
        reader.send(id, &[("code", "BTC")]).await;
    }
    reader.send("scopes.setQuotas", &[("name", "another_scope")]).await;
    reader.send("chart.set", &[]).await;

    for (id, Operation { told, .. }) in &reader.operations {
        let content = &told["requestBody"]["content"]["application/json"];
        let says = content.is_object() && !content["schema"].to_string().contains("/Nothing\"");
        assert_eq!(reader.sent.contains(id), says, "{id} has a body that is to be shown");
    }
    assert_eq!(reader.shown, 2);
    assert!(reader.followed.len() > 25, "{:?}", reader.followed);
}
