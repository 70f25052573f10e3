//! The same request gets the same answer: at once, after a restart, and only then.

use super::world::World;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// One request of each kind, each with its own key. The first two are refused: one by the engine,
/// one before it is asked.
fn requests() -> Vec<(&'static str, Value)> {
    let amount = json!({ "minor_units": 10, "currency": "EUR" });
    vec![
        ("/intents/none/payout", json!({})),
        ("/accounts/late/freeze", json!({ "reason": "x" })),
        ("/accounts", json!({ "code": "customer_balance", "currency": "EUR" })),
        (
            "/transfers",
            json!({ "postings": [
                { "account": "world", "direction": "debit", "amount": amount },
                { "account": "customer_balance", "direction": "credit", "amount": amount },
            ]}),
        ),
        (
            "/intents",
            json!({
                "intent_id": "intent_042",
                "amount": amount,
                "source": "customer_balance",
                "destination": "merchant_balance",
            }),
        ),
        ("/webhook-endpoints", json!({ "url": "https://example.com/a", "events": ["*"] })),
        ("/events", json!({ "type": "order.paid", "data": { "n": 1.10 } })),
        ("/keys", json!({ "actor": "svc_other", "roles": ["writer"], "label": "x" })),
    ]
}

#[tokio::test]
async fn answers_are_the_same_bytes_at_once_and_after_a_restart() {
    let world = World::new().await;
    let mut first = Vec::new();
    for (number, (path, body)) in requests().into_iter().enumerate() {
        let reply = world.keyed(path, &format!("k{number}"), &body).await;
        assert!(!reply.headers.contains_key("idempotent-replayed"), "{path}");
        first.push((reply.status, without_secrets(reply.body)));
    }
    assert_eq!((first[0].0, first[1].0), (404, 404));
    // What would be found now, was not found then.
    let late = json!({ "code": "late", "currency": "EUR" });
    world.post("/accounts", &late).await.expect(StatusCode::CREATED);
    assert!(first[2..].iter().all(|(status, _)| *status == 201), "{first:?}");
    let position = world.next().await;
    check(&world, &first).await;
    assert!(world.next().await >= position);
    let world = world.restart().await;
    check(&world, &first).await;
}

/// The first answer comes from a template, its repeat from the log.
#[tokio::test]
async fn runs_of_many_terms_are_answered_alike_at_once_and_again() {
    let mut world = World::new().await;
    world.fund("customer_balance:a", 1_000_000).await;
    world.fund("customer_balance:b", 500).await;
    let routes = json!({ "routes": [
        { "id": "a", "corridor": "default", "currency": "EUR", "rail": "sepa", "priority": 1,
          "amount_max": "50" },
        { "id": "b", "corridor": "default", "currency": "EUR", "rail": "\"x\"", "priority": 2 },
    ]});
    let mut first = Vec::new();
    for round in 0..4 {
        match round {
            1 => drop(world.put("/routes", &routes).await.expect(StatusCode::OK)),
            2 => world.key = world.scope_key("workspace_scope", "svc_other").await,
            _ => {}
        }
        for (number, amount) in [1_u64, 50, 51, 700, 51].into_iter().enumerate() {
            let source = if number == 4 { "customer_balance:b" } else { "customer_balance:a" };
            let body = json!({
                "intent_id": format!("intent_{round}_{number}"),
                "amount": { "minor_units": amount, "currency": "EUR" },
                "source": source,
                "destination": "merchant_balance",
            });
            let reply = world.post("/intents", &body).await;
            assert_eq!(reply.status, 201, "{}", reply.text);
            assert_eq!(reply.headers["content-type"], "application/json");
            first.push((body, reply.text));
        }
    }
    for (body, text) in &first {
        let again = world.post("/intents", body).await;
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert_eq!(&again.text, text);
    }
}

#[tokio::test]
async fn a_keyed_request_is_the_same_however_its_path_is_escaped() {
    let world = World::new().await;
    world.fund("customer_balance", 100).await;
    let amount = |minor_units: u64| json!({ "minor_units": minor_units, "currency": "EUR" });
    let body = json!({
        "intent_id": "order:1_a",
        "amount": amount(10),
        "source": "customer_balance",
        "destination": "merchant_balance",
    });
    world.post("/intents", &body).await.expect(StatusCode::CREATED);
    let back = json!({ "amount": amount(2) });
    let first = world.keyed("/intents/order:1_a/reverse", "k", &back).await;
    assert_eq!(first.status, StatusCode::OK);
    let position = world.next().await;
    for same in ["order%3A1_a", "order%3a1%5Fa", "%6frder:1_%61"] {
        let again = world.keyed(&format!("/intents/{same}/reverse"), "k", &back).await;
        assert_eq!(again.headers["idempotent-replayed"], "true", "{same}");
        assert_eq!(again.body, first.body, "{same}");
    }
    assert_eq!(world.next().await, position);
    let another = world.keyed("/intents/order%3A1_a/reverse", "another", &back).await;
    another.expect(StatusCode::OK);
}

/// What is told once, which is not told again.
fn without_secrets(mut body: Value) -> Value {
    if body.get("key").is_some() {
        body["key"] = Value::Null;
    }
    if let Some(secret) = body.get_mut("secret").and_then(Value::as_object_mut) {
        secret.remove("value");
    }
    body
}

async fn check(world: &World, first: &[(u16, Value)]) {
    for (number, (path, body)) in requests().into_iter().enumerate() {
        let reply = world.keyed(path, &format!("k{number}"), &body).await;
        assert_eq!((reply.status, reply.body), first[number], "{path}");
        assert_eq!(reply.headers["idempotent-replayed"], "true", "{path}");
    }
}

#[tokio::test]
async fn a_key_with_another_body_is_refused_and_on_another_route_it_is_new() {
    let world = World::new().await;
    let body = json!({ "type": "order.paid", "data": { "n": 1 } });
    let made = world.keyed("/events", "k", &body).await.expect(StatusCode::CREATED);
    let text = "{ \"data\": { \"n\": 1 }, \"type\": \"order.paid\" }".to_owned();
    let headers = [("idempotency-key", "k")];
    let again = world.send("POST", "/events", &world.key, &headers, text).await;
    assert_eq!(again.body["id"], made["id"], "the order of fields does not matter");
    let other = json!({ "type": "order.paid", "data": { "n": 2 } });
    let refused = world.keyed("/events", "k", &other).await.refused(422);
    assert_eq!(refused, "idempotency_key_reused");
    let elsewhere = json!({ "code": "a", "currency": "EUR" });
    world.keyed("/accounts", "k", &elsewhere).await.expect(StatusCode::CREATED);
    for bad in ["a b", &"k".repeat(256)] {
        let refused = world.keyed("/events", bad, &body).await.refused(400);
        assert_eq!(refused, "validation_failed");
    }
}

/// What a reader of doubles takes for one number are two.
#[tokio::test]
async fn bodies_that_differ_in_the_digits_of_a_number_are_different() {
    let world = World::new().await;
    let pairs = [
        ("123456789012345678901234567890", "123456789012345678901234567891"),
        ("0.1", "0.10000000000000001"),
        ("1e400", "1e401"),
    ];
    for (number, (one, other)) in pairs.into_iter().enumerate() {
        let (key, next) = (format!("k{number}"), format!("n{number}"));
        let text = |digits: &str| format!("{{\"type\":\"a.b\",\"data\":{{\"wei\":{digits}}}}}");
        let send = |key: String, text: String| {
            let world = &world;
            async move {
                world.send("POST", "/events", &world.key, &[("idempotency-key", &key)], text).await
            }
        };
        let made = send(key.clone(), text(one)).await.expect(StatusCode::CREATED);
        let again = send(key.clone(), text(one)).await.expect(StatusCode::CREATED);
        assert_eq!(again["id"], made["id"]);
        let refused = send(key, text(other)).await.refused(422);
        assert_eq!(refused, "idempotency_key_reused", "{one} {other}");
        let second = send(next, text(other)).await.expect(StatusCode::CREATED);
        let path = format!("/events/{}", second["id"].as_str().unwrap());
        let shown = world.send("GET", &path, &world.key, &[], String::new()).await.text;
        assert_eq!(shown.matches(&format!("\"wei\":{other}}}")).count(), 1, "{shown}");
    }
}

#[tokio::test]
async fn an_intent_is_its_own_key() {
    let world = World::new().await;
    let body = json!({ "intent_id": "intent_042", "scope": "workspace_scope" });
    let first = world.post("/intents", &body).await;
    let again = world.post("/intents", &json!({ "intent_id": "intent_042" })).await;
    assert_eq!((first.status, &first.text), (again.status, &again.text));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    let other = json!({
        "intent_id": "intent_042",
        "amount": { "minor_units": 1, "currency": "EUR" },
        "source": "a",
        "destination": "b",
    });
    assert_eq!(world.post("/intents", &other).await.refused(422), "intent_id_reused");
}

#[tokio::test]
async fn a_callers_own_secret_is_never_shown() {
    let world = World::new().await;
    let own = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let body = json!({ "url": "https://example.com/a", "events": ["*"], "signing_secret": own });
    let made = world.keyed("/webhook-endpoints", "k", &body).await;
    assert!(!made.text.contains(own), "{}", made.text);
    let again = world.keyed("/webhook-endpoints", "k", &body).await;
    assert_eq!(made.text, again.text);
    let id = made.expect(StatusCode::CREATED)["id"].as_str().unwrap().to_owned();
    let path = format!("/webhook-endpoints/{id}/rotate-secret");
    let rotated = world.keyed(&path, "r", &json!({})).await;
    assert_eq!(rotated.body["secret"]["version"], 2);
    assert!(rotated.body["secret"]["value"].as_str().unwrap().starts_with("whsec_"));
    let again = world.keyed(&path, "r", &json!({})).await.expect(StatusCode::OK);
    assert_eq!(again, without_secrets(rotated.body), "a repeat shows no secret");
    let shown = world.get(&format!("/webhook-endpoints/{id}")).await;
    let mut secret = shown.body["secret"].clone();
    let versions = secret.as_object_mut().unwrap().remove("versions").unwrap();
    assert_eq!(secret, json!({ "name": null, "version": 2 }));
    for version in versions.as_array().unwrap() {
        let names: Vec<&String> = version.as_object().unwrap().keys().collect();
        assert_eq!(names, ["version", "valid_until"]);
    }
}

#[tokio::test]
async fn a_made_key_works_until_it_is_revoked() {
    let world = World::new().await;
    let body = json!({ "actor": "svc_other", "roles": ["auditor"] });
    let made = world.post("/keys", &body).await.expect(StatusCode::CREATED);
    let (key, id) = (made["key"].as_str().unwrap(), made["id"].as_str().unwrap());
    assert_eq!(world.send("GET", "/keys", key, &[], String::new()).await.status, 200);
    let refused = world.send("POST", "/keys", key, &[], body.to_string()).await;
    assert_eq!(refused.refused(403), "forbidden");
    let path = format!("/keys/{id}");
    let revoked = world.send("DELETE", &path, &world.key, &[], String::new()).await;
    assert_eq!(revoked.expect(StatusCode::OK)["status"], "revoked");
    let refused = world.send("GET", "/keys", key, &[], String::new()).await;
    assert_eq!(refused.refused(401), "unauthenticated");
    let listed = world.get("/keys").await;
    assert!(!listed.text.contains(key));
    assert_eq!(listed.body["data"][0]["status"], "revoked");
}
