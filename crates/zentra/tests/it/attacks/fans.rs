//! A tenant with thousands of endpoints that publishes events one by one, on several connections:
//! each is one decision that cannot be cut.

use crate::attacks::pace::is_measured;
use crate::attacks::world::World;
use crate::support::http::Client;
use serde_json::json;
use std::thread;

const CONNECTIONS: usize = 4;

/// Makes an endpoint that is disabled: what it would get is parked, and nothing is sent.
fn park(client: &mut Client) {
    let body = json!({ "url": "http://127.0.0.1:9/hooks", "events": ["fan.*"] });
    let answer = client.post("/webhook-endpoints", &body);
    let made = answer.json();
    assert_eq!(answer.status, 201, "{made}");
    let path = format!("/webhook-endpoints/{}/disable", made["id"].as_str().unwrap());
    let answer = client.post(&path, &json!({}));
    assert_eq!(answer.status, 200, "{}", answer.json());
}

fn queued(client: &mut Client) -> u64 {
    let shown = client.get("/quotas").json();
    let mut rows = shown["quotas"].as_array().unwrap().iter();
    let row = rows.find(|row| row["quota"] == "queued_deliveries").unwrap();
    row["used"].as_u64().unwrap()
}

#[test]
fn single_events_with_thousands_of_deliveries_slow_nobody() {
    let mut world = World::start("fans", &[]).of_whole_commands();
    let (endpoints, events) = if is_measured() { (2_000, 40) } else { (200, 10) };
    let mut client = world.attacker();
    for _ in 0..endpoints {
        park(&mut client);
    }
    world.attack(|world, window| {
        thread::scope(|threads| {
            for _ in 0..CONNECTIONS {
                threads.spawn(|| {
                    let mut client = world.attacker();
                    for _ in 0..events {
                        let event = json!({ "type": "fan.out", "data": {} });
                        let answer = client.post("/events", &event);
                        assert_eq!(answer.status, 201, "{}", answer.json());
                    }
                });
            }
        });
        let all = (window + 1) * CONNECTIONS * events * endpoints;
        assert_eq!(queued(&mut world.attacker()), all as u64, "each is queued for each, once");
    });
    world.settle(400);
}
