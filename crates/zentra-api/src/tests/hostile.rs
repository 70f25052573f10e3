//! Hostile requests: a refusal each time, never a failure, and nothing recorded of any.

use super::world::World;
use crate::openapi::document;
use axum::http::StatusCode;
use serde_json::{Value, json};
use zentra_events::limits::BODY_BYTES_MAX;

/// Bodies that no route takes.
fn bodies() -> Vec<String> {
    let deep = "[".repeat(200_000);
    let nested = format!("{{\"a\":{}1{}}}", "[".repeat(40), "]".repeat(40));
    [
        "x",
        "{",
        "[]",
        "1",
        "\"a\"",
        "null",
        "{\"a\":1}",
        "{\"a\":1,\"a\":1}",
        "{}{}",
        "{\"\\ud800\":1}",
        "{\"reason\":1e999}",
        "[{}]",
        "{\"amount\":\"\u{0}\"}",
        "{\"intent_id\":{}}",
        "{\"amount\":{\"minor_units\":1.5,\"currency\":\"EUR\"}}",
        &deep,
        &nested,
    ]
    .map(str::to_owned)
    .to_vec()
}

#[tokio::test]
async fn no_route_fails_or_records_anything_of_a_hostile_body() {
    let world = World::new().await;
    let document: Value = serde_json::from_str(document()).unwrap();
    let before = world.commands().await;
    for (path, operations) in document["paths"].as_object().unwrap() {
        let url = path
            .replace("{intent_id}", "none")
            .replace("{code}", "none")
            .replace("{id}", "wep_00000000000000000000");
        for method in ["post", "put"].iter().filter(|method| operations[**method].is_object()) {
            for body in bodies() {
                let shown: String = body.chars().take(60).collect();
                let reply = world.send(&method.to_uppercase(), &url, &world.key, &[], body).await;
                let refused = (400..500).contains(&reply.status);
                assert!(refused, "{method} {path} {shown}: {} {}", reply.status, reply.text);
            }
        }
    }
    assert_eq!(world.commands().await, before, "nothing was recorded");
}

#[tokio::test]
async fn no_field_of_any_body_can_make_a_route_fail() {
    let world = World::new().await;
    let document: Value = serde_json::from_str(document()).unwrap();
    let strange = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(""),
        json!("\u{0}\u{1f4b8}/../%00"),
        json!("x".repeat(10_000)),
        json!([]),
        json!([null]),
        json!(["a", "a"]),
        json!({}),
        json!({ "a": { "b": [] } }),
    ];
    for (path, operations) in document["paths"].as_object().unwrap() {
        let url = path.replace("{intent_id}", "none").replace("{code}", "none");
        let url = url.replace("{id}", "dlv_00000000000000000000");
        for (method, operation) in operations.as_object().unwrap() {
            let form = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            let Some(name) = form.as_str().and_then(|form| form.rsplit('/').next()) else {
                continue;
            };
            let schema = &document["components"]["schemas"][name];
            for field in schema["properties"].as_object().into_iter().flat_map(|all| all.keys()) {
                for value in &strange {
                    let mut body = filled(schema);
                    body[field] = value.clone();
                    let (upper, text) = (method.to_uppercase(), body.to_string());
                    let reply = world.send(&upper, &url, &world.key, &[], text).await;
                    assert!(reply.status < 500, "{method} {path} {field}: {}", reply.text);
                }
            }
        }
    }
}

/// A body with a plausible text in every field, so that one strange field is what decides.
fn filled(schema: &Value) -> Value {
    let mut body = json!({});
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let example = &field["example"];
        body[name] = match name.as_str() {
            "amount" => json!({ "minor_units": "5", "currency": "EUR" }),
            "scope" => json!("workspace_scope"),
            _ if example.is_null() => continue,
            _ => example.clone(),
        };
    }
    body
}

#[tokio::test]
async fn sizes_types_methods_and_routes_have_their_codes() {
    let world = World::new().await;
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(BODY_BYTES_MAX));
    let reply = world.send("POST", "/events", &world.key, &[], large).await;
    assert_eq!(reply.refused(413), "body_too_large");
    let plain = [("content-type", "text/plain")];
    let reply = world.send("POST", "/events", &world.key, &plain, "{}".into()).await;
    assert_eq!(reply.refused(415), "unsupported_media_type");
    let reply = world.send("PATCH", "/events", &world.key, &[], String::new()).await;
    assert!(reply.headers.contains_key("allow"), "{:?}", reply.headers);
    assert_eq!(reply.refused(405), "method_not_allowed");
    assert_eq!(world.get("/none").await.refused(404), "not_found");
    assert_eq!(world.get("/intents/%ff").await.refused(404), "not_found");
    assert_eq!(world.get("/intents?limit=0").await.refused(400), "validation_failed");
    assert_eq!(world.get("/intents?colour=red").await.refused(400), "validation_failed");
    assert_eq!(world.get("/intents?cursor=00").await.refused(400), "validation_failed");
    let key = [("authorization", "Bearer x")];
    assert_eq!(world.send("GET", "/keys", "", &key, String::new()).await.status, 401);
}

#[tokio::test]
async fn fields_that_do_not_fit_are_named() {
    let world = World::new().await;
    let rows = [
        ("/intents", json!({}), "/intent_id"),
        ("/intents", json!({ "intent_id": "a b" }), "/intent_id"),
        ("/intents", json!({ "intent_id": "a", "colour": 1 }), "/colour"),
        ("/intents", json!({ "intent_id": "a", "primitives": ["policy"] }), "/primitives"),
        (
            "/intents",
            json!({ "intent_id": "a", "amount": { "minor_units": -1, "currency": "EUR" } }),
            "/amount/minor_units",
        ),
        ("/intents", json!({ "intent_id": "a", "source": "b" }), "/amount"),
        ("/events", json!({ "type": "a..b", "data": 1 }), "/type"),
        ("/events", json!({ "type": "a" }), "/data"),
        ("/keys", json!({ "actor": "a", "roles": ["writer", "root"] }), "/roles/1"),
        ("/accounts", json!({ "code": "a", "currency": "eur" }), "/currency"),
        (
            "/accounts",
            json!({ "code": "a", "currency": "EUR", "floor": { "kind": "limit" } }),
            "/floor/limit",
        ),
        ("/replays", json!({ "reason": "x" }), "/event_id"),
        ("/replays", json!({ "reason": " ", "filter": {} }), "/reason"),
    ];
    for (path, body, pointer) in rows {
        let reply = world.post(path, &body).await;
        assert_eq!(reply.body["errors"][0]["pointer"], pointer, "{path} {body} {}", reply.text);
        assert_eq!(reply.refused(400), "validation_failed");
    }
}

#[tokio::test]
async fn requests_carry_their_id_through() {
    let world = World::new().await;
    let id = "000102030405060708090a0b0c0d0e0f";
    let headers = [("x-request-id", id)];
    let body = json!({ "intent_id": "a" }).to_string();
    let reply = world.send("POST", "/intents", &world.key, &headers, body).await;
    assert_eq!(reply.headers["x-request-id"], id);
    assert_eq!(reply.expect(StatusCode::CREATED)["evidence"]["request_id"], id);
    let refused = world.send("GET", "/intents/none", &world.key, &headers, String::new()).await;
    assert_eq!(refused.body["instance"], id);
    let drawn = world.get("/intents/a").await;
    assert_eq!(drawn.headers["x-request-id"].len(), 32);
}

#[tokio::test]
async fn the_server_tells_about_itself() {
    let world = World::new().await;
    for path in ["/healthz", "/readyz", "/openapi.json"] {
        let reply = world.send("GET", path, "", &[], String::new()).await;
        assert!(reply.expect(StatusCode::OK).is_object(), "{path}");
    }
    let page = world.send("GET", "/codes/insufficient_funds", "", &[], String::new()).await;
    assert!(page.text.starts_with("# insufficient_funds"));
    assert_eq!(world.get("/codes/none").await.refused(404), "not_found");
    let digests = world.get("/projections").await.expect(StatusCode::OK);
    assert_eq!(digests["projections"].as_array().unwrap().len(), 8);
}
