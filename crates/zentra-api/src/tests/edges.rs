//! The edges of the API: filters that can find nothing, names that no URL can have, pages of one
//! row, and what the server says of its parts.

use super::world::World;
use axum::http::StatusCode;
use serde_json::{Value, json};
use zentra_events::limits::EVENT_PAYLOAD_BYTES_MAX;

#[tokio::test]
async fn a_filter_that_can_find_nothing_names_the_words_it_knows() {
    let world = World::new().await;
    let told = |reply: super::world::Reply| {
        let detail = reply.body["detail"].as_str().unwrap_or("").to_owned();
        assert_eq!(reply.refused(400), "validation_failed");
        detail
    };
    assert!(told(world.get("/intents?state=foo").await).contains("synchronized"));
    assert!(told(world.get("/deliveries?status=failed").await).contains("dead_lettered"));
    assert!(told(world.get("/events?type=a..b").await).contains("event type"));
    for filter in [json!({ "status": "failed" }), json!({ "event_type": "a.*.b" })] {
        let body = json!({ "reason": "x", "filter": filter });
        let reply = world.post("/replays", &body).await;
        let pointer = reply.body["errors"][0]["pointer"].as_str().unwrap().to_owned();
        assert!(pointer.starts_with("/filter/"), "{pointer}");
        assert_eq!(reply.refused(400), "validation_failed");
    }
    let event = json!({ "type": "order.paid.late", "data": 1 });
    world.post("/events", &event).await.expect(StatusCode::CREATED);
    let rows = [("order.paid.late", 1), ("order.*", 1), ("order.paid.*", 1), ("*", 1), ("a.*", 0)];
    for (pattern, expected) in rows {
        let page = world.get(&format!("/events?type={pattern}")).await;
        let found = page.expect(StatusCode::OK)["data"].as_array().unwrap().len();
        assert_eq!(found, expected, "{pattern}");
    }
}

#[tokio::test]
async fn what_no_url_can_name_is_not_made() {
    let world = World::new().await;
    for id in ["batch", ".", ".."] {
        let body = json!({ "intent_id": id });
        let reply = world.post("/intents", &body).await;
        assert_eq!(reply.body["errors"][0]["pointer"], "/intent_id", "{id}");
        assert_eq!(reply.refused(400), "validation_failed");
        let reply = world.post("/intents/batch", &json!([body])).await;
        assert_eq!(reply.body["errors"][0]["pointer"], "/0/intent_id", "{id}");
        assert_eq!(reply.refused(400), "validation_failed");
    }
    let account = json!({ "code": "..", "currency": "EUR" });
    assert_eq!(world.post("/accounts", &account).await.refused(400), "validation_failed");
    let amount = json!({ "minor_units": 1, "currency": "EUR" });
    for (source, destination) in [(".", "a"), ("a", "..")] {
        let body = json!({ "intent_id": "i", "amount": amount, "source": source,
            "destination": destination });
        assert_eq!(world.post("/intents", &body).await.refused(400), "validation_failed");
        let reply = world.post("/intents/batch", &json!([body])).await;
        assert_eq!(reply.refused(400), "validation_failed");
    }
    for id in ["batch_1", "...", "a.b", "-", ":"] {
        let made = world.post("/intents", &json!({ "intent_id": id })).await;
        made.expect(StatusCode::CREATED);
        assert_eq!(world.get(&format!("/intents/{id}")).await.status, 200, "{id}");
    }
}

#[tokio::test]
async fn data_that_is_too_large_says_so_and_how_large_it_may_be() {
    let world = World::new().await;
    let event = |bytes: usize| json!({ "type": "a", "data": "x".repeat(bytes - 2) });
    let most = event(EVENT_PAYLOAD_BYTES_MAX);
    world.post("/events", &most).await.expect(StatusCode::CREATED);
    let reply = world.post("/events", &event(EVENT_PAYLOAD_BYTES_MAX + 1)).await;
    assert_eq!(reply.body["pointer"], "/data");
    assert_eq!(reply.body["bytes_max"], EVENT_PAYLOAD_BYTES_MAX);
    assert_eq!(reply.refused(413), "body_too_large");
    let large = json!({ "intent_id": "a", "amount": { "minor_units": 0, "currency": "EUR" } });
    let large = large.to_string().replace(":0,", ":18446744073709551616,");
    let reply = world.send("POST", "/intents", &world.key, &[], large).await;
    assert!(!reply.text.contains("floating"), "{}", reply.text);
    assert_eq!(reply.refused(400), "validation_failed");
}

#[tokio::test]
async fn pages_of_one_row_show_all_rows_once() {
    let world = World::new().await;
    world.fund("customer_balance:a", 100).await;
    for id in ["i1", "i2"] {
        let body = json!({ "intent_id": id, "source": "customer_balance:a",
            "destination": "merchant_balance",
            "amount": { "minor_units": 5, "currency": "EUR" } });
        world.post("/intents", &body).await.expect(StatusCode::CREATED);
    }
    for account in ["customer_balance:a", "reserved_balance:EUR", "reserved_balance"] {
        let path = format!("/accounts/{account}/entries");
        let reply = world.get(&format!("{path}?limit=500")).await;
        if reply.status == 404 {
            continue;
        }
        let all = reply.expect(StatusCode::OK)["data"].clone();
        for limit in 1..4 {
            let (mut found, mut cursor) = (Vec::<Value>::new(), String::new());
            loop {
                let page = world.get(&format!("{path}?limit={limit}{cursor}")).await;
                let page = page.expect(StatusCode::OK);
                let rows = page["data"].as_array().unwrap();
                assert!(rows.len() <= limit, "{} rows of {limit}", rows.len());
                found.extend(rows.iter().cloned());
                match page["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            assert_eq!(Value::from(found), all, "{account} by {limit}");
        }
    }
}

#[tokio::test]
async fn readiness_names_each_part() {
    let world = World::new().await;
    let told = world.get("/readyz").await.expect(StatusCode::OK);
    let all = json!({ "commands": "ready", "lists": "ready", "evidence": "ready" });
    assert_eq!(told["parts"], all);
}

#[tokio::test]
async fn what_is_too_long_in_an_intent_is_refused_with_its_place() {
    let world = World::new().await;
    let long = "x".repeat(513);
    let rows = [
        ("corridor", json!("x".repeat(129)), "/corridor"),
        ("corridor", json!(""), "/corridor"),
        ("metadata", json!({ "a": "b", "or/der": long }), "/metadata/or~1der"),
        ("metadata", json!({ "": "b" }), "/metadata"),
    ];
    let waits = json!({ "intent_id": "waits" });
    world.post("/intents", &waits).await.expect(StatusCode::CREATED);
    for (field, value, pointer) in rows {
        let amount = json!({ "minor_units": 1, "currency": "EUR" });
        let mut body = json!({ "amount": amount, "source": "a", "destination": "b" });
        body[field] = value;
        let confirmed = world.post("/intents/waits/confirm", &body).await;
        body["intent_id"] = json!("i");
        for reply in [confirmed, world.post("/intents", &body).await] {
            assert_eq!(reply.body["errors"][0]["pointer"], pointer, "{}", reply.text);
            assert_eq!(reply.refused(400), "validation_failed");
        }
    }
}
