//! What a writer may not do to accounts: the system's, an admin's freeze, a floor of its own. A
//! value that nobody may send is told as that, whoever sends it.

use super::world::World;
use axum::http::StatusCode;
use serde_json::{Value, json};
use zentra_events::ScopeNo;
use zentra_events::event::role;

async fn by(world: &World, key: &str, path: &str, body: &Value) -> super::world::Reply {
    world.send("POST", path, key, &[], body.to_string()).await
}

fn transfer(from: &str, to: &str) -> Value {
    let amount = json!({ "minor_units": 5, "currency": "EUR" });
    json!({ "postings": [
        { "account": from, "direction": "debit", "amount": amount },
        { "account": to, "direction": "credit", "amount": amount },
    ]})
}

fn intent(id: &str, to: &str) -> Value {
    json!({
        "intent_id": id,
        "amount": { "minor_units": 7, "currency": "EUR" },
        "source": "customer_balance",
        "destination": to,
    })
}

#[tokio::test]
async fn freezes_and_floors_of_admins_are_theirs() {
    let world = World::new().await;
    let writer = world.key_with(ScopeNo(0), "writer", role::WRITER).await;
    let why = json!({ "reason": "court order" });
    world.fund("customer_balance", 100).await;
    let froze = by(&world, &writer, "/accounts/customer_balance/freeze", &why).await;
    assert_eq!(froze.expect(StatusCode::OK)["by_admin"], false);
    by(&world, &writer, "/accounts/customer_balance/unfreeze", &why).await.expect(StatusCode::OK);
    let froze = world.post("/accounts/customer_balance/freeze", &why).await;
    assert_eq!(froze.expect(StatusCode::OK)["by_admin"], true);
    let unfreeze = by(&world, &writer, "/accounts/customer_balance/unfreeze", &why).await;
    assert_eq!(unfreeze.refused(403), "forbidden");
    let entries = world.get("/accounts/customer_balance/entries").await.expect(StatusCode::OK);
    assert_eq!(entries["data"][0]["by_admin"], true);
    world.post("/accounts/customer_balance/unfreeze", &why).await.expect(StatusCode::OK);
    for floor in [json!({ "kind": "unbounded" }), json!({ "kind": "limit", "limit": "5" })] {
        let body = json!({ "code": "till", "currency": "EUR", "floor": floor });
        assert_eq!(by(&world, &writer, "/accounts", &body).await.refused(403), "forbidden");
    }
    let body = json!({ "code": "till", "currency": "EUR", "floor": { "kind": "unbounded" } });
    world.post("/accounts", &body).await.expect(StatusCode::CREATED);
}

#[tokio::test]
async fn accounts_of_the_system_are_no_callers() {
    let world = World::new().await;
    let writer = world.key_with(ScopeNo(0), "writer", role::WRITER).await;
    let why = json!({ "reason": "a mistake" });
    world.fund("customer_balance", 100).await;
    world.post("/intents", &intent("a", "merchant_balance")).await.expect(StatusCode::CREATED);
    for key in [&world.key, &writer] {
        let opened = json!({ "code": "settlement_account:USD", "currency": "USD" });
        assert_eq!(by(&world, key, "/accounts", &opened).await.refused(422), "account_reserved");
        let close = by(&world, key, "/accounts/reserved_balance/close", &why).await;
        assert_eq!(close.refused(422), "account_reserved");
        let empty = by(&world, key, "/transfers", &transfer("settlement_account", "world")).await;
        assert_eq!(empty.refused(422), "account_reserved");
    }
    let party = world.post("/intents", &intent("b", "settlement_account:USD")).await;
    assert_eq!(party.body["state"], "rejected", "{}", party.text);
    let mut correction = transfer("settlement_account", "world");
    correction["reason"] = json!("paid by hand, ticket 93");
    assert_eq!(by(&world, &writer, "/transfers", &correction).await.refused(403), "forbidden");
    let corrected = world.keyed("/transfers", "k", &correction).await;
    let corrected = corrected.expect(StatusCode::CREATED);
    assert_eq!(corrected["reason"], "paid by hand, ticket 93");
    let again = world.keyed("/transfers", "k", &correction).await;
    assert_eq!(again.expect(StatusCode::CREATED), corrected);
    let freeze = by(&world, &writer, "/accounts/settlement_account/freeze", &why).await;
    assert_eq!(freeze.refused(403), "forbidden");
}

#[tokio::test]
async fn amounts_have_a_bound_that_every_way_in_tells() {
    let world = World::new().await;
    let over = "1208925819614629174706176";
    let amount = json!({ "minor_units": over, "currency": "EUR" });
    let mut lines = transfer("world", "customer_balance");
    lines["postings"][0]["amount"] = amount.clone();
    let refused = world.post("/transfers", &lines).await;
    assert_eq!(refused.body["errors"][0]["pointer"], "/postings/0/amount/minor_units");
    assert!(refused.text.contains("at most 1208925819614629174706175"), "{}", refused.text);
    assert_eq!(refused.refused(400), "validation_failed");
    let bodies = [
        (
            "POST",
            "/intents",
            json!({ "intent_id": "a", "amount": amount, "source": "world",
            "destination": "merchant_balance" }),
        ),
        (
            "POST",
            "/intents/batch",
            json!([{ "intent_id": "a", "amount": amount, "source": "world",
            "destination": "merchant_balance" }]),
        ),
        (
            "POST",
            "/accounts",
            json!({ "code": "a", "currency": "EUR",
            "floor": { "kind": "limit", "limit": over } }),
        ),
        (
            "PUT",
            "/policy",
            json!({ "rules": [
            { "rule": "limit_check", "currency": "EUR", "amount_max": over } ]}),
        ),
        (
            "PUT",
            "/routes",
            json!({ "routes": [
            { "id": "a", "corridor": "c", "currency": "EUR", "rail": "r", "amount_max": over } ]}),
        ),
        (
            "PUT",
            "/chart",
            json!({ "templates": [
            { "pattern": "a", "floor": { "kind": "limit", "limit": over } } ]}),
        ),
    ];
    for (method, path, body) in bodies {
        let reply = world.send(method, path, &world.key, &[], body.to_string()).await;
        assert_eq!(reply.refused(400), "validation_failed", "{path}");
    }
}

#[tokio::test]
async fn the_digits_of_a_currency_are_an_admins_to_declare() {
    let world = World::new().await;
    let writer = world.key_with(ScopeNo(0), "writer", role::WRITER).await;
    let account = |code: &str, currency: &str, exponent: u8| {
        let mut body = json!({ "code": code, "currency": currency });
        body["exponent"] = json!(exponent);
        body
    };
    for (currency, exponent) in [("USD", 5), ("BTC", 8), ("XAU", 2)] {
        let reply = by(&world, &writer, "/accounts", &account("x", currency, exponent)).await;
        let detail = reply.body["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(&format!("PUT /currencies/{currency}")), "{detail}");
        assert_eq!(reply.refused(403), "forbidden", "{currency}");
    }
    let listed = world.get("/currencies").await.expect(StatusCode::OK);
    assert_eq!(listed["data"], json!([]));
    // What ISO 4217 or the scope says already is nobody's to decide.
    by(&world, &writer, "/accounts", &account("a", "USD", 2)).await.expect(StatusCode::CREATED);
    world.put("/currencies/BTC", &json!({ "exponent": 8 })).await.expect(StatusCode::OK);
    by(&world, &writer, "/accounts", &account("b", "BTC", 8)).await.expect(StatusCode::CREATED);
    for (currency, exponent) in [("USD", 5), ("BTC", 2)] {
        let reply = by(&world, &writer, "/accounts", &account("x", currency, exponent)).await;
        assert_eq!(reply.refused(422), "currency_mismatch", "{currency}");
    }
    world.post("/accounts", &account("c", "EUR", 5)).await.expect(StatusCode::CREATED);
}

#[tokio::test]
async fn a_value_that_nobody_may_send_is_refused_before_who_may_send_it() {
    let world = World::new().await;
    let writer = world.key_with(ScopeNo(0), "writer", role::WRITER).await;
    let operator = world.key_with(ScopeNo(0), "operator", role::OPERATOR).await;
    let endpoint = json!({ "url": "https://example.com/", "events": ["*"],
        "shared_secret": "all" });
    let made = world.post("/webhook-endpoints", &endpoint).await.expect(StatusCode::CREATED);
    let rotate = format!("/webhook-endpoints/{}/rotate-secret", made["id"].as_str().unwrap());
    let account = json!({ "code": "x", "currency": "BTC" });
    let with = |body: &Value, name: &str, value: Value| {
        let mut body = body.clone();
        body[name] = value;
        body
    };
    let floor = json!({ "kind": "limit" });
    let few = json!({ "postings": [], "reason": "a mistake" });
    let plain = with(&transfer("world", "customer_balance"), "reason", json!("a mistake"));
    let rows = [
        (&writer, "/accounts", with(&account, "exponent", json!(39)), "/exponent"),
        (&writer, "/accounts", with(&account, "exponent", json!(300)), "/exponent"),
        (
            &writer,
            "/accounts",
            with(&with(&account, "exponent", json!(8)), "floor", floor),
            "/floor/limit",
        ),
        (&writer, "/transfers", plain, "/reason"),
        (&writer, "/transfers", few, "/postings"),
    ];
    for (key, path, body, pointer) in rows {
        for key in [key, &world.key] {
            let reply = by(&world, key, path, &body).await;
            assert_eq!(reply.body["errors"][0]["pointer"], pointer, "{}", reply.text);
            assert_eq!(reply.refused(400), "validation_failed", "{path} {body}");
        }
    }
    let needless = with(&transfer("world", "customer_balance"), "reason", json!("a mistake"));
    let told = world.post("/transfers", &needless).await;
    assert!(told.text.contains("settlement_account"), "{}", told.text);
    let long = json!({ "overlap_seconds": 2_592_001 });
    for key in [&operator, &world.key] {
        assert_eq!(by(&world, key, &rotate, &long).await.refused(422), "secret_invalid");
    }
    // What somebody may send is a question of who: 403.
    let body = json!({ "overlap_seconds": 2_592_000 });
    assert_eq!(by(&world, &operator, &rotate, &body).await.refused(403), "forbidden");
    let body = with(&account, "exponent", json!(38));
    assert_eq!(by(&world, &writer, "/accounts", &body).await.refused(403), "forbidden");
}
