//! Deliveries as the page tells them, and replays. Attempts are reported as the delivery shell
//! reports them; nothing is sent.

use super::world::World;
use axum::http::StatusCode;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zentra_delivery::DeliveryCommand;
use zentra_engine::Command;
use zentra_events::event::{AttemptResult, AttemptV1};
use zentra_events::{DeliveryId, ReplayId, ScopeNo, Span, Timestamp};

pub(super) fn attempt(number: u32, result: AttemptResult, replay: Option<ReplayId>) -> AttemptV1 {
    AttemptV1 {
        number,
        replay,
        started_at: Timestamp(1_777_212_729_000_000_000),
        duration_ns: Span::millis(12),
        url: "https://example.com/zentra/webhooks".into(),
        result,
        signed_at_seconds: 1_777_212_729,
        secret_versions: vec![1],
        signature: "v1,c2lnbmF0dXJl".into(),
        payload_hash: [7; 32],
        response_excerpt: String::new(),
    }
}

pub(super) async fn report(world: &World, delivery: &str, attempt: AttemptV1) {
    let delivery: DeliveryId = delivery.parse().unwrap();
    let command = DeliveryCommand::AttemptFinished { delivery, attempt, retry_after: None };
    world.submit(ScopeNo(0), Command::Delivery(command)).await;
}

/// An endpoint with this schedule, and the delivery of the event of its own creation.
pub(super) async fn endpoint(world: &World, schedule_ms: Value) -> (String, String) {
    let body = json!({
        "url": "https://example.com/zentra/webhooks",
        "events": ["webhook.endpoint.created", "order.*"],
        "policy": { "schedule_ms": schedule_ms },
    });
    let made = world.post("/webhook-endpoints", &body).await.expect(StatusCode::CREATED);
    let event = made["evidence"]["event_id"].as_str().unwrap();
    let event = world.get(&format!("/events/{event}")).await.expect(StatusCode::OK);
    let mine = event["deliveries"].as_array().unwrap().iter();
    let delivery = mine.rev().find(|row| row["endpoint_id"] == made["id"]).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&made["id"]), text(&delivery["id"]))
}

#[tokio::test]
async fn the_pages_three_rows_are_told_of_a_delivery() {
    let world = World::new().await;
    let (_, delivery) = endpoint(&world, json!([0, 1_000, 1_000])).await;
    report(&world, &delivery, attempt(1, AttemptResult::TimedOut, None)).await;
    report(&world, &delivery, attempt(2, AttemptResult::Verified(500), None)).await;
    report(&world, &delivery, attempt(3, AttemptResult::Answered(200), None)).await;
    let shown = world.get(&format!("/deliveries/{delivery}")).await.expect(StatusCode::OK);
    let rows: Vec<[&str; 4]> = shown["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| ["step", "stage", "event", "outcome"].map(|name| row[name].as_str().unwrap()))
        .collect();
    let event = "webhook.endpoint.created";
    assert_eq!(
        rows,
        [
            ["01", "timeout", event, "retained"],
            ["02", "signature verified", event, "retrying"],
            ["03", "delivered", event, "resolved"],
        ]
    );
    assert_eq!(shown["status"], "delivered");
    for name in ["event_id", "signature", "attempt_count", "endpoint_status"] {
        assert!(!shown[name].is_null(), "{name}");
    }
    let first = &shown["attempts"][0];
    for name in ["event_id", "endpoint_id", "timestamp", "signature", "payload_hash"] {
        assert!(first[name].is_string(), "{name}");
    }
    assert_eq!(first["secret_version"], 1);
    assert_eq!(first["status_code"], Value::Null);
    let history = shown["history"].as_array().unwrap();
    assert_eq!(history[0]["event"], "event.delivery.queued");
    assert_eq!(history.len(), 4);
}

#[tokio::test]
async fn a_payloads_hashes_name_their_algorithm() {
    let world = World::new().await;
    endpoint(&world, json!([0, 1_000, 1_000])).await;
    let order = json!({ "type": "order.paid", "data": { "total": 12.50 } });
    let made = world.post("/events", &order).await.expect(StatusCode::CREATED);
    let path = format!("/events/{}", made["event_id"].as_str().unwrap());
    let event = world.get(&path).await.expect(StatusCode::OK);
    let payload = event["payload_text"].as_str().unwrap();
    let hash = blake3::hash(payload.as_bytes());
    let sha256 = HEXLOWER.encode(&Sha256::digest(payload.as_bytes()));
    assert_eq!(event["payload_hash"], format!("blake3:{hash}"));
    assert_eq!(event["payload_sha256"], sha256);
    let delivery = event["deliveries"][0]["id"].as_str().unwrap();
    let sent = AttemptV1 {
        payload_hash: *hash.as_bytes(),
        ..attempt(1, AttemptResult::Answered(500), None)
    };
    report(&world, delivery, sent).await;
    // One whose retained hash is not that of the payload: nothing else is known of what was sent.
    report(&world, delivery, attempt(2, AttemptResult::Answered(200), None)).await;
    let shown = world.get(&format!("/deliveries/{delivery}")).await.expect(StatusCode::OK);
    let [first, second] = [0, 1].map(|index| &shown["attempts"][index]);
    assert_eq!(
        (&first["payload_hash"], &first["payload_sha256"]),
        (&event["payload_hash"], &json!(sha256))
    );
    assert_eq!(second["payload_hash"], format!("blake3:{}", "07".repeat(32)));
    assert_eq!(second["payload_sha256"], Value::Null);
}

#[tokio::test]
async fn dead_letters_are_previewed_replayed_and_resolved() {
    let world = World::new().await;
    let (endpoint, delivery) = endpoint(&world, json!([0])).await;
    report(&world, &delivery, attempt(1, AttemptResult::Answered(500), None)).await;
    let dead = world.get("/dead-letters").await.expect(StatusCode::OK);
    assert_eq!(dead["data"][0]["id"], json!(delivery));

    let mut body = json!({
        "filter": { "endpoint_id": endpoint, "status": "dead_lettered" },
        "reason": "the consumer is back",
        "dry_run": true,
    });
    let preview = world.post("/replays", &body).await.expect(StatusCode::OK);
    assert_eq!(preview["deliveries"], json!([{ "id": delivery, "status": "dead_lettered" }]));
    body["dry_run"] = json!(false);
    let made = world.post("/replays", &body).await.expect(StatusCode::CREATED);
    assert_eq!(made["deliveries"], json!([delivery]));
    assert_eq!(made["filter"], json!({ "endpoint_id": endpoint, "status": "dead_lettered" }));
    assert_eq!(made["entrypoint"], "POST /replays");
    let id = made["replay_id"].as_str().unwrap();
    let path = format!("/replays/{id}");
    let open = world.get(&path).await.expect(StatusCode::OK);
    assert_eq!((&open["status"], &open["result"]), (&json!("replaying"), &json!({ "waiting": 1 })));
    let none = world.post("/replays", &body).await;
    assert_eq!(none.body["detail"], "no delivery matches what was asked for");
    assert_eq!(none.refused(422), "replay_empty");

    let replay = Some(id.parse().unwrap());
    report(&world, &delivery, attempt(2, AttemptResult::Answered(200), replay)).await;
    let finished = world.get(&path).await.expect(StatusCode::OK);
    assert_eq!(finished["status"], "finished");
    assert_eq!(finished["result"], json!({ "delivered": 1 }));
    let shown = world.get(&format!("/deliveries/{delivery}")).await.expect(StatusCode::OK);
    assert_eq!(shown["replay_id"], id);
    assert_eq!(shown["attempts"][0]["outcome"], "dead_lettered");
    assert_eq!(shown["attempts"][1]["replay_id"], id);
    assert_eq!(world.get("/dead-letters").await.body["data"], json!([]));
    let listed = world.get("/replays").await.expect(StatusCode::OK);
    assert_eq!(listed["data"][0]["id"], id);
}

#[tokio::test]
async fn what_is_delivered_goes_out_again_only_by_name() {
    let world = World::new().await;
    let (_, delivery) = endpoint(&world, json!([0])).await;
    report(&world, &delivery, attempt(1, AttemptResult::Answered(200), None)).await;
    let shown = world.get(&format!("/deliveries/{delivery}")).await.expect(StatusCode::OK);
    let mut body = json!({ "event_id": shown["event_id"], "reason": "lost by the consumer" });
    let none = world.post("/replays", &body).await;
    let detail = none.body["detail"].as_str().unwrap();
    assert!(detail.ends_with("1 is delivered already: add include_delivered: true"), "{detail}");
    assert_eq!(none.refused(422), "replay_empty");
    body["dry_run"] = json!(true);
    let preview = world.post("/replays", &body).await.expect(StatusCode::OK);
    assert_eq!(preview["count"], 0);
    assert_eq!(preview["not_asked_for"], json!({ "delivered": 1, "resolved": 0 }));
    body["dry_run"] = json!(false);
    body["include_delivered"] = json!(true);
    world.post("/replays", &body).await.expect(StatusCode::CREATED);

    let reason = json!({ "reason": "x" });
    let path = format!("/deliveries/{delivery}/resolve");
    let replay = world.get("/replays").await.body["data"][0]["id"].clone();
    let replay = Some(replay.as_str().unwrap().parse().unwrap());
    report(&world, &delivery, attempt(2, AttemptResult::ConnectFailed, replay)).await;
    let resolved = world.post(&path, &reason).await.expect(StatusCode::OK);
    assert_eq!(resolved["status"], "resolved");
    assert_eq!(world.post(&path, &reason).await.refused(409), "invalid_delivery_state");
    let path = format!("/deliveries/{delivery}/resend");
    let sent = world.post(&path, &reason).await.expect(StatusCode::CREATED);
    assert_eq!(sent["entrypoint"], "POST /deliveries/{id}/resend");
    assert_eq!(sent["filter"], json!({ "delivery_id": delivery }));
}

/// Status, result and what is parked of a replay; its list row says the same as it itself.
async fn replay_told(world: &World, id: String) -> (Value, Value, Value) {
    let shown = world.get(&format!("/replays/{id}")).await.expect(StatusCode::OK);
    let listed = world.get("/replays").await.expect(StatusCode::OK);
    let row = listed["data"].as_array().unwrap().iter().find(|row| row["id"] == json!(id));
    let row = row.unwrap();
    for name in ["status", "result", "replayed", "named", "reason", "filter"] {
        assert_eq!(row[name], shown[name], "{name}");
    }
    (shown["status"].clone(), shown["result"].clone(), shown["parked"].clone())
}

#[tokio::test]
async fn a_replays_result_is_its_own() {
    let world = World::new().await;
    let (endpoint, delivery) = endpoint(&world, json!([0])).await;
    report(&world, &delivery, attempt(1, AttemptResult::TimedOut, None)).await;
    let replay = || async {
        let filter = json!({ "endpoint_id": endpoint });
        let body = json!({ "filter": filter, "reason": "x", "include_delivered": true });
        let made = world.post("/replays", &body).await.expect(StatusCode::CREATED);
        made["replay_id"].as_str().unwrap().to_owned()
    };
    let told = |id: &str| replay_told(&world, id.to_owned());
    let finished = |result: Value| (json!("finished"), result, json!(0));
    let first = replay().await;
    report(&world, &delivery, attempt(2, AttemptResult::Answered(200), first.parse().ok())).await;
    let delivered = finished(json!({ "delivered": 1 }));
    assert_eq!(told(&first).await, delivered);
    let second = replay().await;
    assert_eq!(told(&first).await, delivered, "whatever a later one does");
    world.post(&format!("/webhook-endpoints/{endpoint}/disable"), &json!({})).await;
    let parked = (json!("replaying"), json!({ "waiting": 1 }), json!(1));
    assert_eq!(told(&second).await, parked, "parked is not finished");
    world.post(&format!("/webhook-endpoints/{endpoint}/enable"), &json!({})).await;
    report(&world, &delivery, attempt(3, AttemptResult::NotTls, second.parse().ok())).await;
    let dead = finished(json!({ "dead_lettered": 1 }));
    assert_eq!(told(&second).await, dead);
    let path = format!("/deliveries/{delivery}/resolve");
    world.post(&path, &json!({ "reason": "told them" })).await.expect(StatusCode::OK);
    assert_eq!(told(&second).await, dead, "settling it by hand is not the replay's");
    let filter = json!({ "endpoint_id": endpoint, "status": "resolved" });
    let body = json!({ "filter": filter, "reason": "x" });
    let made = world.post("/replays", &body).await.expect(StatusCode::CREATED);
    world.post(&path, &json!({ "reason": "given up" })).await.expect(StatusCode::OK);
    let third = made["replay_id"].as_str().unwrap().to_owned();
    assert_eq!(told(&third).await, finished(json!({ "resolved": 1 })));
    assert_eq!(told(&first).await, delivered);
    assert_eq!(told(&second).await, dead);
}

#[tokio::test]
async fn what_waits_is_sent_now_or_given_up_and_list_and_detail_say_the_same() {
    let world = World::new().await;
    let (endpoint, delivery) = endpoint(&world, json!([0, 60_000, 60_000])).await;
    let same = || async {
        let shown = world.get(&format!("/deliveries/{delivery}")).await.expect(StatusCode::OK);
        let listed = world.get("/deliveries").await.expect(StatusCode::OK);
        let rows = listed["data"].as_array().unwrap();
        let row = rows.iter().find(|row| row["id"] == json!(delivery)).unwrap().clone();
        for name in [
            "status",
            "attempt_count",
            "status_code",
            "cause",
            "last_result",
            "last_attempt_at",
            "next_attempt_at",
            "replay_id",
            "event_type",
            "endpoint_id",
        ] {
            assert_eq!(row[name], shown[name], "{name}");
        }
        shown
    };
    let reason = json!({ "reason": "mended" });
    let (resend, resolve) =
        (format!("/deliveries/{delivery}/resend"), format!("/deliveries/{delivery}/resolve"));
    report(&world, &delivery, attempt(1, AttemptResult::NameMismatch, None)).await;
    assert_eq!(same().await["cause"], "name_mismatch");
    let sent = world.post(&resend, &reason).await.expect(StatusCode::OK);
    assert_eq!(sent["status"], "pending");
    assert_eq!(same().await["next_attempt_at"], sent["next_attempt_at"]);
    let body = json!({ "filter": { "endpoint_id": endpoint }, "reason": "x" });
    let none = world.post("/replays", &body).await;
    assert!(none.text.contains("1 is still waiting for an attempt"), "{}", none.text);
    report(&world, &delivery, attempt(2, AttemptResult::Answered(500), None)).await;
    let shown = same().await;
    assert_eq!((&shown["cause"], &shown["status_code"]), (&Value::Null, &json!(500)));
    let disable = format!("/webhook-endpoints/{endpoint}/disable");
    world.post(&disable, &json!({})).await.expect(StatusCode::OK);
    assert_eq!(same().await["status"], "parked");
    assert_eq!(world.post(&resend, &reason).await.refused(409), "invalid_endpoint_state");
    let none = world.post("/replays", &body).await;
    assert!(none.text.contains("1 is parked, as the endpoint is disabled"), "{}", none.text);
    world.post(&resolve, &reason).await.expect(StatusCode::OK);
    assert_eq!(same().await["status"], "resolved");
    report(&world, &delivery, attempt(3, AttemptResult::TimedOut, None)).await;
    let shown = same().await;
    let outcomes = shown["attempts"].as_array().unwrap().iter().map(|row| row["outcome"].clone());
    assert_eq!(outcomes.collect::<Vec<_>>(), ["retained", "retrying", "given_up"]);
    let steps = shown["history"].as_array().unwrap().iter().map(|row| row["event"].clone());
    assert_eq!(
        steps.collect::<Vec<_>>(),
        ["queued", "failed", "made_due", "failed", "resolved", "failed"]
            .map(|name| format!("event.delivery.{name}"))
    );
}

#[tokio::test]
async fn one_old_version_of_a_secret_is_ended() {
    let world = World::new().await;
    let (id, _) = endpoint(&world, json!([0])).await;
    let path = |verb: &str| format!("/webhook-endpoints/{id}/{verb}");
    let end = |version: u32| json!({ "version": version });
    assert_eq!(world.post(&path("end-secret"), &end(1)).await.refused(409), "invalid_secret_state");
    for _ in 0..2 {
        let made = world.post(&path("rotate-secret"), &json!({})).await;
        made.expect(StatusCode::OK);
    }
    let ended = world.keyed(&path("end-secret"), "k1", &end(1)).await.expect(StatusCode::OK);
    assert_eq!((&ended["status"], &ended["secret"]["version"]), (&json!("ended"), &json!(1)));
    let again = world.keyed(&path("end-secret"), "k1", &end(1)).await.expect(StatusCode::OK);
    assert_eq!(again, ended);
    let shown = world.get(&format!("/webhook-endpoints/{id}")).await.expect(StatusCode::OK);
    let versions = shown["secret"]["versions"].as_array().unwrap();
    let of = |at: usize| (versions[at]["version"].clone(), versions[at]["valid_until"].clone());
    assert_eq!(of(0), (json!(3), Value::Null));
    assert!(versions[1]["valid_until"].as_str() > ended["secret"]["valid_until"].as_str());
    assert_eq!(of(2), (json!(1), ended["secret"]["valid_until"].clone()));
    assert_eq!(world.post(&path("end-secret"), &end(1)).await.refused(409), "invalid_secret_state");
    assert_eq!(world.post(&path("end-secret"), &end(9)).await.refused(404), "not_found");
}

#[tokio::test]
async fn own_events_keep_the_callers_digits() {
    let world = World::new().await;
    let text =
        "{\"type\": \"order.paid\", \"data\": {\"total\": 1.10, \"big\": 123456789012345678901}}";
    let made = world.send("POST", "/events", &world.key, &[], text.to_owned()).await;
    let id = made.expect(StatusCode::CREATED)["id"].as_str().unwrap().to_owned();
    let shown = world.get(&format!("/events/{id}")).await.expect(StatusCode::OK);
    let payload = shown["payload_text"].as_str().unwrap();
    assert!(
        payload.ends_with("\"data\":{\"total\":1.10,\"big\":123456789012345678901}}"),
        "{payload}"
    );
    let reserved = json!({ "type": "transfer.settled", "data": {} });
    assert_eq!(world.post("/events", &reserved).await.refused(422), "event_type_reserved");
    let listed = world.get("/events?type=order.paid").await.expect(StatusCode::OK);
    assert_eq!(listed["data"][0]["id"], json!(id));
}
