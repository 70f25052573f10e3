//! What a request weighs before it is decided, against the events that it then makes.

use crate::batches::{batch, plain, wish};
use crate::world::{SCOPE, World, intent};
use zentra_delivery::{DeliveryCommand, SecretChoice, default_policy};
use zentra_engine::{Command, NO_TERMS};
use zentra_events::event::{Capture, Event};
use zentra_events::{DeliveryId, Entry};
use zentra_ledger::LedgerCommand;
use zentra_testkit::{attempt, publish, request, scope, terms, transfer};

/// Endpoints that listen to everything.
const LISTEN: usize = 5;

/// The weight, and the entry that the command then makes.
fn weighed(world: &mut World, command: Command) -> (usize, Entry) {
    let request = request(SCOPE, "svc_runtime", command);
    (world.engine.weight(&request), world.must(request.command))
}

fn many(entry: &Entry) -> usize {
    let made =
        |event: &Event| matches!(event, Event::DeliveryQueued(_) | Event::DeliveryReplayed(_));
    entry.events().iter().filter(|recorded| made(&recorded.event)).count()
}

/// It weighs one more than the deliveries that it takes up.
fn exact(world: &mut World, command: Command) -> Entry {
    let (weight, entry) = weighed(world, command.clone());
    assert_eq!(weight, many(&entry) + 1, "{command:?}");
    entry
}

fn endpoint() -> Command {
    Command::Delivery(DeliveryCommand::CreateEndpoint {
        url: "https://example.com/".into(),
        filters: vec!["*".into()],
        secret: SecretChoice::Named { name: "one".into(), sealed_if_new: vec![1] },
        policy: default_policy(),
        description: String::new(),
    })
}

fn arrived(delivery: DeliveryId) -> Command {
    let attempt = attempt(1, 200);
    Command::Delivery(DeliveryCommand::AttemptFinished { delivery, attempt, retry_after: None })
}

#[test]
fn a_command_weighs_what_it_makes_for_those_who_listen() {
    let mut world = World::new();
    for _ in 1..LISTEN {
        // The new one is told of itself, too.
        let (weight, entry) = weighed(&mut world, endpoint());
        assert_eq!(weight, many(&entry));
    }
    let ledger = |command| Command::Ledger(command);
    let id = |id: &str| id.parse().unwrap();
    exact(&mut world, intent("settled", 5, Capture::Automatic));
    let (weight, entry) = weighed(&mut world, intent("held", 5, Capture::Manual));
    assert_eq!((weight, many(&entry)), (LISTEN + 1, 0), "it could find no route");
    let (amount, effective_at) = (None, None);
    let settle = LedgerCommand::SettleIntent { intent_id: id("held"), amount, effective_at };
    exact(&mut world, ledger(settle));
    let (reason, intent_id) = (String::new(), id("held"));
    exact(
        &mut world,
        ledger(LedgerCommand::ReverseIntent { intent_id, amount, reason, effective_at }),
    );
    let payout = LedgerCommand::PayoutIntent { intent_id: id("settled"), effective_at };
    exact(&mut world, ledger(payout));
    world.must(intent("voided", 5, Capture::Manual));
    let (reason, intent_id) = (String::new(), id("voided"));
    exact(&mut world, ledger(LedgerCommand::VoidIntent { intent_id, reason, effective_at }));
    let waits = LedgerCommand::AcceptIntent { intent_id: id("w"), digest: [1; 16], details: None };
    exact(&mut world, ledger(waits));
    let (weight, _) = weighed(&mut world, transfer("world", "customer_balance:b", 1));
    assert_eq!(weight, 3, "its lines");
    world.must(ledger(LedgerCommand::SetRoutes { routes: Vec::new() }));
    exact(&mut world, intent("no_route", 5, Capture::Automatic));

    let entry = exact(&mut world, publish());
    let queued = entry.events().iter().enumerate();
    let queued = queued.filter(|(_, one)| matches!(one.event, Event::DeliveryQueued(_)));
    let deliveries: Vec<DeliveryId> =
        queued.map(|(index, _)| DeliveryId::at(0, entry.header.position, index as u16)).collect();
    assert_eq!(deliveries.len(), LISTEN);
    for delivery in &deliveries[..3] {
        exact(&mut world, arrived(*delivery));
    }
    let (deliveries, filter) = (deliveries[..3].to_vec(), String::new());
    let replay = DeliveryCommand::Replay { deliveries, filter, reason: String::new() };
    let entry = exact(&mut world, Command::Delivery(replay));
    assert_eq!(many(&entry), 3);
    exact(&mut world, scope("another_scope"));
}

#[test]
fn a_batch_weighs_its_items_and_what_they_may_queue() {
    let world = World::new();
    let wishes =
        [wish("a", 1, false), wish("b", 1, false), wish("c", 1, true), wish("d", 1, false)];
    let mut asked = batch(plain(), &wishes);
    assert_eq!(world.engine.batch_weight(&asked), 4 + 4);
    asked.items[0].terms = NO_TERMS;
    assert_eq!(world.engine.batch_weight(&asked), 4 + 3);
    let held = batch(vec![terms(Capture::Manual, Vec::new())], &wishes);
    assert_eq!(world.engine.batch_weight(&held), 4);
}
