//! What the engine answers, and what it records.

use crate::world::{SCOPE, World, intent};
use zentra_delivery::DeliveryCommand;
use zentra_engine::{Command, Outcome, SealCommand};
use zentra_events::event::Capture;
use zentra_events::{Code, Event, Position, Timestamp};
use zentra_ledger::{LastLeg, LedgerCommand, LegsAt};
use zentra_testkit::transfer;

fn types(outcome: &Outcome) -> Vec<&'static str> {
    match outcome {
        Outcome::Entry(entry) => entry.events().iter().map(|r| r.event.type_name()).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_automatic_intent_runs_in_one_entry_and_queues_its_deliveries() {
    let mut world = World::new();
    let outcome = world.ask(intent("intent_042", 125_000, Capture::Automatic));
    let found = types(&outcome);
    for expected in [
        "intent.accepted",
        "intent.controlled",
        "ledger.posted",
        "intent.routed",
        "event.published",
        "event.delivery.queued",
    ] {
        assert!(found.contains(&expected), "{expected} in {found:?}");
    }
    assert_eq!(found.iter().filter(|name| **name == "ledger.posted").count(), 2);
    assert_eq!(found.last(), Some(&"event.delivery.queued"));
}

#[test]
fn an_endpoint_receives_the_event_of_its_own_creation() {
    let world = World::new();
    let created = world.entries.last().unwrap();
    let names: Vec<_> = created.events().iter().map(|r| r.event.type_name()).collect();
    assert_eq!(names.last(), Some(&"event.delivery.queued"), "{names:?}");
}

#[test]
fn the_same_key_gets_the_same_answer_and_another_body_is_refused() {
    let mut world = World::new();
    let command = || transfer("world", "customer_balance:a", 5);
    let Outcome::Entry(first) = world.ask_with(command(), Some((1, 1))) else { panic!() };
    let again = world.ask_with(command(), Some((1, 1)));
    assert_eq!(again, Outcome::Repeat(first.header.position));
    let Outcome::Refused(refusal) = world.ask_with(command(), Some((1, 2))) else { panic!() };
    assert_eq!(refusal.code, Code::IdempotencyKeyReused);
    assert_eq!(world.rebuilt().next_position(), first.header.position.next());
}

#[test]
fn a_refusal_with_a_key_is_recorded_and_without_one_leaves_nothing() {
    let mut world = World::new();
    let next = world.engine.next_position();
    let broke = || transfer("customer_balance:poor", "customer_balance:a", 5);
    let Outcome::Refused(refusal) = world.ask(broke()) else { panic!() };
    assert_eq!(refusal.code, Code::InsufficientFunds);
    assert_eq!(world.engine.next_position(), next);
    let Outcome::Entry(entry) = world.ask_with(broke(), Some((3, 3))) else { panic!() };
    let Event::CommandRefused(recorded) = &entry.events().last().unwrap().event else { panic!() };
    assert_eq!(recorded.code, Code::InsufficientFunds);
    world.must(transfer("world", "customer_balance:poor", 50));
    let again = world.ask_with(broke(), Some((3, 3)));
    assert_eq!(again, Outcome::Repeat(entry.header.position), "also when it would pass by now");
}

#[test]
fn a_refusal_that_time_heals_is_not_the_answer_of_a_key() {
    let mut world = World::new();
    let held = world.must(intent("held", 10, Capture::Manual));
    let settle = |after| {
        Command::Ledger(LedgerCommand::SettleIntent {
            intent_id: "held".parse().unwrap(),
            amount: None,
            effective_at: Some(LegsAt { at: Timestamp(u64::MAX), after }),
        })
    };
    let (next, key) = (world.engine.next_position(), Some((4, 4)));
    let Outcome::Refused(refusal) = world.ask_with(settle(None), key) else { panic!() };
    assert_eq!((refusal.code, refusal.retry_after_seconds), (Code::Overloaded, Some(1)));
    assert_eq!(world.engine.next_position(), next);
    let (position, effective_at) = (held.header.position, held.header.recorded_at);
    let read = Some(LastLeg { position, effective_at });
    let Outcome::Entry(settled) = world.ask_with(settle(read), key) else { panic!() };
    assert_eq!(world.ask_with(settle(None), key), Outcome::Repeat(settled.header.position));
}

#[test]
fn recorded_times_are_whole_microseconds_and_never_go_back() {
    let mut world = World::new();
    let made = world.entries.len();
    for now in [7_990, 0, 7_001, 8_000, 12_345] {
        world.now = now;
        world.must(transfer("world", "customer_balance:a", 1));
    }
    let times: Vec<_> = world.entries[made..].iter().map(|e| e.header.recorded_at.0).collect();
    assert_eq!(times, [7_000, 7_000, 7_000, 8_000, 12_000]);
}

#[test]
fn events_point_back_along_their_streams() {
    let mut world = World::new();
    let accepted = world.must(intent("held", 10, Capture::Manual));
    world.must(transfer("world", "customer_balance:a", 1));
    let void = LedgerCommand::VoidIntent {
        intent_id: "held".parse().unwrap(),
        reason: "x".into(),
        effective_at: None,
    };
    let voided = world.must(Command::Ledger(void));
    assert_eq!(voided.events()[0].prev, Some(accepted.header.position));
    assert!(voided.events()[1..].iter().all(
        |recorded| recorded.prev.is_none() || matches!(recorded.event, Event::AccountOpened(_))
    ));
}

#[test]
fn the_rules_of_a_scope_are_one_stream() {
    let mut world = World::new();
    let policy = || Command::Ledger(LedgerCommand::SetPolicy { rules: Vec::new() });
    let first = world.must(policy());
    assert_eq!(first.events()[0].prev, None);
    world.must(transfer("world", "customer_balance:a", 1));
    let second = world.must(policy());
    assert_eq!(second.events()[0].prev, Some(first.header.position));
    assert_eq!(world.rebuilt().digests(), world.engine.digests());
}

#[test]
fn a_checkpoint_never_shrinks_nor_covers_what_is_not_there() {
    let mut world = World::new();
    let seal = |tree_size| {
        let command = SealCommand { tree_size, root: [1; 32], note: "n".into() };
        Command::Seal(command)
    };
    assert!(matches!(world.ask(seal(100)), Outcome::Refused(_)));
    world.must(seal(2));
    assert!(matches!(world.ask(seal(2)), Outcome::Refused(_)));
    assert!(matches!(world.ask(seal(1)), Outcome::Refused(_)));
    assert_eq!(world.engine.sealed(SCOPE).unwrap().tree_size, 2);
}

#[test]
fn a_replay_names_no_ledger_event() {
    let mut world = World::new();
    let settled = world.must(intent("intent_1", 10, Capture::Automatic));
    let index = settled.events().len() as u16 - 1;
    let delivery = zentra_events::DeliveryId::at(0, settled.header.position, index);
    let balances = |world: &World| world.engine.digests().into_iter().find(|d| d.0 == "balances");
    let before = balances(&world).map(|(_, digest)| digest);
    let position = world.engine.next_position();
    let replay = DeliveryCommand::Replay {
        deliveries: vec![delivery],
        filter: "{}".into(),
        reason: "again".into(),
    };
    // It is pending, so there is nothing to replay; either way no money moves.
    assert!(matches!(world.ask(Command::Delivery(replay)), Outcome::Refused(_)));
    assert_eq!(world.engine.next_position(), position);
    assert_eq!(balances(&world).map(|(_, digest)| digest), before);
    assert_ne!(position, Position::ZERO);
}
