//! What an operator reads in the log: one line for what matters, with a count for the rest.

use crate::support::http::Client;
use crate::support::process::Site;
use crate::support::receiver::{Answer, Receiver};
use serde_json::{Value, json};
use std::fs::{self, File};

const DEAD: usize = 20;
const KEYS: u64 = 40;

fn endpoint(client: &mut Client, receiver: &Receiver, event: &str, policy: &Value) -> String {
    let body = json!({ "url": receiver.url(), "events": [event], "policy": policy });
    let answer = client.post("/webhook-endpoints", &body);
    assert_eq!(answer.status, 201, "{}", answer.json());
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn publish(client: &mut Client, event_type: &str) {
    let answer = client.post("/events", &json!({ "type": event_type, "data": {} }));
    assert_eq!(answer.status, 201, "{}", answer.json());
}

/// Asks until the answer is so.
fn until(client: &mut Client, path: &str, is_so: impl Fn(&Value) -> bool) {
    while !is_so(&client.get(path).json()) {}
}

/// The counts that the lines with this text tell.
fn counts(log: &str, what: &str) -> Vec<u64> {
    let lines = log.lines().filter(|line| line.contains(" WARN ") && line.contains(what));
    let count = |line: &str| {
        let (_, rest) = line.split_once("count=")?;
        rest.split(' ').next()?.parse().ok()
    };
    lines.map(|line| count(line).unwrap_or_else(|| panic!("{line}"))).collect()
}

#[test]
fn what_goes_wrong_is_one_line_with_a_count_and_no_attempt_is_a_line() {
    let site = Site::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let server = site.serve_logged(File::create(&path).unwrap(), "warn", &[]);
    let mut client = server.client();
    let (failing, gone) =
        (Receiver::start(|_| Answer::Status(500)), Receiver::start(|_| Answer::Status(410)));
    let once = json!({ "schedule_ms": [0] });
    endpoint(&mut client, &failing, "dead.*", &once);
    for _ in 0..DEAD {
        publish(&mut client, "dead.letter");
    }
    until(&mut client, "/dead-letters?limit=500", |page| {
        page["data"].as_array().unwrap().len() == DEAD
    });
    let gone = endpoint(&mut client, &gone, "gone.*", &once);
    let twice = json!({ "schedule_ms": [0], "disable_after": 1 });
    let failing = endpoint(&mut client, &failing, "failing.*", &twice);
    publish(&mut client, "gone.away");
    publish(&mut client, "failing.now");
    for id in [gone, failing] {
        let path = format!("/webhook-endpoints/{id}");
        until(&mut client, &path, |shown| shown["status"] == "disabled");
    }
    // What is sent now is sent after all of that was seen.
    let last = Receiver::start(|_| Answer::Status(200));
    endpoint(&mut client, &last, "last.*", &once);
    publish(&mut client, "last.one");
    last.wait(|all| !all.is_empty());
    let mut stranger = server.client_with("zk_nobody");
    for _ in 0..KEYS {
        assert_eq!(stranger.get("/intents").status, 401);
    }
    let metrics = String::from_utf8(client.get("/metrics").body).unwrap();
    for line in [
        &format!("zentra_dead_letters_total {}", DEAD + 1),
        "zentra_endpoints_disabled_total{reason=\"gone\"} 1",
        "zentra_endpoints_disabled_total{reason=\"failing\"} 1",
    ] {
        assert!(metrics.lines().any(|told| told == line), "{line}: {metrics}");
    }
    for part in [
        "zentra_deliveries_waiting ",
        "zentra_deliveries_parked ",
        "zentra_delivery_oldest_due_seconds ",
        "zentra_follower_behind_entries{follower=\"deliveries\"} ",
        "zentra_log_sync_seconds_bucket{le=\"0.001\"} ",
    ] {
        assert!(metrics.contains(part), "{part}: {metrics}");
    }
    let synced = metrics.lines().find_map(|line| line.strip_prefix("zentra_log_sync_entries_sum "));
    assert!(synced.unwrap().parse::<u64>().unwrap() > 2 * DEAD as u64, "{metrics}");
    server.stop();
    let log = std::fs::read_to_string(&path).unwrap();
    let rows = [("dead letters", DEAD as u64 + 1), ("were disabled", 2), ("a key that is", KEYS)];
    for (what, all) in rows {
        let told = counts(&log, what);
        assert_eq!(told.iter().sum::<u64>(), all, "{what}: {log}");
        // One at once and one a minute; how long a minute is here is the machine's.
        assert!(told.len() <= 6, "{what}: {log}");
    }
    assert!(log.contains("workspace_scope") && log.contains("answered 500"), "{log}");
    assert!(!log.contains("zentra/webhooks"), "a URL may hold a secret: {log}");
    let others = log.lines().filter(|line| !line.contains(" count="));
    assert_eq!(others.collect::<Vec<_>>(), Vec::<&str>::new(), "no line for an attempt");
}

/// A line of the log that has all of these.
fn line<'a>(log: &'a str, parts: &[&str]) -> &'a str {
    let found = log.lines().find(|line| parts.iter().all(|part| line.contains(part)));
    found.unwrap_or_else(|| panic!("{parts:?}: {log}"))
}

#[test]
fn a_request_and_an_attempt_are_told_where_the_filter_asks_for_them() {
    let site = Site::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let filter = "warn,zentra::request=debug,zentra::attempt=debug";
    let server = site.serve_logged(File::create(&path).unwrap(), filter, &[]);
    let mut client = server.client();
    let receiver = Receiver::start(|_| Answer::Status(204));
    let endpoint = endpoint(&mut client, &receiver, "order.*", &json!({ "schedule_ms": [0] }));
    publish(&mut client, "order.paid");
    receiver.wait(|all| !all.is_empty());
    until(&mut client, "/deliveries?status=delivered", |page| {
        page["data"].as_array().is_some_and(|rows| rows.len() == 1)
    });
    assert_eq!(client.get("/nowhere").status, 404);
    server.stop();
    let log = fs::read_to_string(&path).unwrap();
    let told = line(&log, &["request{", "method=POST", "route=\"/events\"", "status=201"]);
    for part in ["{id=", "scope=workspace_scope", " entry=", "took_us="] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!line(&log, &["route=\"none\"", "status=404"]).contains("entry="));
    let endpoint = format!("endpoint={endpoint}");
    line(&log, &["attempt{", "delivery=", &endpoint, "number=1", "outcome=\"succeeded\""]);
    assert!(!log.contains("zk_") && !log.contains(&receiver.url()), "no secret is told: {log}");
}
