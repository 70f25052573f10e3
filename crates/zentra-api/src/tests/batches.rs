//! Batches: one outcome an item, repeats, linked groups, the three forms, and what is refused.

use super::world::World;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use zentra_batch::wire::{AccountV1, ItemV1, MEDIA_TYPE, OutcomeV1, StateV1, TermsV1};
use zentra_batch::{BatchBuilder, decode_answer};
use zentra_events::{Code, Position};

fn intent(id: &str, minor_units: u64) -> Value {
    json!({
        "intent_id": id,
        "amount": { "minor_units": minor_units, "currency": "EUR" },
        "source": "customer_balance:a",
        "destination": "merchant_balance",
    })
}

fn linked(id: &str, minor_units: u64) -> Value {
    let mut item = intent(id, minor_units);
    item["linked"] = json!(true);
    item
}

async fn world() -> World {
    let world = World::new().await;
    world.fund("customer_balance:a", 1_000).await;
    world
}

/// The outcome and the code of each item.
async fn told(world: &World, items: &[Value]) -> Vec<(String, String)> {
    let body = world.post("/intents/batch", &json!(items)).await.expect(StatusCode::OK);
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let data = body["data"].as_array().unwrap();
    assert_eq!(data.len(), items.len());
    for (item, one) in items.iter().zip(data) {
        assert_eq!(item["intent_id"], one["intent_id"]);
    }
    data.iter().map(|one| (text(&one["outcome"]), text(&one["code"]))).collect()
}

fn outcomes(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(outcome, code)| ((*outcome).into(), (*code).into())).collect()
}

async fn posted(world: &World, account: &str) -> String {
    let shown = world.get(&format!("/accounts/{account}")).await.expect(StatusCode::OK);
    shown["balances"]["posted"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_item_has_an_outcome_of_its_own() {
    let world = world().await;
    let waiting = json!({ "intent_id": "waiting" });
    let mut hold = intent("hold", 5);
    hold["capture"] = json!("manual");
    let mut nobody = intent("nobody", 5);
    nobody["source"] = json!("nothing_like_it");
    let other = intent("one", 11);
    let items =
        [intent("one", 10), intent("one", 10), other, intent("poor", 5_000), waiting, hold, nobody];
    let expected = outcomes(&[
        ("created", ""),
        ("replayed", ""),
        ("refused", "intent_id_reused"),
        ("rejected", "insufficient_funds"),
        ("created", ""),
        ("created", ""),
        ("rejected", "account_not_found"),
    ]);
    assert_eq!(told(&world, &items).await, expected);
    assert_eq!(posted(&world, "customer_balance:a").await, "985");
    // The same batch again moves nothing and says where everything is.
    let again = told(&world, &items).await;
    assert_eq!(again[0].0, "replayed");
    assert_eq!(again[3].0, "replayed", "a rejection is final, and its repeat is the same answer");
    assert_eq!(posted(&world, "customer_balance:a").await, "985");
    // By itself or in a batch: the same intent.
    let single = world.post("/intents", &intent("one", 10)).await;
    assert_eq!(single.headers["idempotent-replayed"], "true");
    single.expect(StatusCode::CREATED);
    let shown = world.get("/intents/one").await.expect(StatusCode::OK);
    // A checkpoint may cover it already.
    assert!(["synchronized", "evidenced"].map(Value::from).contains(&shown["state"]), "{shown}");
}

#[tokio::test]
async fn concurrent_batches_take_each_intent_once() {
    let world = Arc::new(world().await);
    let items: Vec<Value> = (0..300).map(|n| intent(&format!("i{n}"), 1)).collect();
    let mut running = tokio::task::JoinSet::new();
    for shift in 0..6 {
        let (world, mut items) = (Arc::clone(&world), items.clone());
        items.rotate_left(shift * 50);
        running.spawn(async move { told(&world, &items).await });
    }
    let mut created = 0;
    while let Some(all) = running.join_next().await {
        for (outcome, _) in all.unwrap() {
            created += usize::from(outcome == "created");
            assert!(matches!(outcome.as_str(), "created" | "replayed"), "{outcome}");
        }
    }
    assert_eq!(created, 300);
    assert_eq!(posted(&world, "customer_balance:a").await, "700");
}

#[tokio::test]
async fn a_linked_group_succeeds_or_fails_as_a_whole() {
    let world = world().await;
    let before = world.next().await;
    let items = [
        intent("alone", 1),
        linked("a1", 600),
        linked("a2", 300),
        intent("a3", 200),
        linked("b1", 400),
        intent("b2", 500),
        intent("after", 2),
    ];
    let expected = outcomes(&[
        ("created", ""),
        ("refused", "linked_failed"),
        ("refused", "linked_failed"),
        ("refused", "insufficient_funds"),
        ("created", ""),
        ("created", ""),
        ("created", ""),
    ]);
    assert_eq!(told(&world, &items).await, expected);
    assert!(world.next().await.get() >= before.get() + 4);
    assert_eq!(world.get("/intents/a1").await.status, 404, "nothing of a failed group is there");
    assert_eq!(posted(&world, "customer_balance:a").await, "97");
    // A repeat of a group that was taken is the same answer.
    let again = told(&world, &items[4..6]).await;
    assert_eq!(again, outcomes(&[("replayed", ""), ("replayed", "")]));
    // An item that was taken outside of the group could not fail with it.
    let mixed = [linked("new", 1), intent("after", 2)];
    let expected = outcomes(&[("refused", "linked_failed"), ("refused", "intent_id_reused")]);
    assert_eq!(told(&world, &mixed).await, expected);
    let twice = [linked("new", 1), intent("new", 1)];
    let expected = outcomes(&[("refused", "linked_failed"), ("refused", "validation_failed")]);
    assert_eq!(told(&world, &twice).await, expected);
    let open_end = [intent("fine", 1), linked("last", 1)];
    let expected = outcomes(&[("created", ""), ("refused", "validation_failed")]);
    assert_eq!(told(&world, &open_end).await, expected);
}

#[tokio::test]
async fn velocity_counts_within_a_linked_group() {
    let world = world().await;
    let rule = json!({ "rules": [{
        "rule": "velocity",
        "currency": "EUR",
        "window_seconds": 3600,
        "count_max": 3,
        "sum_max": "1000",
    }]});
    world.put("/policy", &rule).await.expect(StatusCode::OK);
    let group = [linked("a", 1), linked("b", 1), linked("c", 1), intent("d", 1)];
    let failed = told(&world, &group).await;
    assert_eq!(failed[3], ("refused".into(), "velocity_exceeded".into()), "{failed:?}");
    let group = [linked("a", 1), linked("b", 1), intent("c", 1)];
    assert!(told(&world, &group).await.iter().all(|(outcome, _)| outcome == "created"));
    assert_eq!(told(&world, &[intent("d", 1)]).await[0].1, "velocity_exceeded");
}

#[tokio::test]
async fn the_three_forms_are_the_same_batch() {
    let world = world().await;
    let lines = format!("{}\n\n{}\n", intent("one", 10), intent("two", 20));
    let (status, answer) =
        world.post_bytes("/intents/batch", "application/x-ndjson", lines.into_bytes()).await;
    assert_eq!(status, 200);
    let answer = String::from_utf8(answer.to_vec()).unwrap();
    let shown: Vec<Value> =
        answer.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(shown.len(), 2);
    assert_eq!((&shown[1]["intent_id"], &shown[1]["outcome"]), (&json!("two"), &json!("created")));
    let position = |index: usize| Position(shown[index]["position"].as_u64().unwrap());
    let number = |account: &str| {
        let (world, path) = (&world, format!("/accounts/{account}"));
        async move {
            let shown = world.get(&path).await.expect(StatusCode::OK);
            u32::try_from(shown["number"].as_u64().unwrap()).unwrap()
        }
    };
    let (source, destination) =
        (number("customer_balance:a").await, number("merchant_balance").await);
    let mut builder = BatchBuilder::new();
    let terms = TermsV1 {
        currency: "EUR",
        corridor: "default",
        manual_capture: false,
        effective_at_ns: None,
        metadata: Vec::new(),
    };
    let terms = builder.terms(&terms).unwrap();
    let mut item = ItemV1 {
        intent_id: "one",
        minor_units: 10,
        source: AccountV1::Number(source),
        destination: AccountV1::Code("merchant_balance"),
        terms,
        linked: false,
    };
    builder.push(&item).unwrap();
    item.destination = AccountV1::Number(destination);
    (item.intent_id, item.minor_units) = ("two", 21);
    builder.push(&item).unwrap();
    (item.intent_id, item.minor_units) = ("three", 30);
    builder.push(&item).unwrap();
    (item.intent_id, item.source) = ("four", AccountV1::Number(9_999));
    builder.push(&item).unwrap();
    let (status, answer) = world.post_bytes("/intents/batch", MEDIA_TYPE, builder.finish()).await;
    assert_eq!(status, 200, "{answer:?}");
    let outcomes = decode_answer(&answer).unwrap();
    let (state, code) = (StateV1::Synchronized, None);
    assert_eq!(outcomes[0], OutcomeV1::Replayed { position: position(0), state, code });
    assert_eq!(outcomes[1], OutcomeV1::Refused { code: Code::IntentIdReused });
    assert!(matches!(outcomes[2], OutcomeV1::Created { .. }));
    assert_eq!(outcomes[3], OutcomeV1::Refused { code: Code::AccountNotFound });
}

#[tokio::test]
async fn a_batch_that_is_sent_again_says_what_became_of_each_intent() {
    let world = world().await;
    let mut items: Vec<Value> = ["done", "held", "void", "back", "paid"]
        .iter()
        .map(|id| intent(id, 10))
        .chain([intent("broke", 900_000_000)])
        .collect();
    for held in [1, 2] {
        items[held]["capture"] = json!("manual");
    }
    items.push(json!({ "intent_id": "waits" }));
    let first = world.post("/intents/batch", &json!(items)).await.expect(StatusCode::OK);
    let broke = &first["data"][5];
    assert_eq!(
        (&broke["outcome"], &broke["code"]),
        (&json!("rejected"), &json!("insufficient_funds"))
    );
    let reason = json!({ "reason": "changed their mind" });
    world.post("/intents/void/void", &reason).await.expect(StatusCode::OK);
    world.post("/intents/back/reverse", &json!({})).await.expect(StatusCode::OK);
    world.post("/intents/paid/payout", &json!({})).await.expect(StatusCode::OK);
    let again = world.post("/intents/batch", &json!(items)).await.expect(StatusCode::OK);
    let told = again["data"].as_array().unwrap();
    assert!(told.iter().all(|one| one["outcome"] == "replayed"), "{again}");
    let states: Vec<&str> = told.iter().map(|one| one["state"].as_str().unwrap()).collect();
    let expected =
        ["synchronized", "routed", "voided", "reversed", "paid_out", "rejected", "accepted"];
    assert_eq!(states, expected);
    // What the first answer said of the one that was rejected, the second one says too.
    for member in ["position", "code", "detail"] {
        assert_eq!(told[5][member], broke[member], "{member}");
    }
    assert_eq!(told[2]["code"], "void_requested");
    assert_eq!(told[2]["detail"], "changed their mind");
    assert!([0, 1, 3, 4, 6].iter().all(|index| told[*index]["code"] == Value::Null), "{again}");
}

#[tokio::test]
async fn an_account_number_of_another_scope_is_no_account() {
    let world = world().await;
    let account = world.get("/accounts/customer_balance:a").await.expect(StatusCode::OK);
    let number = u32::try_from(account["number"].as_u64().unwrap()).unwrap();
    let mut builder = BatchBuilder::new();
    let terms = TermsV1 {
        currency: "EUR",
        corridor: "default",
        manual_capture: false,
        effective_at_ns: None,
        metadata: Vec::new(),
    };
    let terms = builder.terms(&terms).unwrap();
    let item = ItemV1 {
        intent_id: "theft",
        minor_units: 1,
        source: AccountV1::Number(number),
        destination: AccountV1::Code("merchant_balance"),
        terms,
        linked: false,
    };
    builder.push(&item).unwrap();
    let mut world = world;
    world.key = world.scope_key("other_scope", "svc_other").await;
    let (status, answer) = world.post_bytes("/intents/batch", MEDIA_TYPE, builder.finish()).await;
    assert_eq!(status, 200);
    let outcomes = decode_answer(&answer).unwrap();
    assert_eq!(outcomes, [OutcomeV1::Refused { code: Code::AccountNotFound }]);
}

#[tokio::test]
async fn bodies_that_are_not_batches_are_refused_and_change_nothing() {
    let world = world().await;
    let before = world.next().await;
    let path = "/intents/batch";
    let json = "application/json";
    let many =
        json!((0..8_191).map(|n| json!({ "intent_id": format!("i{n}") })).collect::<Vec<_>>());
    let rows: [(&str, Vec<u8>, u16); 9] = [
        (json, b"[]".to_vec(), 400),
        (json, b"{}".to_vec(), 400),
        (json, b"[1]".to_vec(), 400),
        (json, json!([{ "intent_id": "a b" }]).to_string().into_bytes(), 400),
        (json, json!([{ "intent_id": "a", "linked": 1 }]).to_string().into_bytes(), 400),
        (json, many.to_string().into_bytes(), 413),
        ("text/plain", b"[]".to_vec(), 415),
        (MEDIA_TYPE, b"\x02\0".to_vec(), 400),
        ("application/x-ndjson", b"{\"intent_id\":\"a\"}\n{".to_vec(), 400),
    ];
    for (media_type, body, expected) in rows {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        let (status, answer) = world.post_bytes(path, media_type, body).await;
        assert_eq!(status, expected, "{media_type} {shown}: {answer:?}");
    }
    world.keyed(path, "k", &json!([intent("a", 1)])).await.refused(400);
    let mut elsewhere = intent("a", 1);
    elsewhere["scope"] = json!("other");
    world.post(path, &json!([elsewhere])).await.refused(404);
    let fault = world.post(path, &json!([intent("a", 1), { "intent_id": 7 }])).await;
    assert!(fault.body["errors"][0]["pointer"] == "/1/intent_id", "{}", fault.text);
    assert_eq!(world.get("/intents/a").await.status, 404);
    let entries = world.next().await.get() - before.get();
    assert!(entries <= 2, "only the sealer writes: {entries}");
}

#[tokio::test]
async fn what_a_batch_took_is_there_after_a_restart() {
    let world = world().await;
    let items: Vec<Value> = (0..600).map(|n| intent(&format!("i{n}"), 1)).collect();
    told(&world, &items).await;
    let shown = world.get("/intents/i599").await.expect(StatusCode::OK);
    let world = world.restart().await;
    assert!(told(&world, &items).await.iter().all(|(outcome, _)| outcome == "replayed"));
    let again = world.get("/intents/i599").await.expect(StatusCode::OK);
    assert_eq!(again["ledger_entries"], shown["ledger_entries"]);
    assert_eq!(posted(&world, "customer_balance:a").await, "400");
    let page = world.get("/accounts/customer_balance:a/entries?limit=500").await;
    let page = page.expect(StatusCode::OK);
    let moved = page["data"].as_array().unwrap();
    assert_eq!(moved.len(), 500);
}
