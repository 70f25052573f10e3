//! Webhooks as a weapon: filters that match nothing, schedules without a pause, and bursts to a
//! host that never agreed to any of it.

use crate::attacks::batch::{bytes, item, submit, terms};
use crate::attacks::pace::is_measured;
use crate::attacks::world::World;
use crate::support::http::Client;
use crate::support::receiver::{Answer, Receiver};
use serde_json::{Value, json};
use zentra_env::Env;

/// Requests a second of one scope to hosts of an address that never answered well.
const A_SECOND: u64 = 16;
const FILTERS: usize = 64;
const ITEMS: usize = 1_000;
const EVENTS: usize = 200;

fn endpoint(client: &mut Client, body: &Value) -> (u16, Value) {
    let answer = client.post("/webhook-endpoints", body);
    (answer.status, answer.json())
}

fn publish(client: &mut Client, event_type: &str) {
    let answer = client.post("/events", &json!({ "type": event_type, "data": {} }));
    assert_eq!(answer.status, 201, "{}", answer.json());
}

#[test]
fn filters_that_match_nothing_slow_nobody() {
    let mut world = World::start("filters", &[]);
    let endpoints = if is_measured() { 2_000 } else { 150 };
    let mut client = world.attacker();
    for number in 0..endpoints {
        let events: Vec<String> =
            (0..FILTERS).map(|filter| format!("none.of_{number}.t{filter}.*")).collect();
        let body = json!({ "url": "http://127.0.0.1:9/hooks", "events": events });
        let (status, told) = endpoint(&mut client, &body);
        if status == 429 {
            // A quota of the scope: all that it may have is there.
            break;
        }
        assert_eq!(status, 201, "{told}");
    }
    world.attack(|world, window| {
        let mut client = world.attacker();
        let ids: Vec<String> = (0..ITEMS).map(|no| format!("filtered_{window}_{no}")).collect();
        let items: Vec<_> =
            ids.iter().map(|id| item(id, 1, "world:bank", "merchant_balance:a")).collect();
        let outcomes = submit(&mut client, &bytes(&[terms("EUR")], &items)).unwrap();
        assert_eq!(outcomes.len(), ITEMS);
        for _ in 0..EVENTS {
            publish(&mut client, "order.paid");
        }
    });
    world.settle(400);
}

#[test]
fn a_schedule_without_pauses_is_refused() {
    let world = World::start("schedule", &[]);
    let mut client = world.attacker();
    for schedule in [json!([0, 0]), json!([0, 1_000, 999]), json!(vec![0; 32])] {
        let body = json!({
            "url": "http://127.0.0.1:9/hooks",
            "events": ["*"],
            "policy": { "schedule_ms": schedule },
        });
        let (status, told) = endpoint(&mut client, &body);
        assert_eq!((status, &told["code"]), (422, &json!("policy_invalid")), "{told}");
    }
    world.settle(200);
}

#[test]
fn a_host_that_never_answered_well_gets_few_requests_from_all_scopes_together() {
    let mut world = World::delivering("burst", &[]);
    let victim = Receiver::start(|_| Answer::Status(405));
    let mut client = world.attacker();
    for _ in 0..20 {
        let body = json!({ "url": victim.url(), "events": ["burst.*"] });
        let (status, told) = endpoint(&mut client, &body);
        assert_eq!(status, 201, "{told}");
    }
    let started = Env::for_tests().now();
    world.attack(|world, _| {
        let mut client = world.attacker();
        for _ in 0..EVENTS {
            publish(&mut client, "burst.event");
        }
        // The neighbour's own deliveries to this address go on meanwhile.
        victim.wait(|all| all.len() >= 3 * A_SECOND as usize);
    });
    let arrived = victim.wait(|_| true).len() as u64;
    let seconds = Env::for_tests().now().since(started).0 / 1_000_000_000 + 2;
    let most = A_SECOND * seconds;
    assert!(arrived <= most, "{arrived} requests in {seconds} s, of 4,000 that were asked for");
    world.settle(300);
}

#[test]
fn addresses_inside_are_refused_by_one_word() {
    let world = World::start("guard", &[]);
    let mut client = world.attacker();
    let inside = [
        "http://168.63.129.16/machine",
        "http://169.254.169.254/latest/meta-data",
        "http://100.100.100.200/latest",
        "http://192.0.0.192/opc",
        "http://[fd00:ec2::254]/latest",
        "http://[fd20:ce::254]/computeMetadata",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[2002:a9fe:a9fe::1]/",
        "http://[2001:0:a9fe:a9fe::1]/",
        "http://10.0.0.1/",
    ];
    for url in inside {
        let (status, told) = endpoint(&mut client, &json!({ "url": url, "events": ["*"] }));
        assert_eq!((status, &told["code"]), (422, &json!("url_forbidden_address")), "{url}");
    }
    world.settle(200);
}

/// Where the deployment wants it, nobody is sent anything who has not agreed to it.
#[test]
fn an_endpoint_that_repeats_no_challenge_is_not_made() {
    let world = World::start("challenge", &["--endpoint-challenge"]);
    let receiver = Receiver::start(|asked| match asked {
        0 => Answer::Status(404),
        1 => Answer::Status(200),
        2 => Answer::Challenge,
        _ => Answer::Status(500),
    });
    let mut client = world.attacker();
    let body = json!({ "url": receiver.url(), "events": ["order.paid"] });
    let mut ask = |key: &str| {
        let (headers, body) = ([("idempotency-key", key)], body.to_string());
        let answer = client.send("POST", "/webhook-endpoints", &headers, body.as_bytes()).unwrap();
        (answer.status, answer.json())
    };
    for why in ["it answered 404", "another text"] {
        let (status, told) = ask("first");
        assert_eq!((status, &told["code"]), (422, &json!("challenge_failed")), "{told}");
        assert!(told["detail"].as_str().unwrap().contains(why), "{told}");
    }
    let (status, made) = ask("second");
    assert_eq!((status, &made["status"]), (201, &json!("listening")), "{made}");
    // Answered before: no further challenge, which would fail now.
    let (status, again) = ask("second");
    assert_eq!((status, &again["id"]), (201, &made["id"]), "{again}");
    let (status, told) = ask("third");
    assert_eq!((status, &told["code"]), (422, &json!("challenge_failed")), "{told}");
    // One that would be refused sends nothing, and is answered alike for ever.
    let wrong = json!({ "url": receiver.url(), "events": ["event.delivery.failed"] }).to_string();
    for _ in 0..2 {
        let key = [("idempotency-key", "wrong")];
        let answer = client.send("POST", "/webhook-endpoints", &key, wrong.as_bytes()).unwrap();
        let told = answer.json();
        assert_eq!((answer.status, &told["code"]), (422, &json!("filter_invalid")), "{told}");
    }
    assert_eq!(receiver.wait(|all| all.len() >= 4).len(), 4);
    let closed = json!({ "url": "http://127.0.0.1:9/hooks", "events": ["order.paid"] });
    let answer = client.post("/webhook-endpoints", &closed);
    assert_eq!(answer.status, 422);
    assert!(answer.json()["detail"].as_str().unwrap().ends_with("no answer came"));
    world.settle(400);
}
