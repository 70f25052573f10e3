//! A tenant that takes its time: bodies that come byte by byte, beside batches at full speed.

use crate::attacks::batch::{bytes, item, submit, terms};
use crate::attacks::pace::Stop;
use crate::attacks::raw::{Raw, head};
use crate::attacks::world::World;
use serde_json::json;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use zentra_batch::wire::{MEDIA_TYPE, OutcomeV1};

const SLOW: usize = 40;
const BATCHES: usize = 20;
const ITEMS: usize = 500;

#[test]
fn bodies_that_come_byte_by_byte_beside_batches_slow_nobody() {
    let mut world = World::delivering("slow", &[]);
    fund(&world);
    world.attack(|world, window| {
        thread::scope(|threads| {
            let mut stops = Vec::new();
            for _ in 0..SLOW {
                let (stop, stopped) = mpsc::channel();
                stops.push(stop);
                threads.spawn(move || drip(world, &Stop(stopped)));
            }
            let mut client = world.attacker();
            for batch in 0..BATCHES {
                let ids: Vec<String> =
                    (0..ITEMS).map(|n| format!("w{window}_{batch}_{n}")).collect();
                let items: Vec<_> =
                    ids.iter().map(|id| item(id, 1, "world", "merchant_balance:a")).collect();
                let outcomes = submit(&mut client, &bytes(&[terms("EUR")], &items)).unwrap();
                assert!(outcomes.iter().all(|one| matches!(one, OutcomeV1::Created { .. })));
            }
            drop(stops);
        });
    });
    world.settle(200);
}

fn fund(world: &World) {
    let amount = json!({ "minor_units": 1, "currency": "EUR" });
    let transfer = json!({ "postings": [
        { "account": "world", "direction": "debit", "amount": amount },
        { "account": "merchant_balance:a", "direction": "credit", "amount": amount },
    ]});
    assert_eq!(world.attacker().post("/transfers", &transfer).status, 201);
}

/// Announces a body of a mebibyte, and sends it as slowly as it may.
fn drip(world: &World, stop: &Stop) {
    let mut raw = Raw::connect(world.server.address).unwrap();
    let headers = [("content-type", MEDIA_TYPE), ("content-length", "1048576")];
    let head = head("POST", "/intents/batch", &world.attacker_key, &headers);
    // The server may cut it off at any byte.
    let _cut_off = raw.send(head.as_bytes()).is_err();
    raw.drip(&[0; 1_024], Duration::from_millis(50), stop);
}
