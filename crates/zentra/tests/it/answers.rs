//! Answers that stay the same: idempotency keys across kills, refusals, pages, roles.

use crate::support::http::{Client, Response};
use crate::support::process::Site;
use serde_json::{Value, json};

fn keyed(client: &mut Client, path: &str, key: &str, body: &Value) -> Response {
    let headers = [("idempotency-key", key)];
    client.send("POST", path, &headers, body.to_string().as_bytes()).unwrap()
}

fn transfer(from: &str, to: &str, minor_units: u64) -> Value {
    let amount = json!({ "minor_units": minor_units, "currency": "EUR" });
    json!({ "postings": [
        { "account": from, "direction": "debit", "amount": amount },
        { "account": to, "direction": "credit", "amount": amount },
    ]})
}

#[test]
fn a_key_gets_its_first_answer_also_after_a_kill_and_also_when_it_was_refused() {
    let site = Site::new();
    let server = site.serve(&[]);
    let mut client = server.client();
    let rows = [
        ("/transfers", "k-transfer", transfer("world", "customer_balance:a", 50), 201),
        ("/transfers", "k-refused", transfer("customer_balance:b", "customer_balance:a", 1), 422),
        ("/accounts", "k-account", json!({ "code": "merchant_balance:m", "currency": "EUR" }), 201),
        ("/events", "k-event", json!({ "type": "order.placed", "data": { "n": 1 } }), 201),
        (
            "/webhook-endpoints",
            "k-endpoint",
            json!({ "url": "https://example.com/h", "events": ["a.b"] }),
            201,
        ),
        ("/keys", "k-key", json!({ "actor": "svc_other", "roles": ["auditor"] }), 201),
    ];
    let first: Vec<Value> = rows
        .iter()
        .map(|(path, key, body, status)| {
            let answer = keyed(&mut client, path, key, body);
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            assert_eq!(answer.status, *status, "{path}: {text}");
            answer.json()
        })
        .collect();
    // What was refused for want of funds would pass by now; its key's answer stays.
    assert_eq!(client.post("/transfers", &transfer("world", "customer_balance:b", 9)).status, 201);
    server.kill();
    let server = site.serve(&[]);
    let mut client = server.client();
    for ((path, key, body, status), first) in rows.iter().zip(&first) {
        let again = keyed(&mut client, path, key, body);
        assert_eq!(again.status, *status, "{path}");
        assert_eq!(again.header("idempotent-replayed"), Some("true"), "{path}");
        let (mut again, mut first) = (again.json(), first.clone());
        for answer in [&mut again, &mut first] {
            // A problem names the request that it answers; a secret is told once.
            for field in ["instance", "key", "text"] {
                answer.as_object_mut().unwrap().remove(field);
            }
            if let Some(secret) = answer.get_mut("secret").and_then(Value::as_object_mut) {
                secret.remove("value");
            }
        }
        assert_eq!(again, first, "{path}");
        let other = keyed(&mut client, path, key, &transfer("world", "customer_balance:a", 51));
        assert!(matches!(other.status, 400 | 422), "{path}");
    }
    let body = transfer("world", "customer_balance:a", 51);
    let reused = keyed(&mut client, "/transfers", "k-transfer", &body);
    assert_eq!(reused.json()["code"], "idempotency_key_reused");
    let account = client.get("/accounts/customer_balance:a").json();
    assert_eq!(account["balances"]["posted"], "50", "once");
    server.stop();
}

#[test]
fn pages_are_stable_while_rows_come_in() {
    let site = Site::new();
    let server = site.serve(&[]);
    let mut client = server.client();
    let mut published = Vec::new();
    for number in 0..25 {
        let body = json!({ "type": "order.placed", "data": { "n": number } });
        let answer = client.post("/events", &body).json();
        published.push(answer["id"].as_str().unwrap().to_owned());
    }
    published.reverse();
    let mut seen = Vec::new();
    let mut path = "/events?limit=7".to_owned();
    loop {
        let page = client.get(&path).json();
        for row in page["data"].as_array().unwrap() {
            seen.push(row["id"].as_str().unwrap().to_owned());
        }
        client.post("/events", &json!({ "type": "order.late", "data": {} }));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/events?limit=7&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, published, "newest first, none twice, none missing, no late ones");
    let bad = client.get("/events?cursor=zz");
    assert_eq!((bad.status, &bad.json()["code"]), (400, &json!("validation_failed")));
    server.stop();
}

#[test]
fn roles_allow_what_they_say_and_no_more() {
    let site = Site::new();
    let keys: Vec<String> = ["writer", "operator", "auditor"]
        .iter()
        .map(|role| site.create_key("workspace_scope", &format!("svc_{role}"), &[role]))
        .collect();
    let server = site.serve(&[]);
    let statuses = |method: &str, path: &str, body: &Value| -> Vec<u16> {
        keys.iter()
            .map(|key| {
                let body = body.to_string();
                let mut client = server.client_with(key);
                client.send(method, path, &[], body.as_bytes()).unwrap().status
            })
            .collect()
    };
    let event = json!({ "type": "order.placed", "data": {} });
    assert_eq!(statuses("POST", "/events", &event), [201, 403, 403]);
    let rules = json!({ "rules": [] });
    assert_eq!(statuses("PUT", "/policy", &rules), [403, 403, 403]);
    let key = json!({ "actor": "a", "roles": ["admin"] });
    assert_eq!(statuses("POST", "/keys", &key), [403, 403, 403]);
    let replay = json!({ "filter": {}, "reason": "again" });
    let replays = statuses("POST", "/replays", &replay);
    assert_eq!((replays[0], replays[2]), (403, 403));
    assert_ne!(replays[1], 403, "an operator may");
    for key in &keys {
        assert_eq!(server.client_with(key).get("/events").status, 200);
    }
    server.stop();
}

#[test]
fn a_policy_rejects_records_and_moves_nothing() {
    let site = Site::new();
    let server = site.serve(&[]);
    let mut client = server.client();
    assert_eq!(client.post("/transfers", &transfer("world", "customer_balance", 900)).status, 201);
    let policy = json!({ "rules": [
        { "rule": "limit_check", "currency": "EUR", "amount_max": "500" },
    ]});
    let body = policy.to_string();
    let set = client.send("PUT", "/policy", &[], body.as_bytes()).unwrap();
    assert_eq!(set.status, 200, "{}", String::from_utf8_lossy(&set.body));
    let intent = |id: &str, minor_units: u64| {
        json!({
            "intent_id": id,
            "scope": "workspace_scope",
            "money_model": "minor_units + ledger_currency",
            "primitives": ["policy", "ledger", "events"],
            "amount": { "minor_units": minor_units, "currency": "EUR" },
            "source": "customer_balance",
            "destination": "merchant_balance",
        })
    };
    let rejected = client.post("/intents", &intent("large", 501));
    assert_eq!((rejected.status, &rejected.json()["code"]), (422, &json!("limit_exceeded")));
    let again = client.post("/intents", &intent("large", 501));
    assert_eq!((again.status, &again.json()["code"]), (422, &json!("limit_exceeded")));
    assert_eq!(client.get("/intents/large").json()["state"], "rejected");
    assert_eq!(client.post("/intents", &intent("fits", 500)).status, 201);
    let frozen = client.post("/accounts/customer_balance/freeze", &json!({ "reason": "court" }));
    assert_eq!(frozen.status, 200, "{}", String::from_utf8_lossy(&frozen.body));
    let refused = client.post("/intents", &intent("frozen", 1));
    assert_eq!((refused.status, &refused.json()["code"]), (422, &json!("account_frozen")));
    let account = client.get("/accounts/customer_balance").json();
    assert_eq!(account["balances"]["posted"], "400", "only what fits moved");
    server.stop();
}
