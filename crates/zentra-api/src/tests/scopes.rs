//! Another scope's ids are not found, on every route, and its lists are empty.

use super::world::World;
use axum::http::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn another_scopes_things_are_not_found() {
    let world = World::new().await;
    let other = world.scope_key("other_scope", "svc_other").await;
    let ids = things(&world).await;
    let reason = json!({ "reason": "x" });
    let calls = [
        ("GET", "/accounts/customer_balance", Value::Null),
        ("GET", "/accounts/customer_balance/entries", Value::Null),
        ("POST", "/accounts/customer_balance/freeze", reason.clone()),
        ("POST", "/accounts/customer_balance/unfreeze", reason.clone()),
        ("POST", "/accounts/customer_balance/close", reason.clone()),
        ("GET", "/intents/intent_042", Value::Null),
        ("GET", "/intents/intent_042/evidence", Value::Null),
        ("POST", "/intents/intent_042/confirm", details()),
        ("POST", "/intents/intent_042/settle", json!({})),
        ("POST", "/intents/intent_042/void", reason.clone()),
        ("POST", "/intents/intent_042/reverse", reason.clone()),
        ("POST", "/intents/intent_042/payout", json!({})),
        ("GET", "/webhook-endpoints/{endpoint}", Value::Null),
        ("DELETE", "/webhook-endpoints/{endpoint}", Value::Null),
        ("POST", "/webhook-endpoints/{endpoint}/disable", json!({})),
        ("POST", "/webhook-endpoints/{endpoint}/enable", json!({})),
        ("POST", "/webhook-endpoints/{endpoint}/rotate-secret", json!({})),
        ("POST", "/webhook-endpoints/{endpoint}/end-secret", json!({ "version": 1 })),
        ("GET", "/events/{event}", Value::Null),
        ("GET", "/deliveries/{delivery}", Value::Null),
        ("POST", "/deliveries/{delivery}/resend", reason.clone()),
        ("POST", "/deliveries/{delivery}/resolve", reason.clone()),
        ("GET", "/replays/{replay}", Value::Null),
        ("POST", "/replays", json!({ "event_id": ids[1], "reason": "x" })),
        ("DELETE", "/keys/{key}", Value::Null),
        ("POST", "/intents", json!({ "intent_id": "a", "scope": "workspace_scope" })),
    ];
    for (method, path, body) in calls {
        let path = path
            .replace("{endpoint}", &ids[0])
            .replace("{event}", &ids[1])
            .replace("{delivery}", &ids[2])
            .replace("{key}", &ids[3])
            .replace("{replay}", "rpl_00000000000000050000");
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let reply = world.send(method, &path, &other, &[], text).await;
        assert_eq!(reply.refused(404), "not_found", "{method} {path}");
    }
    for list in ["accounts", "intents", "webhook-endpoints", "events", "deliveries", "replays"] {
        let reply = world.send("GET", &format!("/{list}"), &other, &[], String::new()).await;
        assert_eq!(reply.expect(StatusCode::OK)["data"], json!([]), "{list}");
        let mine = world.get(&format!("/{list}")).await.expect(StatusCode::OK);
        let any = !mine["data"].as_array().unwrap().is_empty();
        assert!(any || list == "replays", "{list}");
    }
}

fn details() -> Value {
    json!({
        "amount": { "minor_units": 5, "currency": "EUR" },
        "source": "customer_balance",
        "destination": "merchant_balance",
    })
}

/// An endpoint, an event, a delivery and a key.
async fn things(world: &World) -> [String; 4] {
    world.fund("customer_balance", 10).await;
    let mut intent = details();
    intent["intent_id"] = json!("intent_042");
    world.post("/intents", &intent).await.expect(StatusCode::CREATED);
    let body = json!({ "url": "https://example.com/a", "events": ["order.*"] });
    let endpoint = world.post("/webhook-endpoints", &body).await.expect(StatusCode::CREATED);
    let body = json!({ "type": "order.paid", "data": {} });
    let event = world.post("/events", &body).await.expect(StatusCode::CREATED);
    let key = world.get("/keys").await.expect(StatusCode::OK);
    [&endpoint["id"], &event["id"], &event["deliveries"][0]["id"], &key["data"][0]["id"]]
        .map(|id| id.as_str().unwrap().to_owned())
}

#[tokio::test]
async fn both_scopes_may_use_the_same_names() {
    let world = World::new().await;
    let other = world.scope_key("other_scope", "svc_other").await;
    let body = json!({ "intent_id": "intent_042" }).to_string();
    for key in [&world.key, &other] {
        let headers = [("idempotency-key", "same")];
        let reply = world.send("POST", "/intents", key, &headers, body.clone()).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        assert!(!reply.headers.contains_key("idempotent-replayed"));
    }
}
