//! Pinned values: the timeline of the default schedule, and the bytes of the projections.

use super::world::{START, World, policy, replay};
use zentra_delivery::{Deliveries, DeliveryStatus, default_policy};
use zentra_events::event::AttemptResult::{Answered, TimedOut};
use zentra_table::{SectionError, section_bytes};

fn bytes(state: &Deliveries) -> (Vec<u8>, Vec<u8>) {
    let endpoints = section_bytes(|out| state.encode_endpoints(out));
    let deliveries = section_bytes(|out| state.encode_deliveries(out));
    (endpoints, deliveries)
}

/// One of everything that the projections can hold.
fn small_world() -> World {
    let mut world = World::new();
    let (_, first) = world.one(policy(&[0, 1_000]));
    let second = world.publish("order.paid")[0];
    world.kill(first);
    world.finish(second, Answered(200));
    world.publish("order.paid");
    world.take(replay(&[first]));
    world
}

#[test]
fn the_default_schedule_is_a_timeline() {
    let mut world = World::new();
    let (_, delivery) = world.one(default_policy());
    let mut timeline = Vec::new();
    while world.delivery(delivery).status == DeliveryStatus::Pending {
        let due = world.delivery(delivery).next_attempt_at.unwrap();
        timeline.push(due.since(START).as_millis());
        world.now = due;
        world.finish(delivery, TimedOut);
    }
    assert_eq!(timeline, TIMELINE_MS);
    let plain = [0, 5, 305, 2105, 9305, 27305, 63305, 113_705, 185_705, 272_105];
    for (got, seconds) in timeline.into_iter().zip(plain) {
        assert!(got >= seconds * 1000 && got <= seconds * 1100, "{got}");
    }
}

/// When each attempt of the first delivery of the world is due after it was queued.
const TIMELINE_MS: [u64; 10] = [
    0,
    5478,
    318_704,
    2_222_868,
    9_572_470,
    29_265_786,
    66_975_508,
    121_584_926,
    195_529_328,
    284_320_259,
];

#[test]
fn projections_are_pinned_and_come_back() {
    let world = small_world();
    let (endpoints, deliveries) = bytes(&world.state);
    let digest = |bytes: &[u8]| (bytes.len(), blake3::hash(bytes).to_hex()[..16].to_owned());
    assert_eq!(digest(&endpoints), (244, "007c2babdb7fcee5".to_owned()));
    assert_eq!(digest(&deliveries), (184, "668008f7dcc486d3".to_owned()));
    let decoded = Deliveries::decode(super::world::PARTITION, &endpoints, &deliveries).unwrap();
    assert!(decoded == world.state);
    assert!(bytes(&decoded) == (endpoints, deliveries));
}

#[test]
fn damaged_projections_are_refused() {
    let (endpoints, deliveries) = bytes(&small_world().state);
    let decode = |endpoints: &[u8], deliveries: &[u8]| Deliveries::decode(0, endpoints, deliveries);
    for length in 0..endpoints.len() {
        assert!(decode(&endpoints[..length], &deliveries).is_err(), "{length}");
    }
    for length in 0..deliveries.len() {
        assert!(decode(&endpoints, &deliveries[..length]).is_err(), "{length}");
    }
    let mut longer = deliveries.clone();
    longer.push(0);
    let expected = SectionError::Inconsistent("bytes follow the last row");
    assert_eq!(decode(&endpoints, &longer), Err(expected));
    let no_endpoints = [0; 16];
    let expected = SectionError::Inconsistent("a delivery names no endpoint");
    assert_eq!(decode(&no_endpoints, &deliveries), Err(expected));
    let mut wild = endpoints.clone();
    wild[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(decode(&wild, &deliveries).is_err());
}
