//! The product page (docs/product-page.md), word for word, through the API.

use super::world::{Reply, World};
use axum::http::StatusCode;
use serde_json::{Value, json};

fn page_intent() -> Value {
    json!({
        "intent_id": "intent_042",
        "scope": "workspace_scope",
        "money_model": "minor_units + ledger_currency",
        "primitives": ["policy", "ledger", "events"],
    })
}

fn details() -> Value {
    json!({
        "amount": { "minor_units": "125000", "currency": "EUR" },
        "source": "customer_balance",
        "destination": "merchant_balance",
    })
}

fn whole_intent() -> Value {
    let mut whole = page_intent();
    for (name, value) in details().as_object().unwrap() {
        whole[name] = value.clone();
    }
    whole
}

fn column(rows: &Value, name: &str) -> Vec<String> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row[name].as_str().unwrap_or_default().to_owned()).collect()
}

/// The intent once a checkpoint covers it. The sealer runs beside the test.
async fn evidenced(world: &World, path: &str, field: &str, wanted: &str) -> Reply {
    loop {
        let reply = world.get(path).await;
        if reply.body[field] == wanted {
            return reply;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_page_registers_its_endpoint() {
    let world = World::new().await;
    let body = json!({
        "url": "https://example.com/zentra/webhooks",
        "events": ["transfer.settled"],
        "signing_secret": "whsec_live",
    });
    let made = world.post("/webhook-endpoints", &body).await.expect(StatusCode::CREATED);
    assert_eq!(made["status"], "listening");
    assert_eq!(made["event"], "webhook.endpoint.created");
    assert_eq!(made["entrypoint"], "POST /webhook-endpoints");
    assert_eq!(made["secret"]["name"], "whsec_live");
    assert!(made["secret"]["value"].as_str().unwrap().starts_with("whsec_"));
    let event_id = made["evidence"]["event_id"].as_str().unwrap();
    let event = world.get(&format!("/events/{event_id}")).await.expect(StatusCode::OK);
    assert_eq!(event["type"], "webhook.endpoint.created");
    assert_eq!(event["payload"]["data"]["endpoint_id"], made["id"]);

    let again = world.post("/webhook-endpoints", &body).await.expect(StatusCode::CREATED);
    assert_ne!(again["id"], made["id"]);
    assert_eq!(again["secret"], json!({ "name": "whsec_live" }), "shown on first use only");
    let id = made["id"].as_str().unwrap();
    let shown = world.get(&format!("/webhook-endpoints/{id}")).await.expect(StatusCode::OK);
    assert_eq!(shown["status"], "listening");
    let versions = json!([{ "version": 1, "valid_until": null }]);
    let secret = json!({ "name": "whsec_live", "version": 1, "versions": versions });
    assert_eq!(shown["secret"], secret);
    let all = world.get("/webhook-endpoints?limit=1").await.expect(StatusCode::OK);
    assert_eq!(all["data"][0]["id"], again["id"]);
    let path = format!("/webhook-endpoints?cursor={}", all["next_cursor"].as_str().unwrap());
    assert_eq!(world.get(&path).await.body["data"][0]["id"], made["id"]);
}

#[tokio::test]
async fn the_pages_intent_runs_through_its_six_states() {
    let world = World::new().await;
    world.fund("customer_balance", 125_000).await;
    let taken = world.post("/intents", &page_intent()).await.expect(StatusCode::CREATED);
    assert_eq!(taken["status"], "accepted");
    assert_eq!(taken["state"], "accepted");
    assert_eq!(
        taken["trace"],
        json!(["intent accepted", "workspace scope resolved", "runtime trace attached"])
    );
    assert_eq!(taken["ledger_entries"], json!([]));

    let ran = world.post("/intents/intent_042/confirm", &details()).await.expect(StatusCode::OK);
    assert_eq!(ran["state"], "synchronized");
    check_lines(&ran);
    let shown = evidenced(&world, "/intents/intent_042", "state", "evidenced").await.body;
    let path = &shown["state_path"];
    assert_eq!(column(path, "step"), ["01", "02", "03", "04", "05", "06"]);
    let names = [
        "Accept intent",
        "Resolve controls",
        "Post ledger state",
        "Select route",
        "Sync events",
        "Seal evidence",
    ];
    assert_eq!(column(path, "name"), names);
    let contexts = [
        "runtime contract",
        "scope + policy",
        "minor-unit entries",
        "corridor context",
        "signed stream",
        "actor + scope + time",
    ];
    assert_eq!(column(path, "context"), contexts);
    let outcomes = ["accepted", "controlled", "ledgered", "routed", "synchronized", "evidenced"];
    assert_eq!(column(path, "outcome"), outcomes);
    assert!(path.as_array().unwrap().iter().all(|state| state["reached"] == true));
    check_lines(&shown);
    let history = column(&shown["history"], "event");
    assert_eq!(history[..3], ["intent.accepted", "intent.confirmed", "intent.controlled"]);

    world.post("/intents/intent_042/payout", &json!({})).await.expect(StatusCode::OK);
    let paid = world.get("/intents/intent_042").await.expect(StatusCode::OK);
    assert_eq!(paid["state"], "paid_out");
    let accounts = ["Customer", "Reserved", "Settlement", "Merchant", "Payout"];
    assert_eq!(column(&paid["ledger_flow"], "account"), accounts);
    let amounts = ["-125000 mu", "+125000 mu", "+125000 mu", "+125000 mu", "closed"];
    assert_eq!(column(&paid["ledger_flow"], "amount"), amounts);
}

fn check_lines(shown: &Value) {
    let lines = &shown["ledger_entries"];
    assert_eq!(column(lines, "direction"), ["debit", "credit", "debit", "credit"]);
    let accounts =
        ["customer_balance", "reserved_balance", "reserved_balance", "settlement_account"];
    assert_eq!(column(lines, "account"), accounts);
    let amounts = ["-125000 mu", "+125000 mu", "-125000 mu", "+125000 mu"];
    assert_eq!(column(lines, "amount"), amounts);
}

#[tokio::test]
async fn one_call_does_the_same_and_the_evidence_row_is_the_pages() {
    let world = World::new().await;
    world.fund("customer_balance", 125_000).await;
    let ran = world.post("/intents", &whole_intent()).await.expect(StatusCode::CREATED);
    assert_eq!(ran["state"], "synchronized");
    check_lines(&ran);
    let path = "/intents/intent_042/evidence";
    let row = evidenced(&world, path, "status", "audit_ready").await.body;
    for (name, value) in [
        ("actor", "svc_runtime"),
        ("scope", "workspace_scope"),
        ("policy", "limit_check.passed"),
        ("intent", "intent_042"),
        ("signature", "verified"),
        ("ledger", "entry_042"),
        ("status", "audit_ready"),
    ] {
        assert_eq!(row[name], value, "{name}");
    }
    let timestamp = row["timestamp"].as_str().unwrap();
    assert_eq!((timestamp.len(), &timestamp[19..]), (20, "Z"));
    let (proof, leaf) = (&row["inclusion"]["tlog_proof"], &row["inclusion"]["leaf"]);
    let vkey = row["vkey"].as_str().unwrap().parse().unwrap();
    let (proof, leaf) = (proof.as_str().unwrap(), leaf.as_str().unwrap());
    assert!(zentra_evidence::proof::verify_proof(proof, leaf, &vkey).is_ok());
    let checkpoint = world.get("/checkpoint").await.expect(StatusCode::OK);
    assert_eq!(checkpoint["vkey"], row["vkey"]);
}

#[tokio::test]
async fn holds_are_settled_in_part_voided_and_reversed() {
    let world = World::new().await;
    world.fund("customer_balance", 500_000).await;
    let hold = |id: &str| {
        let mut body = whole_intent();
        body["intent_id"] = json!(id);
        body["capture"] = json!("manual");
        body
    };
    let held = world.post("/intents", &hold("a")).await.expect(StatusCode::CREATED);
    assert_eq!(held["state"], "routed");
    let account = world.get("/accounts/customer_balance").await.expect(StatusCode::OK);
    assert_eq!(account["balances"]["reserved"], "125000");
    assert_eq!(account["balances"]["available"], "375000");

    let settle = json!({ "amount": { "minor_units": 25_000 } });
    let settled = world.post("/intents/a/settle", &settle).await.expect(StatusCode::OK);
    assert_eq!(settled["state"], "synchronized");
    assert_eq!(settled["sums"]["released"], "100000");
    let other = json!({ "amount": { "minor_units": 1, "currency": "USD" } });
    let refused = world.post("/intents/a/reverse", &other).await.refused(422);
    assert_eq!(refused, "currency_mismatch");
    let part = json!({ "amount": { "minor_units": "5000", "currency": "EUR" }, "reason": "x" });
    let reversed = world.post("/intents/a/reverse", &part).await.expect(StatusCode::OK);
    assert_eq!(
        (&reversed["state"], &reversed["status"]),
        (&json!("synchronized"), &json!("synchronized"))
    );
    let rest = world.post("/intents/a/reverse", &json!({})).await.expect(StatusCode::OK);
    assert_eq!(rest["state"], "reversed");
    let refused = world.post("/intents/a/payout", &json!({})).await;
    assert_eq!(refused.refused(409), "invalid_intent_state");

    world.post("/intents", &hold("b")).await.expect(StatusCode::CREATED);
    let voided = world.post("/intents/b/void", &json!({ "reason": "x" })).await;
    assert_eq!(voided.expect(StatusCode::OK)["void"]["code"], "void_requested");
    let entries = world.get("/accounts/customer_balance/entries?limit=2").await;
    let entries = entries.expect(StatusCode::OK);
    assert_eq!(column(&entries["data"], "leg"), ["release", "reserve"]);
    assert_eq!(column(&entries["data"], "intent_id"), ["b", "b"]);
    assert_eq!(column(&entries["data"], "currency"), ["EUR", "EUR"]);
    let path = format!(
        "/accounts/customer_balance/entries?cursor={}",
        entries["next_cursor"].as_str().unwrap()
    );
    let more = world.get(&path).await.expect(StatusCode::OK);
    let legs = ["reverse", "reverse", "release", "reserve", "transfer", ""];
    assert_eq!(column(&more["data"], "leg"), legs);
    assert_eq!(more["next_cursor"], Value::Null);
}

#[tokio::test]
async fn rejections_are_problems_that_name_their_intent() {
    let world = World::new().await;
    let refused = world.post("/intents", &whole_intent()).await;
    assert_eq!(refused.body["intent_id"], "intent_042");
    assert_eq!(refused.body["state"], "rejected");
    assert_eq!(refused.body["checks"][0]["name"], "limit_check");
    assert_eq!(refused.refused(422), "insufficient_funds");
    world.fund("customer_balance", 125_000).await;
    let table = json!({ "routes": [] });
    world.put("/routes", &table).await.expect(StatusCode::OK);
    let mut body = whole_intent();
    body["intent_id"] = json!("b");
    let voided = world.post("/intents", &body).await;
    assert_eq!(voided.body["state"], "voided");
    assert_eq!(voided.refused(422), "route_unavailable");
    let account = world.get("/accounts/customer_balance").await.expect(StatusCode::OK);
    assert_eq!(account["balances"]["posted"], "125000", "what was reserved went back");
    let listed = world.get("/intents?state=voided").await.expect(StatusCode::OK);
    assert_eq!(column(&listed["data"], "intent_id"), ["b"]);
}

async fn intents_of_each_state(world: &World) {
    world.fund("customer_balance", 1_000).await;
    let intent = |id: &str, amount: u64, capture: &str| {
        json!({ "intent_id": id, "amount": { "minor_units": amount, "currency": "EUR" },
            "source": "customer_balance", "destination": "merchant_balance", "capture": capture })
    };
    world.post("/intents", &json!({ "intent_id": "waits" })).await.expect(StatusCode::CREATED);
    world.post("/intents", &intent("held", 10, "manual")).await.expect(StatusCode::CREATED);
    world.post("/intents", &intent("void", 10, "manual")).await.expect(StatusCode::CREATED);
    world.post("/intents/void/void", &json!({})).await.expect(StatusCode::OK);
    let poor = world.post("/intents", &intent("poor", 9_999, "automatic")).await;
    assert_eq!(poor.refused(422), "insufficient_funds");
    world.post("/intents", &intent("intent_free", 10, "automatic")).await;
    let rules = json!({ "rules": [
        { "rule": "limit_check", "currency": "EUR", "amount_max": "50" },
    ]});
    world.put("/policy", &rules).await.expect(StatusCode::OK);
    let large = world.post("/intents", &intent("large", 51, "automatic")).await;
    assert_eq!(large.refused(422), "limit_exceeded");
    world.post("/intents", &intent("small", 50, "automatic")).await;
}

#[tokio::test]
async fn the_evidence_row_tells_the_truth_of_each_state() {
    let world = World::new().await;
    intents_of_each_state(&world).await;
    let rows = [
        ("waits", "accepted", "open", Value::Null, "no policy was asked"),
        (
            "held",
            "routed",
            "open",
            json!("limit_check.passed"),
            "no policy was set: nothing was limited",
        ),
        (
            "void",
            "voided",
            "voided",
            json!("limit_check.passed"),
            "no policy was set: nothing was limited",
        ),
        ("poor", "rejected", "rejected", json!("limit_check.passed"), "nothing was limited"),
        (
            "intent_free",
            "evidenced",
            "audit_ready",
            json!("limit_check.passed"),
            "no policy was set: nothing was limited",
        ),
        ("large", "rejected", "rejected", json!("limit_check.failed"), "the policy refused it"),
        ("small", "evidenced", "audit_ready", json!("limit_check.passed"), "policy version 1"),
    ];
    for (id, state, status, policy, detail) in rows {
        let path = format!("/intents/{id}/evidence");
        let row = loop {
            let row = world.get(&path).await.expect(StatusCode::OK);
            if row["sealed"] == true {
                break row;
            }
        };
        assert_eq!(row["state"], state, "{id}");
        assert_eq!(row["status"], status, "{id}");
        assert_eq!(row["policy"], policy, "{id}");
        assert_eq!(row["policy_detail"], detail, "{id}");
        assert_eq!(row["rejection"].is_object(), state == "rejected", "{id}");
        for (name, link) in row["links"].as_object().unwrap() {
            if let Some(link) = link.as_str() {
                let found = world.get(link).await.expect(StatusCode::OK);
                assert!(name != "ledger" || found["name"] == row["ledger"], "{found}");
            }
        }
        let moved = !matches!(id, "waits" | "poor" | "large");
        assert_eq!(row["ledger"].is_string(), moved, "{id}");
    }
    let entry = world.get("/entries/entry_free").await.expect(StatusCode::OK);
    assert_eq!(entry["ledger_entries"].as_array().unwrap().len(), 4);
    for none in ["/entries/entry:large", "/entries/entry_none", "/entries/x", "/entries/entry_"] {
        assert_eq!(world.get(none).await.refused(404), "not_found", "{none}");
    }
}

#[tokio::test]
async fn a_parameter_that_a_route_does_not_take_is_refused_on_every_route() {
    let world = World::new().await;
    let intent = json!({ "intent_id": "a" }).to_string();
    for (method, path, body) in [
        ("GET", "/checkpoint?size=5", ""),
        ("GET", "/chart?x", ""),
        ("GET", "/intents/a?since=2026-04-26T14:12:09Z", ""),
        ("GET", "/healthz?limit=1", ""),
        ("POST", "/intents?limit=1", intent.as_str()),
        ("DELETE", "/keys/key_00000000000000000000?cursor=a", ""),
        ("GET", "/deliveries?state=accepted", ""),
    ] {
        let reply = world.send(method, path, &world.key, &[], body.to_owned()).await;
        assert_eq!(reply.refused(400), "validation_failed", "{method} {path}");
    }
    assert_eq!(world.get("/intents/a").await.refused(404), "not_found", "nothing was taken");
}
