//! A tenant that goes beyond what it may: keys that were revoked, names that are the server's,
//! secrets of others, and requests that ask for much work.

use crate::attacks::batch::{bytes, item, submit, terms};
use crate::attacks::raw::{Raw, head};
use crate::attacks::world::World;
use crate::support::http::Client;
use serde_json::{Value, json};
use std::thread;
use zentra_batch::wire::OutcomeV1;

#[test]
fn a_key_that_is_revoked_while_its_body_arrives_acts_no_more() {
    let mut world = World::start("revoked", &[]);
    world.attack(|world, window| {
        let mut admin = world.attacker();
        let body = json!({ "actor": "svc_leaked", "roles": ["admin"] });
        let made = expect(201, &mut admin, "POST", "/keys", Some(&body));
        let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
        let amount = json!({ "minor_units": 100, "currency": "EUR" });
        let transfer = json!({ "postings": [
            { "account": "world", "direction": "debit", "amount": amount },
            { "account": "customer_balance:leaked", "direction": "credit", "amount": amount },
        ]});
        let intent = json!([{ "intent_id": format!("leaked_{window}"), "amount": amount,
            "source": "world", "destination": "merchant_balance:leaked" }]);
        let endpoint = json!({ "url": "https://example.com/a", "events": ["*"] });
        let dry_run = json!({ "filter": {}, "reason": "x", "dry_run": true });
        let writer = json!({ "actor": "svc", "roles": ["admin"] });
        let asked = [
            ("/transfers", &transfer),
            ("/intents/batch", &intent),
            ("/webhook-endpoints", &endpoint),
            ("/replays", &dry_run),
            ("/keys", &writer),
        ];
        let mut begun = Vec::new();
        for (path, body) in asked {
            let bytes = body.to_string().into_bytes();
            let length = bytes.len().to_string();
            let headers = [
                ("content-type", "application/json"),
                ("content-length", &length),
                ("expect", "100-continue"),
            ];
            let mut raw = Raw::connect(world.server.address).unwrap();
            raw.send(head("POST", path, key, &headers).as_bytes()).unwrap();
            // The server asks for the body once the caller was let in.
            assert!(raw.is_asked_for_the_body().unwrap(), "{path}");
            raw.send(&bytes[..1]).unwrap();
            begun.push((path, raw, bytes));
        }
        expect(200, &mut admin, "DELETE", &format!("/keys/{id}"), None);
        for (path, mut raw, bytes) in begun {
            raw.send(&bytes[1..]).unwrap();
            let answer = raw.read().unwrap();
            assert_eq!(answer.status, 401, "{path}");
            assert_eq!(answer.json()["code"], "unauthenticated", "{path}");
        }
        let keys = expect(200, &mut admin, "GET", "/keys?limit=1", None);
        assert_eq!(keys["data"][0]["id"], id, "no key was made with it");
        expect(404, &mut admin, "GET", "/accounts/customer_balance:leaked", None);
        expect(404, &mut admin, "GET", &format!("/intents/leaked_{window}"), None);
        let endpoints = expect(200, &mut admin, "GET", "/webhook-endpoints", None);
        assert_eq!(endpoints["data"], json!([]));
    });
    world.settle(200);
}

#[test]
fn nobody_acts_as_the_server_and_no_operator_learns_what_others_share() {
    let world = World::start("forged", &[]);
    let mut admin = world.attacker();
    for name in ["zentra", "zentra:sealer", "ZENTRA"] {
        let body = json!({ "actor": name, "roles": ["admin"] });
        let refused = expect(400, &mut admin, "POST", "/keys", Some(&body));
        assert_eq!(refused["code"], "validation_failed", "{name}");
    }
    for roles in [json!(["deployment"]), json!(["admin", "deployment"])] {
        let body = json!({ "actor": "svc", "roles": roles });
        let refused = expect(403, &mut admin, "POST", "/keys", Some(&body));
        assert_eq!(refused["code"], "forbidden");
    }
    expect(403, &mut admin, "POST", "/scopes", Some(&json!({ "name": "mine" })));
    let body = json!({ "url": "https://example.com/a", "events": ["*"],
        "signing_secret": "whsec_shared" });
    let endpoint = expect(201, &mut admin, "POST", "/webhook-endpoints", Some(&body));
    let body = json!({ "actor": "ops", "roles": ["operator"] });
    let made = expect(201, &mut admin, "POST", "/keys", Some(&body));
    let mut operator = world.server.client_with(made["key"].as_str().unwrap());
    let path = format!("/webhook-endpoints/{}/rotate-secret", endpoint["id"].as_str().unwrap());
    let refused = expect(403, &mut operator, "POST", &path, Some(&json!({})));
    assert_eq!(refused["code"], "forbidden");
    let told = expect(200, &mut admin, "POST", &path, Some(&json!({})));
    assert!(told["secret"]["value"].is_string(), "{told}");
    world.settle(200);
}

const PARKED: usize = 300;
const TOGGLES: usize = 40;

/// The attacker's deliveries wait for an endpoint that is switched off and on all the time.
#[test]
fn an_endpoint_that_is_switched_all_the_time_leaves_lists_to_others() {
    let mut world = World::start("toggle", &["--allow-address", "127.0.0.0/8"]);
    let mut attacker = world.attacker();
    // Nobody listens there.
    let body = json!({ "url": "http://127.0.0.1:9/", "events": ["order.*"] });
    let endpoint = expect(201, &mut attacker, "POST", "/webhook-endpoints", Some(&body));
    let path = format!("/webhook-endpoints/{}", endpoint["id"].as_str().unwrap());
    expect(200, &mut attacker, "POST", &format!("{path}/disable"), Some(&json!({})));
    for number in 0..PARKED {
        let event = json!({ "type": "order.paid", "data": { "n": number } });
        expect(201, &mut attacker, "POST", "/events", Some(&event));
    }
    world.attack(|world, _| {
        let mut attacker = world.attacker();
        for _ in 0..TOGGLES {
            let off =
                expect(200, &mut attacker, "GET", "/deliveries?status=parked&limit=500", None);
            assert_eq!(off["data"].as_array().unwrap().len(), PARKED);
            expect(200, &mut attacker, "POST", &format!("{path}/enable"), Some(&json!({})));
            expect(200, &mut attacker, "POST", &format!("{path}/disable"), Some(&json!({})));
        }
    });
    world.settle(250);
}

const READERS: usize = 12;
const READS: usize = 15;
const ITEMS: usize = 2_000;

/// Pages of an account whose postings stand in large frames, previews of replays, and lists whose
/// filters find nothing, all at once.
#[test]
fn readers_of_much_leave_the_kernel_and_the_lists_to_others() {
    let mut world = World::start("readers", &[]);
    let mut attacker = world.attacker();
    let ids: Vec<String> = (0..ITEMS).map(|number| format!("read_{number}")).collect();
    let items: Vec<_> =
        ids.iter().map(|id| item(id, 1, "world", "merchant_balance:read")).collect();
    let amount = json!({ "minor_units": 1, "currency": "EUR" });
    let transfer = json!({ "postings": [
        { "account": "world", "direction": "debit", "amount": amount },
        { "account": "merchant_balance:read", "direction": "credit", "amount": amount },
    ]});
    expect(201, &mut attacker, "POST", "/transfers", Some(&transfer));
    let outcomes = submit(&mut attacker, &bytes(&[terms("EUR")], &items)).unwrap();
    assert!(outcomes.iter().all(|one| matches!(one, OutcomeV1::Created { .. })));
    let preview = json!({ "filter": { "event_type": "order.paid" }, "reason": "x",
        "dry_run": true });
    world.attack(|world, _| {
        thread::scope(|threads| {
            for reader in 0..READERS {
                let preview = &preview;
                threads.spawn(move || {
                    let mut client = world.attacker();
                    for _ in 0..READS {
                        let answer = match reader % 4 {
                            0 => client.get("/accounts/world/entries?limit=500"),
                            1 => client.post("/replays", preview),
                            2 => client.get("/intents?state=voided&limit=500"),
                            _ => client.get("/projections"),
                        };
                        // Who asks for more than a share is told to come again.
                        assert!([200, 503].contains(&answer.status), "{}", answer.status);
                    }
                });
            }
        });
    });
    let (mut rows, mut path) = (0, "/accounts/world/entries?limit=500".to_owned());
    loop {
        let page = expect(200, &mut attacker, "GET", &path, None);
        rows += page["data"].as_array().unwrap().len();
        match page["next_cursor"].as_str() {
            Some(next) => path = format!("/accounts/world/entries?limit=500&cursor={next}"),
            None => break,
        }
    }
    assert!(rows > ITEMS, "every posting is on a page: {rows}");
    world.settle(250);
}

/// The answer's body, of this status.
fn expect(
    status: u16,
    client: &mut Client,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Value {
    let answer = match body {
        Some(body) if method == "POST" => client.post(path, body),
        _ if method == "GET" => client.get(path),
        _ => client.send(method, path, &[], &[]).unwrap(),
    };
    let said = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status, status, "{method} {path}: {said}");
    answer.json()
}
