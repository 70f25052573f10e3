//! Requests that make much of little: entries that no reader could take, groups and batches that
//! fan out, and words that are repeated with each item.

use crate::attacks::batch::{bytes, item, submit, terms};
use crate::attacks::pace::{Stop, is_measured};
use crate::attacks::world::World;
use crate::support::http::Client;
use crate::support::process::Site;
use serde_json::{Value, json};
use std::sync::mpsc;
use std::time::Duration;
use zentra_batch::wire::{ItemV1, OutcomeV1, TermsV1};

/// Endpoints that listen.
const ENDPOINTS: usize = 8;
/// Items of a large batch.
const ITEMS: usize = 8_190;
/// Those of one that fans out, in a run that is not measured: lists of a slow build come after.
const ITEMS_UNMEASURED: usize = 512;
/// 10^18: amounts that no honest route table tells apart by one.
const LARGE: u128 = 1_000_000_000_000_000_000;

/// Sends a batch of the ids, and counts what was created.
fn created(client: &mut Client, terms: &[TermsV1<'_>], items: &[ItemV1<'_>]) -> usize {
    let outcomes = submit(client, &bytes(terms, items)).unwrap();
    assert_eq!(outcomes.len(), items.len());
    outcomes.iter().filter(|one| matches!(one, OutcomeV1::Created { .. })).count()
}

fn ids(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{prefix}{number}")).collect()
}

/// A table of 1,024 routes with long ids, each with a bound of its own.
fn put_wide_routes(client: &mut Client) {
    let route = |number: usize| {
        json!({
            "id": format!("{number:r>128}"),
            "corridor": "default",
            "currency": "EUR",
            "rail": "rail",
            "amount_min": (LARGE + number as u128).to_string(),
            "priority": 200,
        })
    };
    let mut routes: Vec<Value> = (0..1_023).map(route).collect();
    routes.push(json!({
        "id": "good", "corridor": "default", "currency": "EUR", "rail": "rail", "priority": 1,
    }));
    let body = json!({ "routes": routes }).to_string();
    let answer = client.send("PUT", "/routes", &[], body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
}

/// Waits until an intent is sealed: lists and evidence go on.
fn sealed(client: &mut Client, id: &str) {
    let (_running, stopped) = mpsc::channel();
    let pause = Stop(stopped);
    for _ in 0..3_000 {
        let told = client.get(&format!("/intents/{id}"));
        assert_eq!(told.status, 200, "{}", String::from_utf8_lossy(&told.body));
        if told.json()["state"] == "evidenced" {
            return;
        }
        pause.within(Duration::from_millis(20));
    }
    panic!("{id} is never sealed");
}

#[test]
fn intents_that_each_weigh_a_thousand_routes_are_read_again() {
    let mut world = World::start("wide-routes", &[]);
    put_wide_routes(&mut world.attacker());
    world.attack(|world, window| {
        let prefix = if window == 0 { "g".to_owned() } else { format!("w{window}_") };
        let ids = ids(&prefix, 256);
        let amounts = (0..).map(|number| LARGE + number);
        let items: Vec<ItemV1<'_>> = ids
            .iter()
            .zip(amounts)
            .map(|(id, amount)| item(id, amount, "world", "merchant_balance"))
            .collect();
        let mut client = world.attacker();
        assert_eq!(created(&mut client, &[terms("EUR")], &items), 256);
        for number in [0, 128, 255] {
            sealed(&mut client, &format!("{prefix}{number}"));
        }
        let listed = client.get("/intents?limit=500");
        assert!(listed.json()["data"].as_array().unwrap().len() >= 256);
        let told = client.get(&format!("/intents/{prefix}0"));
        assert!(told.body.len() < 256 * 1_024, "{} bytes for one intent", told.body.len());
    });
    world.settle(300);
}

/// Endpoints of one scope that listen to settled transfers, and wait: nobody is called.
fn park_endpoints(client: &mut Client, count: usize) {
    for number in 0..count {
        let body = json!({
            "url": format!("http://127.0.0.1:9/{number}"),
            "events": ["transfer.settled"],
        });
        let made = client.post("/webhook-endpoints", &body);
        assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
        let made = made.json();
        let path = format!("/webhook-endpoints/{}/disable", made["id"].as_str().unwrap());
        let disabled = client.post(&path, &json!({}));
        assert_eq!(disabled.status, 200, "{}", String::from_utf8_lossy(&disabled.body));
    }
}

#[test]
fn a_batch_that_fans_out_takes_its_turn() {
    let mut world = World::start("fan-out", &[]);
    let count = if is_measured() { ITEMS } else { ITEMS_UNMEASURED };
    park_endpoints(&mut world.attacker(), ENDPOINTS);
    world.attack(|world, window| {
        let mut client = world.attacker();
        // One by one, and as linked groups.
        let ids = ids(&format!("b{window}_"), count);
        let mut items: Vec<ItemV1<'_>> =
            ids.iter().map(|id| item(id, 1, "world", "merchant_balance")).collect();
        let (single, linked) = items.split_at_mut(count / 2);
        assert_eq!(created(&mut client, &[terms("EUR")], single), single.len());
        for (number, item) in linked.iter_mut().enumerate() {
            item.linked = number % 100 != 99;
        }
        linked.last_mut().unwrap().linked = false;
        assert_eq!(created(&mut client, &[terms("EUR")], linked), linked.len());
    });
    world.settle(700);
}

#[test]
fn more_deliveries_than_a_request_may_queue_are_refused_before_anything_is_recorded() {
    let mut world = World::start("fan-out-refused", &[]);
    park_endpoints(&mut world.attacker(), 5 * ENDPOINTS);
    world.attack(|world, window| {
        let mut client = world.attacker();
        let ids = ids(&format!("r{window}_"), ITEMS);
        for linked in [false, true] {
            let mut items: Vec<ItemV1<'_>> =
                ids.iter().map(|id| item(id, 1, "world", "merchant_balance")).collect();
            for (number, item) in items.iter_mut().enumerate() {
                item.linked = linked && number % 1_024 != 1_023 && number + 1 != ITEMS;
            }
            let outcomes = submit(&mut client, &bytes(&[terms("EUR")], &items)).unwrap();
            let refused = |one: &OutcomeV1| matches!(one, OutcomeV1::Refused { .. });
            assert!(outcomes.iter().all(refused), "{:?}", outcomes[0]);
        }
        assert_eq!(client.get(&format!("/intents/{}", ids[0])).status, 404);
    });
    world.settle(300);
}

/// Bytes of a stopped server's log that are not zero at the end of a segment.
fn log_bytes(site: &Site) -> usize {
    let files = std::fs::read_dir(site.data().join("log")).unwrap();
    let segments = files.map(|file| file.unwrap().path());
    let segments = segments.filter(|path| path.extension().is_some_and(|kind| kind == "seg"));
    let used = |path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
    };
    segments.map(used).sum()
}

/// What a body adds to the log is a small multiple of it.
#[test]
fn what_the_items_of_a_batch_share_is_stored_once() {
    let value = "v".repeat(512);
    let keys = ids("key", 32);
    let metadata: Vec<(&str, &str)> =
        keys.iter().map(|key| (key.as_str(), value.as_str())).collect();
    let site = Site::new();
    let server = site.serve(&[]);
    let ids = ids("repeated_", ITEMS);
    let shared = TermsV1 { metadata, ..terms("EUR") };
    let items: Vec<ItemV1<'_>> =
        ids.iter().map(|id| item(id, 1, "world", "merchant_balance")).collect();
    let sent = bytes(std::slice::from_ref(&shared), &items).len();
    let mut client = server.client();
    assert_eq!(created(&mut client, &[shared], &items), ITEMS);
    assert_eq!(client.get("/intents/repeated_8189").status, 200);
    server.kill();
    let stored = log_bytes(&site);
    assert!(stored < 4 * sent, "{sent} bytes made {stored} bytes of log");
}
