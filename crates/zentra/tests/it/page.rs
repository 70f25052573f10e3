//! The product page (docs/product-page.md), literally.

use crate::support::process::{Site, ZENTRA};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::Command;

#[test]
fn the_demo_shows_the_page_and_checks_every_claim() {
    let shown = Command::new(ZENTRA).args(["demo", "--exit"]).output().unwrap();
    let text = String::from_utf8(shown.stdout).unwrap();
    let said = String::from_utf8(shown.stderr).unwrap();
    assert!(shown.status.success(), "{text}\n{said}");
    for expected in [
        "POST /webhook-endpoints",
        "listening",
        "webhook.endpoint.created",
        "Accept intent",
        "runtime contract",
        "Resolve controls",
        "scope + policy",
        "Post ledger state",
        "minor-unit entries",
        "Select route",
        "corridor context",
        "Sync events",
        "signed stream",
        "Seal evidence",
        "actor + scope + time",
        "evidenced",
        "customer_balance       -125000 mu",
        "settlement_account     +125000 mu",
        "closed",
        "timeout",
        "retained",
        "retrying",
        "resolved",
        "one ledger-safe state transition",
        "limit_check.passed",
        "entry_042",
        "audit_ready",
        " 0 failed",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
    assert!(!said.contains("ERROR") && !said.contains("WARN"), "{said}");
}

#[test]
fn the_demo_as_json_says_the_same() {
    let shown = Command::new(ZENTRA).args(["demo", "--exit", "--json"]).output().unwrap();
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stdout));
    let told: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(told["failed"], 0);
    assert!(told["passed"].as_u64().unwrap() > 30);
    assert_eq!(told["evidence"]["status"], "audit_ready");
    assert!(told["projections"].as_array().unwrap().iter().all(|row| row["same"] == true));
}

#[test]
fn one_call_with_the_amount_does_the_same_as_two() {
    let site = Site::new();
    let server = site.serve(&[]);
    let mut client = server.client();
    let amount = json!({ "minor_units": "125000", "currency": "USD" });
    let funded = client.post(
        "/transfers",
        &json!({ "postings": [
            { "account": "world", "direction": "debit", "amount": amount },
            { "account": "customer_balance", "direction": "credit", "amount": amount },
        ]}),
    );
    assert_eq!(funded.status, 201, "{}", String::from_utf8_lossy(&funded.body));
    let body = json!({
        "intent_id": "intent_042",
        "scope": "workspace_scope",
        "money_model": "minor_units + ledger_currency",
        "primitives": ["policy", "ledger", "events"],
        "amount": amount,
        "source": "customer_balance",
        "destination": "merchant_balance",
    });
    let created = client.post("/intents", &body);
    assert_eq!(created.status, 201, "{}", String::from_utf8_lossy(&created.body));
    let first = created.json();
    let again = client.post("/intents", &body);
    assert_eq!(again.json(), first, "the same request, the same answer");
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let mut other = body.clone();
    other["amount"]["minor_units"] = "1".into();
    let refused = client.post("/intents", &other);
    assert_eq!((refused.status, &refused.json()["code"]), (422, &json!("intent_id_reused")));
    let intent = client.get("/intents/intent_042").json();
    let reached: Vec<bool> =
        intent["state_path"].as_array().unwrap().iter().map(|s| s["reached"] == true).collect();
    assert_eq!(reached[..5], [true; 5], "{intent}");
    server.stop();
}

#[test]
fn another_scope_sees_nothing_on_any_route() {
    let site = Site::new();
    let other = site.create_key("other_scope", "svc_other", &["admin"]);
    let server = site.serve(&[]);
    let mut client = server.client();
    let endpoint = client.post(
        "/webhook-endpoints",
        &json!({ "url": "https://example.com/h", "events": ["*"], "signing_secret": "whsec_live" }),
    );
    let endpoint_id = endpoint.json()["id"].as_str().unwrap().to_owned();
    let event = client.post("/events", &json!({ "type": "order.placed", "data": { "n": 1 } }));
    let event_id = event.json()["id"].as_str().unwrap().to_owned();
    let waiting = json!({
        "intent_id": "intent_042",
        "scope": "workspace_scope",
        "money_model": "minor_units + ledger_currency",
        "primitives": ["policy", "ledger", "events"],
    });
    assert_eq!(client.post("/intents", &waiting).status, 201);
    let account = json!({ "code": "customer_balance:a", "currency": "EUR" });
    let opened = client.post("/accounts", &account);
    assert_eq!(opened.status, 201, "{}", String::from_utf8_lossy(&opened.body));
    let delivery = client.get("/deliveries").json();
    let delivery_id = delivery["data"][0]["id"].as_str().unwrap().to_owned();

    let mut stranger = server.client_with(&other);
    for path in [
        format!("/webhook-endpoints/{endpoint_id}"),
        format!("/events/{event_id}"),
        "/intents/intent_042".to_owned(),
        "/intents/intent_042/evidence".to_owned(),
        "/accounts/customer_balance:a".to_owned(),
        "/accounts/customer_balance:a/entries".to_owned(),
        format!("/deliveries/{delivery_id}"),
    ] {
        let mine = client.get(&path);
        assert_eq!(mine.status, 200, "{path} {}", String::from_utf8_lossy(&mine.body));
        let refused = stranger.get(&path);
        assert_eq!((refused.status, &refused.json()["code"]), (404, &json!("not_found")), "{path}");
    }
    let reason = json!({ "reason": "curious" });
    for (path, body) in [
        (format!("/webhook-endpoints/{endpoint_id}/disable"), json!({})),
        (format!("/webhook-endpoints/{endpoint_id}/rotate-secret"), json!({})),
        (format!("/deliveries/{delivery_id}/resend"), reason.clone()),
        (format!("/deliveries/{delivery_id}/resolve"), reason.clone()),
        ("/replays".to_owned(), json!({ "event_id": event_id, "reason": "curious" })),
        ("/intents/intent_042/void".to_owned(), reason.clone()),
        (
            "/intents/intent_042/confirm".to_owned(),
            json!({
                "amount": { "minor_units": 1, "currency": "EUR" },
                "source": "customer_balance:a",
                "destination": "merchant_balance",
            }),
        ),
        ("/accounts/customer_balance:a/freeze".to_owned(), reason),
        ("/intents".to_owned(), waiting),
    ] {
        let refused = stranger.post(&path, &body);
        assert_eq!(refused.status, 404, "{path} {}", String::from_utf8_lossy(&refused.body));
    }
    for path in ["/deliveries", "/events", "/intents", "/accounts", "/webhook-endpoints"] {
        let listed = stranger.get(path);
        assert_eq!(listed.json()["data"], json!([]), "{path}");
    }
    let nobody = server.client_with("zk_nobody").get("/intents/intent_042");
    assert_eq!((nobody.status, &nobody.json()["code"]), (401, &json!("unauthenticated")));
    server.stop();
}

#[test]
fn bad_bodies_are_4xx_and_record_nothing() {
    let site = Site::new();
    let server = site.serve(&[]);
    let mut client = server.client();
    let deep =
        format!("{{\"type\":\"a.b\",\"data\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let plain: &[(&str, &str)] = &[("content-type", "text/plain")];
    type Row<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);
    let rows: &[Row] = &[
        ("/events", "", &[("content-type", "application/json")]),
        ("/events", "{", &[]),
        ("/events", "[]", &[]),
        ("/events", "null", &[]),
        ("/events", "{\"type\":\"a.b\"}", &[]),
        ("/events", "{\"type\":\"a.b\",\"data\":{},\"more\":1}", &[]),
        ("/events", "{\"type\":7,\"data\":{}}", &[]),
        ("/events", "{\"type\":\"a b\",\"data\":{}}", &[]),
        ("/events", "{\"type\":\"transfer.settled\",\"data\":{}}", &[]),
        ("/events", "{\"type\":\"a.b\",\"data\":{}}", plain),
        ("/events", &deep, &[]),
        ("/intents", "{\"intent_id\":\"\",\"scope\":\"workspace_scope\"}", &[]),
        ("/intents", "{\"intent_id\":\"a\",\"scope\":\"workspace_scope\",\"amount\":1.5}", &[]),
        ("/transfers", "{\"postings\":[]}", &[]),
        ("/accounts", "{\"code\":\"a::b\",\"currency\":\"EUR\"}", &[]),
        ("/webhook-endpoints", "{\"url\":\"http://10.0.0.1/\",\"events\":[\"*\"]}", &[]),
        ("/webhook-endpoints", "{\"url\":\"https://example.com\",\"events\":[]}", &[]),
        ("/nothing", "{}", &[]),
    ];
    let position = |client: &mut crate::support::http::Client| {
        client.get("/projections").json()["position"].as_u64().unwrap()
    };
    let before = position(&mut client);
    for (path, body, headers) in rows {
        let shown: String = body.chars().take(60).collect();
        let refused = client.send("POST", path, headers, body.as_bytes()).unwrap();
        assert!((400..500).contains(&refused.status), "{path} {shown}: {}", refused.status);
        let kind = refused.header("content-type").unwrap_or("");
        assert_eq!(kind, "application/problem+json", "{path} {shown}");
        let problem = refused.json();
        for field in ["type", "title", "status", "code", "detail"] {
            assert!(!problem[field].is_null(), "{path} {shown}: {problem}");
        }
    }
    // The answer comes before the body is sent: nobody has to send two megabytes for nothing.
    let mut large = TcpStream::connect(server.address).unwrap();
    let head = format!(
        "POST /events HTTP/1.1\r\nhost: zentra\r\nauthorization: Bearer {}\r\ncontent-type: \
         application/json\r\ncontent-length: 2000000\r\n\r\n",
        site.key
    );
    large.write_all(head.as_bytes()).unwrap();
    let mut first = String::new();
    BufReader::new(large).read_line(&mut first).unwrap();
    assert!(first.contains(" 413 "), "{first}");
    let wrong_method = client.send("DELETE", "/intents", &[], b"").unwrap();
    assert_eq!(wrong_method.status, 405);
    // Seals may follow what was there before; nothing of what was refused is there.
    let inspected = |site: &Site| {
        let output = site.run(&["log", "inspect"]);
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().filter(|line| !line.contains("\"evidence.sealed\"")).count() as u64
    };
    assert!(inspected(&site) <= before);
    server.stop();
}
