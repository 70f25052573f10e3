//! Really delivered requests, judged by the libraries that consumers use.

use crate::support::http::Client;
use crate::support::judges::standardwebhooks;
use crate::support::process::Site;
use crate::support::receiver::{Answer, Received, Receiver};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};

fn register(client: &mut Client, receiver: &Receiver, events: &[&str]) -> Value {
    let answer = client.post(
        "/webhook-endpoints",
        &json!({
            "url": receiver.url(),
            "events": events,
            "policy": { "timeout_ms": 5_000, "schedule_ms": [0, 1_000, 1_000] },
        }),
    );
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

fn secret_of(answer: &Value) -> String {
    answer["secret"]["value"].as_str().unwrap().to_owned()
}

fn publish(client: &mut Client, data: &Value) -> String {
    let answer = client.post("/events", &json!({ "type": "order.placed", "data": data }));
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn of<'a>(received: &'a [Received], event: &str) -> Vec<&'a Received> {
    received.iter().filter(|one| one.header("webhook-id") == event).collect()
}

#[test]
fn both_judges_verify_every_delivered_request_after_retries_and_during_a_rotation() {
    let site = Site::new();
    let server = site.serve(&[]);
    let mut client = server.client();
    let receiver =
        Receiver::start(
            |before| {
                if before < 2 { Answer::Status(500) } else { Answer::Status(200) }
            },
        );
    let endpoint = register(&mut client, &receiver, &["order.*"]);
    let old = secret_of(&endpoint);
    let awkward = json!({ "text": "caf\u{e9} \u{1f4b8} \"quoted\" \\ \n", "number": 12.5e-3 });
    let first = publish(&mut client, &awkward);
    let received = receiver.wait(|all| of(all, &first).len() == 3);
    let [py, js] = standardwebhooks(&old, &received);
    assert_eq!((py, js), (vec![true; 3], vec![true; 3]), "after retries");
    let stamps: Vec<&str> = received.iter().map(|one| one.header("webhook-signature")).collect();
    assert!(stamps.iter().all(|stamp| stamp.starts_with("v1,")), "{stamps:?}");

    let id = endpoint["id"].as_str().unwrap();
    let rotated = client.post(
        &format!("/webhook-endpoints/{id}/rotate-secret"),
        &json!({ "overlap_seconds": 3_600 }),
    );
    assert_eq!(rotated.status, 200, "{}", String::from_utf8_lossy(&rotated.body));
    let new = secret_of(&rotated.json());
    assert_ne!(new, old);
    let second = publish(&mut client, &json!({ "during": "rotation" }));
    let all = receiver.wait(|all| of(all, &second).len() == 3);
    let during: Vec<Received> = of(&all, &second).into_iter().cloned().collect();
    assert!(during.iter().all(|one| one.header("webhook-signature").split(' ').count() == 2));
    for secret in [&old, &new] {
        let [py, js] = standardwebhooks(secret, &during);
        assert_eq!((py, js), (vec![true; 3], vec![true; 3]), "during the rotation");
    }

    let ended = client
        .post(&format!("/webhook-endpoints/{id}/rotate-secret"), &json!({ "overlap_seconds": 0 }));
    let newest = secret_of(&ended.json());
    let third = publish(&mut client, &json!({ "after": "rotation" }));
    let all = receiver.wait(|all| of(all, &third).len() == 3);
    let after: Vec<Received> = of(&all, &third).into_iter().cloned().collect();
    for (secret, expected) in [(&old, false), (&new, false), (&newest, true)] {
        let [py, js] = standardwebhooks(secret, &after);
        assert_eq!((py, js), (vec![expected; 3], vec![expected; 3]), "after the rotation");
    }

    let mut changed = after[0].clone();
    changed.body.push(b' ');
    let [py, js] = standardwebhooks(&newest, &[changed]);
    assert_eq!((py, js), (vec![false], vec![false]), "the judges do judge");
    server.stop();
}

#[test]
fn a_dead_letter_is_kept_and_a_replay_delivers_it_with_the_same_id() {
    let site = Site::new();
    let server = site.serve(&[]);
    let mut client = server.client();
    let receiver =
        Receiver::start(
            |before| {
                if before < 3 { Answer::Status(503) } else { Answer::Status(204) }
            },
        );
    register(&mut client, &receiver, &["*"]);
    let event = publish(&mut client, &json!({ "n": 1 }));
    let dead = wait_for(&mut client, "/dead-letters", |list| {
        rows(list).iter().any(|row| row["event_id"] == event.as_str())
    });
    let row = rows(&dead).iter().find(|row| row["event_id"] == event.as_str()).unwrap().clone();
    assert_eq!((&row["status"], &row["attempt_count"]), (&json!("dead_lettered"), &json!(3)));
    let path = format!("/deliveries/{}", row["id"].as_str().unwrap());
    let replay =
        client.post("/replays", &json!({ "event_id": event, "reason": "the consumer is back" }));
    assert_eq!(replay.status, 201, "{}", String::from_utf8_lossy(&replay.body));
    let replay_id = replay.json()["replay_id"].as_str().unwrap().to_owned();
    let received = receiver.wait(|all| of(all, &event).len() == 4);
    assert_eq!(of(&received, &event)[3].header("zentra-replay-id"), replay_id);
    let trail = wait_for(&mut client, &path, |trail| trail["status"] == "delivered");
    assert_eq!(trail["attempt_count"], 4);
    assert_eq!(trail["attempts"][3]["replay_id"], replay_id.as_str());
    assert_eq!(trail["attempts"][3]["outcome"], "resolved");
    let left = client.get("/dead-letters").json();
    assert!(rows(&left).iter().all(|row| row["event_id"] != event.as_str()));
    server.stop();
}

#[test]
fn gone_disables_and_enabling_delivers_what_was_parked() {
    let site = Site::new();
    let server = site.serve(&[]);
    let mut client = server.client();
    let gone = AtomicBool::new(false);
    let receiver = Receiver::start(move |_| {
        let first = !gone.swap(true, Ordering::SeqCst);
        if first { Answer::Status(410) } else { Answer::Status(200) }
    });
    let endpoint = register(&mut client, &receiver, &["order.*"]);
    let path = format!("/webhook-endpoints/{}", endpoint["id"].as_str().unwrap());
    let first = publish(&mut client, &json!({ "n": 1 }));
    let health = wait_for(&mut client, &path, |endpoint| endpoint["status"] == "disabled");
    assert_eq!(health["disabled_because"], "gone");
    let parked = publish(&mut client, &json!({ "n": 2 }));
    let listed = client.get("/deliveries?status=parked").json();
    assert_eq!(rows(&listed).len(), 2, "what the 410 answered, and what came after: {listed}");
    let enabled = client.post(&format!("{path}/enable"), &json!({}));
    assert_eq!(enabled.status, 200, "{}", String::from_utf8_lossy(&enabled.body));
    receiver.wait(|all| of(all, &first).len() == 2 && of(all, &parked).len() == 1);
    let listed = client.get("/deliveries?status=parked").json();
    assert!(rows(&listed).is_empty(), "{listed}");
    server.stop();
}

#[test]
fn deliveries_go_on_after_a_kill_with_the_same_ids() {
    let site = Site::new();
    let receiver =
        Receiver::start(|before| if before == 0 { Answer::Hang } else { Answer::Status(200) });
    let server = site.serve(&[]);
    let mut client = server.client();
    register(&mut client, &receiver, &["order.*"]);
    let event = publish(&mut client, &json!({ "n": 1 }));
    receiver.wait(|all| of(all, &event).len() == 1);
    server.kill();
    let server = site.serve(&[]);
    let received = receiver.wait(|all| of(all, &event).len() == 2);
    let bodies: Vec<_> = of(&received, &event).iter().map(|one| one.body.clone()).collect();
    assert_eq!(bodies[0], bodies[1], "the same bytes");
    let mut client = server.client();
    let listed =
        wait_for(&mut client, "/deliveries?status=delivered", |list| rows(list).len() == 1);
    assert_eq!(rows(&listed)[0]["attempt_count"], 1, "what the kill cut off was never counted");
    server.stop();
}

fn rows(list: &Value) -> &[Value] {
    list["data"].as_array().map_or(&[], Vec::as_slice)
}

/// Asks until the answer is as wanted; each question waits for the server, and the runner ends a
/// test that never gets there.
fn wait_for(client: &mut Client, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    loop {
        let answer = client.get(path).json();
        if wanted(&answer) {
            return answer;
        }
        std::thread::yield_now();
    }
}
