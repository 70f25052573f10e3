//! The rules of a scope over HTTP: currencies that are declared, and a route table that is taken
//! back.

use super::world::World;
use axum::http::StatusCode;
use serde_json::{Value, json};

fn intent(id: &str, currency: &str) -> Value {
    json!({
        "intent_id": id,
        "amount": { "minor_units": 5, "currency": currency },
        "source": format!("customer_balance:{}", currency.to_lowercase()),
        "destination": "merchant_balance",
    })
}

fn account(currency: &str) -> Value {
    json!({ "code": format!("cash:{}", currency.to_lowercase()), "currency": currency })
}

#[tokio::test]
async fn a_currency_that_nobody_declared_is_refused_and_opens_nothing() {
    let world = World::new().await;
    for currency in ["BTC", "USDC", "EURO", "XAU", "XTS"] {
        let reply = world.post("/accounts", &account(currency)).await;
        assert!(reply.text.contains(&format!("PUT /currencies/{currency}")), "{}", reply.text);
        assert_eq!(reply.refused(422), "currency_unknown");
        let reply = world.post("/intents", &intent(&format!("i-{currency}"), currency)).await;
        assert_eq!(reply.refused(422), "currency_unknown", "a rejection");
        let line = |code: &str, direction: &str| {
            json!({ "account": code, "direction": direction,
                "amount": { "minor_units": 1, "currency": currency } })
        };
        let lines = [line("world:x", "debit"), line("customer_balance:x", "credit")];
        let reply = world.post("/transfers", &json!({ "postings": lines })).await;
        assert_eq!(reply.refused(422), "currency_unknown", "a transfer");
    }
    let listed = world.get("/currencies").await.expect(StatusCode::OK);
    assert_eq!(listed["data"], json!([]));
    let accounts = world.get("/accounts").await.expect(StatusCode::OK);
    assert_eq!(accounts["data"], json!([]));
}

#[tokio::test]
async fn a_declared_currency_keeps_its_digits_once_there_is_an_account_in_it() {
    let world = World::new().await;
    let put = |exponent: u32| json!({ "exponent": exponent });
    let first = world.put("/currencies/BTC", &put(2)).await.expect(StatusCode::OK);
    assert_eq!((&first["event"], &first["exponent"]), (&json!("currency.declared"), &json!(2)));
    world.put("/currencies/BTC", &put(8)).await.expect(StatusCode::OK);
    let again = world.put("/currencies/BTC", &put(8)).await;
    assert_eq!(again.headers["idempotent-replayed"], "true");
    let opened = world.post("/accounts", &account("BTC")).await.expect(StatusCode::CREATED);
    assert_eq!(opened["exponent"], 8);
    let refused = world.put("/currencies/BTC", &put(2)).await;
    let title = "The currency, or its number of decimal digits, is a different one.";
    assert_eq!(refused.body["title"], title);
    assert_eq!(refused.refused(422), "currency_mismatch");
    world.post("/accounts", &account("EUR")).await.expect(StatusCode::CREATED);
    let with = json!({ "code": "cash:usdc", "currency": "USDC", "exponent": 6 });
    world.post("/accounts", &with).await.expect(StatusCode::CREATED);
    // A keyed request that changes nothing is one all the same: sent again later, it does nothing.
    let keyed = |exponent: u32| {
        let (world, body) = (&world, put(exponent).to_string());
        async move {
            let headers = [("idempotency-key", "k")];
            world.send("PUT", "/currencies/ETH", &world.key, &headers, body).await
        }
    };
    world.put("/currencies/ETH", &put(18)).await.expect(StatusCode::OK);
    let first = keyed(18).await.expect(StatusCode::OK);
    world.put("/currencies/ETH", &put(9)).await.expect(StatusCode::OK);
    let again = keyed(18).await;
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(again.expect(StatusCode::OK), first);
    assert_eq!(keyed(9).await.refused(422), "idempotency_key_reused");
    let known = world.get("/currencies").await.expect(StatusCode::OK);
    let eth = known["data"].as_array().unwrap().iter().find(|row| row["currency"] == "ETH");
    assert_eq!(eth.unwrap()["exponent"], 9);
    for (path, body) in [
        ("/currencies/btc", json!({ "exponent": 8 })),
        ("/currencies/ETH", json!({ "exponent": 39 })),
        ("/currencies/ETH", json!({ "exponent": -1 })),
        ("/currencies/ETH", json!({})),
    ] {
        assert_eq!(world.put(path, &body).await.refused(400), "validation_failed", "{path} {body}");
    }
    for world in [&world.restart().await] {
        let page = world.get("/currencies?limit=2").await.expect(StatusCode::OK);
        let rest = format!("/currencies?cursor={}", page["next_cursor"].as_str().unwrap());
        let rest = world.get(&rest).await.expect(StatusCode::OK);
        let rows = [&page, &rest].map(|page| page["data"].as_array().unwrap().clone()).concat();
        let told: Vec<_> = rows
            .iter()
            .map(|row| {
                (row["currency"].as_str(), row["exponent"].as_u64(), row["iso_4217"].clone())
            })
            .collect();
        let expected = [("BTC", 8, false), ("ETH", 9, false), ("EUR", 2, true), ("USDC", 6, false)];
        let expected = expected.map(|(code, digits, iso)| (Some(code), Some(digits), json!(iso)));
        assert_eq!(told, expected);
        assert_eq!(rest["next_cursor"], Value::Null);
    }
}

#[tokio::test]
async fn a_route_table_that_was_set_can_be_taken_back() {
    let world = World::new().await;
    world.fund("customer_balance:eur", 100).await;
    let none = json!({ "routes": [] });
    world.put("/routes", &none).await.expect(StatusCode::OK);
    let reply = world.post("/intents", &intent("i1", "EUR")).await;
    assert_eq!(reply.refused(422), "route_unavailable");
    let reset = world.send("DELETE", "/routes", &world.key, &[], String::new()).await;
    let reset = reset.expect(StatusCode::OK);
    assert_eq!((&reset["event"], &reset["last_version"]), (&json!("routes.reset"), &json!(1)));
    let shown = world.get("/routes").await.expect(StatusCode::OK);
    assert_eq!(shown, json!({ "version": 0, "routes": [], "built_in": true }));
    let taken = world.post("/intents", &intent("i2", "EUR")).await.expect(StatusCode::CREATED);
    assert_eq!(taken["route"]["route"], "internal");
    // Versions go on: none is told twice.
    let set = world.put("/routes", &none).await.expect(StatusCode::OK);
    assert_eq!(set["version"], 2);
    let world = world.restart().await;
    assert_eq!(world.get("/routes").await.expect(StatusCode::OK)["built_in"], false);
}
