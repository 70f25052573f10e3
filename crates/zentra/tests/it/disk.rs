//! A disk with too little space: growth is refused, and everything else goes on.

use crate::support::http::{Client, Response};
use crate::support::process::{Site, ZENTRA};
use crate::support::receiver::{Answer, Receiver};
use serde_json::{Value, json};
use std::fs;
use std::process::Command;

/// More than any disk has free.
const MARK: [&str; 2] = ["--disk-free-min-bytes", "1152921504606846976"];

#[test]
fn below_the_mark_growth_is_refused_and_reads_and_outcomes_go_on() {
    let site = Site::new();
    let receiver = Receiver::start(|n| Answer::Status(if n == 0 { 500 } else { 200 }));
    let server = site.serve(&[]);
    let mut client = server.client();
    let policy = json!({ "schedule_ms": [0, 2_000] });
    let endpoint = json!({ "url": receiver.url(), "events": ["order.*"], "policy": policy });
    assert_eq!(client.post("/webhook-endpoints", &endpoint).status, 201);
    assert_eq!(keyed(&mut client, "before").status, 201);
    let event = client.post("/events", &json!({ "type": "order.paid", "data": {} })).json();
    let id = event["id"].as_str().unwrap();
    receiver.wait(|all| !all.is_empty());
    server.stop();

    let server = site.serve(&MARK);
    let mut client = server.client();
    for refused in [
        keyed(&mut client, "after"),
        client.post("/events", &json!({ "type": "order.paid", "data": {} })),
        client.post("/keys", &json!({ "actor": "svc_more", "roles": ["auditor"] })),
    ] {
        assert_eq!(refused.status, 507, "{}", refused.json());
        assert_eq!(refused.json()["code"], "storage_low");
        assert!(refused.header("retry-after").is_some());
    }
    let again = keyed(&mut client, "before");
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, Some("true")));
    for path in ["/accounts/world", "/webhook-endpoints", "/quotas", "/intents", "/readyz"] {
        assert_eq!(client.get(path).status, 200, "{path}");
    }
    assert_eq!(client.get("/readyz").json()["parts"]["commands"], "storage_low");
    receiver.wait(|all| all.iter().filter(|one| one.header("webhook-id") == id).count() == 2);
    let delivered = |client: &mut Client| {
        let listed = client.get("/deliveries").json();
        listed["data"].as_array().unwrap().iter().any(|row| row["status"] == "delivered")
    };
    while !delivered(&mut client) {}
    server.stop();

    let verified = site.run(&["log", "verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let server = site.serve(&[]);
    assert_eq!(keyed(&mut server.client(), "after").status, 201, "space was made");
    server.stop();
    let sent = receiver.wait(|_| true);
    assert_eq!(sent.len(), 2, "nothing was sent twice");
}

#[test]
fn read_only_serves_what_is_there_and_writes_nothing() {
    let site = Site::new();
    let receiver = Receiver::start(|_| Answer::Status(200));
    let server = site.serve(&[]);
    assert_eq!(keyed(&mut server.client(), "before").status, 201);
    server.stop();
    let before = site.run(&["log", "inspect"]).stdout;
    // As in a copy that was just restored.
    fs::remove_dir_all(site.data().join("evidence")).unwrap();
    let errors = site.data().join("errors");
    let mut command = Command::new(ZENTRA);
    command.stderr(fs::File::create(&errors).unwrap());
    let server = site.serve_as(command, &["--read-only"]);
    let mut client = server.client();
    let refused = keyed(&mut client, "after");
    assert_eq!((refused.status, &refused.json()["code"]), (503, &Value::from("read_only")));
    assert_eq!(refused.json()["title"], "The server is read-only.");
    assert_eq!(refused.json()["retryable"], false);
    assert!(refused.json()["detail"].as_str().unwrap().contains("--read-only"));
    assert_eq!(client.get("/readyz").json()["parts"]["commands"], "read_only");
    assert_eq!(client.get("/accounts/world").json()["balances"]["posted"], "-5");
    assert_eq!(client.get("/intents").status, 200);
    server.stop();
    let told = fs::read_to_string(errors).unwrap();
    assert!(told.contains("read-only: nothing is recorded or delivered"), "{told}");
    for wrong in ["disk has no space", "not those of this log"] {
        assert!(!told.contains(wrong), "{told}");
    }
    assert_eq!(site.run(&["log", "inspect"]).stdout, before, "not one entry more");
    assert!(receiver.wait(|_| true).is_empty());
}

#[test]
fn on_a_disk_that_is_really_full_nothing_acknowledged_is_lost_and_it_is_read() {
    let site = Site::on_small_disk(64);
    site.beside_data("fallocate", &["--length", "20MiB", "ballast"]);
    let server = site.serve(&[]);
    let mut client = server.client();
    let event = json!({ "type": "order.paid", "data": { "text": "x".repeat(200_000) } });
    let event = event.to_string();
    let mut acknowledged = Vec::new();
    let headers = [("content-type", "application/json")];
    // The mark is at one byte, so the file system itself is what refuses.
    while let Ok(answer) = client.send("POST", "/events", &headers, event.as_bytes()) {
        if answer.status != 201 {
            assert_eq!(answer.json()["code"], "unavailable", "{}", answer.json());
            break;
        }
        acknowledged.push(answer.json()["id"].as_str().unwrap().to_owned());
    }
    assert!(acknowledged.len() > 50, "{}", acknowledged.len());
    assert_eq!(server.ended(), Some(70), "who cannot write stops, and says so");

    let server = site.serve(&[]);
    let there = |client: &mut Client| {
        for id in &acknowledged {
            assert_eq!(client.get(&format!("/events/{id}")).status, 200, "{id}");
        }
        let newest = client.get("/events?limit=1").json();
        newest["data"][0]["id"].as_str().unwrap().to_owned()
    };
    assert_eq!(&there(&mut server.client()), acknowledged.last().unwrap());
    server.kill();
    site.beside_data("rm", &["ballast"]);
    let server = site.serve(&[]);
    let mut client = server.client();
    let later = client.send("POST", "/events", &headers, event.as_bytes()).unwrap();
    assert_eq!(later.status, 201, "space was made");
    assert_eq!(there(&mut client), later.json()["id"].as_str().unwrap());
    server.stop();
    for command in [["log", "verify"], ["rebuild", "--verify"]] {
        let done = site.run(&command);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

/// A transfer with an idempotency key.
fn keyed(client: &mut Client, key: &str) -> Response {
    let amount = json!({ "minor_units": 5, "currency": "EUR" });
    let body = json!({ "postings": [
        { "account": "world", "direction": "debit", "amount": amount },
        { "account": "customer_balance:a", "direction": "credit", "amount": amount },
    ]});
    let headers = [("idempotency-key", key)];
    client.send("POST", "/transfers", &headers, body.to_string().as_bytes()).unwrap()
}

/// The number of a metric of one follower.
fn behind(client: &mut Client, follower: &str) -> f64 {
    let metrics = String::from_utf8(client.get("/metrics").body).unwrap();
    let name = format!("zentra_follower_behind_entries{{follower=\"{follower}\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&name)).unwrap_or("0").parse().unwrap()
}

#[test]
fn what_follows_the_log_leaves_the_reserve_to_outcomes_and_goes_on_with_space() {
    let site = Site::on_small_disk(256);
    let receiver = Receiver::start(|n| Answer::Status(if n == 0 { 500 } else { 200 }));
    // Lists and evidence go on down to 32 MiB, outcomes to 4 MiB.
    let server = site.serve(&["--disk-free-min-bytes", "67108864"]);
    let mut client = server.client();
    let mut other = server.client_with(&site.create_key("other_scope", "svc_other", &["admin"]));
    let policy = json!({ "schedule_ms": [0, 6_000] });
    let endpoint = json!({ "url": receiver.url(), "events": ["order.*"], "policy": policy });
    assert_eq!(other.post("/webhook-endpoints", &endpoint).status, 201);
    assert_eq!(keyed(&mut client, "before").status, 201);
    // More than the reserve holds: lists take some ten times what the log does of them.
    for batch in 0..6 {
        let items: Vec<Value> = (0..8_190)
            .map(|item| {
                json!({ "intent_id": format!("i_{batch}_{item}"),
                    "amount": { "minor_units": 1, "currency": "EUR" },
                    "source": "customer_balance:a", "destination": "merchant_balance" })
            })
            .collect();
        assert_eq!(client.post("/intents/batch", &json!(items)).status, 200);
    }
    let event = other.post("/events", &json!({ "type": "order.paid", "data": {} })).json();
    let all_but_30_mib =
        "fallocate -l $(($(df --output=avail -B1 . | tail -1) - 31457280)) ballast";
    site.beside_data("sh", &["-c", all_but_30_mib]);
    let parts = |client: &mut Client| client.get("/readyz").json()["parts"].clone();
    let held = json!({
        "commands": "storage_low", "lists": "storage_low", "evidence": "storage_low"
    });
    while parts(&mut client) != held {}
    assert_eq!(keyed(&mut client, "after").status, 507);
    let id = event["id"].as_str().unwrap();
    receiver.wait(|all| all.iter().filter(|one| one.header("webhook-id") == id).count() == 2);
    let delivered = |client: &mut Client| {
        let listed = client.get("/deliveries");
        assert_eq!(listed.status, 200, "a scope that wrote little has its lists");
        listed.json()["data"][0]["status"] == "delivered"
    };
    while !delivered(&mut other) {}
    assert_eq!(parts(&mut client), held, "the reserve is not used up");
    assert_eq!(client.get("/accounts/customer_balance:a/balance").status, 200);
    let lacking = behind(&mut client, "views");
    site.beside_data("rm", &["ballast"]);
    let ready = json!({ "commands": "ready", "lists": "ready", "evidence": "ready" });
    while parts(&mut client) != ready {}
    assert_eq!(keyed(&mut client, "after").status, 201);
    while behind(&mut client, "views") > lacking / 2.0 {}
    server.stop();
}
