//! Live, rebuilt, and snapshot and tail: the same state to the byte.

use crate::world::{World, intent};
use bytes::Bytes;
use proptest::prelude::*;
use zentra_delivery::DeliveryCommand;
use zentra_engine::{ApplyError, Command, snapshot};
use zentra_events::codec::CODEC;
use zentra_events::event::Capture;
use zentra_events::frame::decode_entry;
use zentra_events::frame_builder::frame_of;
use zentra_events::{Position, ScopeNumber, Timestamp};
use zentra_ledger::LedgerCommand;
use zentra_testkit::{request, transfer};

const KEY: [u8; 32] = [5; 32];

#[derive(Clone, Debug)]
enum Step {
    Transfer(u128),
    Intent(u8, u128, bool),
    Settle(u8),
    Void(u8),
    Reverse(u8),
    Payout(u8),
    Publish,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1..500_000_u128).prop_map(Step::Transfer),
        (any::<u8>(), 1..400_000_u128, any::<bool>()).prop_map(|(a, b, c)| Step::Intent(a, b, c)),
        any::<u8>().prop_map(Step::Settle),
        any::<u8>().prop_map(Step::Void),
        any::<u8>().prop_map(Step::Reverse),
        any::<u8>().prop_map(Step::Payout),
        Just(Step::Publish),
    ]
}

fn command(step: &Step) -> Command {
    let id = |number: &u8| format!("intent_{}", number % 16).parse().unwrap();
    let ledger = match step {
        Step::Transfer(amount) => {
            return transfer("customer_balance:a", "merchant_balance:b", *amount);
        }
        Step::Intent(number, amount, manual) => {
            let capture = if *manual { Capture::Manual } else { Capture::Automatic };
            return intent(&format!("intent_{}", number % 16), *amount, capture);
        }
        Step::Publish => {
            let event_type = "order.placed".parse().unwrap();
            let publish = DeliveryCommand::Publish { event_type, data: "{}".into() };
            return Command::Delivery(publish);
        }
        Step::Settle(number) => {
            LedgerCommand::SettleIntent { intent_id: id(number), amount: None, effective_at: None }
        }
        Step::Void(number) => LedgerCommand::VoidIntent {
            intent_id: id(number),
            reason: "v".into(),
            effective_at: None,
        },
        Step::Reverse(number) => LedgerCommand::ReverseIntent {
            intent_id: id(number),
            amount: None,
            reason: "r".into(),
            effective_at: None,
        },
        Step::Payout(number) => {
            LedgerCommand::PayoutIntent { intent_id: id(number), effective_at: None }
        }
    };
    Command::Ledger(ledger)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_way_to_the_state_gives_the_same_bytes(
        steps in prop::collection::vec((step(), prop::option::of((0..4_u8, 0..2_u8))), 1..60),
        cut in 0..60_usize,
    ) {
        let mut world = World::new();
        for (step, key) in &steps {
            world.ask_with(command(step), *key);
            world.engine.ledger().verify_conservation().unwrap();
        }
        let live = world.engine.digests();
        prop_assert_eq!(&world.rebuilt().digests(), &live, "rebuilt");

        let cut = cut.min(world.entries.len());
        let mut early = zentra_engine::Engine::new(0);
        for entry in &world.entries[..cut] {
            early.apply(&entry.borrow()).unwrap();
        }
        let bytes = snapshot::encode(&mut early, [7; 32], &KEY);
        let found = snapshot::read(&Bytes::from(bytes.clone()), &KEY).unwrap();
        let mut resumed = found.into_engine().unwrap();
        for entry in &world.entries[cut..] {
            resumed.apply(&entry.borrow()).unwrap();
        }
        prop_assert_eq!(&resumed.digests(), &live, "snapshot and tail");

        let frame = frame_of(&world.entries).unwrap();
        let mut start = 0;
        for (index, end) in frame.ends.iter().enumerate() {
            let payload = &frame.payloads[start..*end as usize];
            let position = Position(index as u64);
            let decoded = decode_entry(CODEC, position, &frame.shared, payload).unwrap();
            prop_assert_eq!(&decoded, &world.entries[index], "through the codec");
            start = *end as usize;
        }
    }
}

#[test]
fn entries_that_do_not_follow_are_refused() {
    let mut world = World::new();
    world.must(intent("held", 10, Capture::Manual));
    let next = {
        let mut fork = world.rebuilt();
        let void = LedgerCommand::VoidIntent {
            intent_id: "held".parse().unwrap(),
            reason: "v".into(),
            effective_at: None,
        };
        let request = request(crate::world::SCOPE, "svc_runtime", Command::Ledger(void));
        match fork.handle(Timestamp(world.now + 1), &request) {
            zentra_engine::Outcome::Entry(entry) => entry,
            other => panic!("{other:?}"),
        }
    };
    let position = next.header.position;
    let refused = |change: &dyn Fn(&mut zentra_events::Entry)| {
        let mut changed = next.clone();
        change(&mut changed);
        world.rebuilt().apply(&changed.borrow()).unwrap_err()
    };
    let moved = refused(&|entry| entry.header.position = position.next());
    assert!(matches!(moved, ApplyError::Position { .. }));
    let renumbered = refused(&|entry| entry.header.scope_number = ScopeNumber(0));
    assert_eq!(renumbered, ApplyError::ScopeNumber(position));
    let early = refused(&|entry| entry.header.recorded_at = Timestamp(1));
    assert_eq!(early, ApplyError::Time(position));
    let unlinked = refused(&|entry| entry.events_mut()[0].prev = None);
    assert_eq!(unlinked, ApplyError::Prev { position, index: 0 });
    assert_eq!(world.rebuilt().apply(&next.borrow()), Ok(()));
}

#[test]
fn damaged_snapshots_are_refused() {
    let mut world = World::new();
    let bytes = snapshot::encode(&mut world.engine, [7; 32], &KEY);
    assert!(snapshot::read(&Bytes::from(bytes.clone()), &KEY).is_ok());
    for at in (0..bytes.len()).step_by(11) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(snapshot::read(&Bytes::from(changed), &KEY).is_err(), "byte {at}");
    }
    for length in [0, 7, 31, 32, 60, bytes.len() - 1] {
        assert!(
            snapshot::read(&Bytes::copy_from_slice(&bytes[..length]), &KEY).is_err(),
            "{length} bytes"
        );
    }
}
