//! A log whose sums are right and whose facts are wrong: what is told is an error with a position,
//! never a panic, and what is let in decides on.
//!
//! Entries of a full life are changed (a field to another or a wild value, an event or an entry
//! dropped, doubled or moved) and folded. Bytes are changed where the codec still reads them.

use crate::world::{World, intent};
use std::panic::{AssertUnwindSafe, catch_unwind};
use zentra_delivery::DeliveryCommand;
use zentra_engine::{AccessCommand, Command, Engine, NewKey, Outcome, SealCommand};
use zentra_events::codec::CODEC;
use zentra_events::event::{AccountStatus, Capture, PolicyRuleV1, RouteV1};
use zentra_events::frame::decode_entry;
use zentra_events::frame_builder::frame_of;
use zentra_events::{
    ActorNo, Amount, BodyRef, DeliveryId, EndpointId, Entry, EntryRef, Event, Header, IntentNo,
    KeyId, Position, ScopeNo, ScopeNumber, SettledTransfer, Span, Timestamp,
};
use zentra_ledger::{IntentRequest, LedgerCommand};
use zentra_testkit::{fund, request, scope, transfer};

/// Changed logs of each kind.
const CHANGED: u64 = 2_500;

/// SplitMix64: the same changes each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// A number that a forger would write: small, near another, or at the end of its type.
    fn wild(&mut self, was: u64) -> u64 {
        match self.below(8) {
            0 => 0,
            1 => u64::MAX,
            2 => was.wrapping_add(1),
            3 => was.wrapping_sub(1),
            4 => u64::from(u32::MAX),
            5 => 1 << 48,
            6 => self.below(64) as u64,
            _ => self.next(),
        }
    }
}

fn ledger(command: LedgerCommand) -> Command {
    Command::Ledger(command)
}

fn manual(id: u32) -> LedgerCommand {
    let Command::Ledger(command) = intent(&format!("held_{id}"), 900, Capture::Manual) else {
        unreachable!("an intent is a command of the ledger")
    };
    command
}

/// An entry of every kind that the engine makes.
fn life() -> World {
    let mut world = World::new();
    let eur = "EUR".parse().unwrap();
    world.ask(transfer("world", "merchant_balance:b", 5_000));
    world.ask(ledger(LedgerCommand::SetPolicy {
        rules: vec![
            PolicyRuleV1::LimitCheck { currency: eur, amount_max: Amount(50_000) },
            PolicyRuleV1::Velocity {
                currency: eur,
                window_ns: Span::seconds(9),
                count_max: 900,
                sum_max: Amount(900_000),
            },
        ],
    }));
    world.ask(ledger(LedgerCommand::SetRoutes {
        routes: vec![RouteV1 {
            id: "fast".into(),
            corridor: "domestic".into(),
            currency: eur,
            rail: "sepa".into(),
            amount_min: Amount(1),
            amount_max: Amount(20_000),
            priority: 1,
            enabled: true,
        }],
    }));
    world.ask(ledger(LedgerCommand::SetChart {
        templates: world.engine.ledger().chart(ScopeNo(0)).templates.clone(),
    }));
    for number in 0..12_u8 {
        world
            .ask_with(intent(&format!("auto_{number}"), 40, Capture::Automatic), Some((number, 1)));
    }
    world.ask(intent("no_route", 30_000, Capture::Automatic));
    world.ask(intent("too_much", 90_000, Capture::Automatic));
    for number in 0..6 {
        world.ask(ledger(manual(number)));
    }
    holds(&mut world);
    deliveries(&mut world);
    access(&mut world);
    // Marks: an account is marked after so many postings.
    for number in 0..70 {
        world.ask(transfer("world", "customer_balance:a", 10 + number));
    }
    world
}

fn holds(world: &mut World) {
    let id = |text: &str| text.parse().unwrap();
    let reason = || "because".to_owned();
    let part = Some(Amount(300));
    for (number, amount) in [(0, None), (1, part), (2, None)] {
        let intent_id = id(&format!("held_{number}"));
        world.ask(ledger(LedgerCommand::SettleIntent { intent_id, amount, effective_at: None }));
    }
    world.ask(ledger(LedgerCommand::VoidIntent {
        intent_id: id("held_3"),
        reason: reason(),
        effective_at: None,
    }));
    for (number, amount) in [(0, Some(Amount(100))), (0, None), (1, Some(Amount(50)))] {
        let intent_id = id(&format!("held_{number}"));
        world.ask(ledger(LedgerCommand::ReverseIntent {
            intent_id,
            amount,
            reason: reason(),
            effective_at: None,
        }));
    }
    world.ask(ledger(LedgerCommand::PayoutIntent { intent_id: id("held_2"), effective_at: None }));
    let LedgerCommand::AcceptIntent { details: Some(details), .. } = manual(9) else {
        unreachable!("it is made with details")
    };
    let waits = || id("waits");
    world.ask(ledger(LedgerCommand::AcceptIntent {
        intent_id: waits(),
        digest: [1; 16],
        details: None,
    }));
    let details = IntentRequest { metadata: vec![("a".into(), "b".into())], ..details };
    let digest = [2; 16];
    world.ask(ledger(LedgerCommand::ConfirmIntent { intent_id: waits(), digest, details }));
    for status in [AccountStatus::Frozen, AccountStatus::Open] {
        let code = "merchant_balance:b".parse().unwrap();
        let change =
            LedgerCommand::SetAccountStatus { code, status, reason: reason(), by_admin: true };
        world.ask(ledger(change));
    }
}

fn attempt(number: u32, status: u16, delivery: DeliveryId) -> Command {
    let attempt = zentra_testkit::attempt(number, status);
    Command::Delivery(DeliveryCommand::AttemptFinished { delivery, attempt, retry_after: None })
}

fn deliveries(world: &mut World) {
    let mut queued = Vec::new();
    let mut endpoint = None;
    for entry in &world.entries {
        for (index, recorded) in entry.events().iter().enumerate() {
            let (at, index) = (entry.header.position, index as u16);
            match &recorded.event {
                Event::DeliveryQueued(_) => queued.push(DeliveryId::at(0, at, index)),
                Event::EndpointCreated(_) => endpoint = Some(EndpointId::at(0, at, index)),
                _ => {}
            }
        }
    }
    let endpoint = endpoint.unwrap();
    world.ask(attempt(1, 200, queued[0]));
    for number in 1..=10 {
        world.ask(attempt(number, 500, queued[1]));
    }
    for delivery in &queued[2..6] {
        world.ask(attempt(1, 503, *delivery));
    }
    let (filter, reason) = ("{}".to_owned(), "again".to_owned());
    let replayed = vec![queued[0]];
    let delivery = |command| Command::Delivery(command);
    world.ask(delivery(DeliveryCommand::Replay { deliveries: replayed, filter, reason }));
    let reason = "settled by hand".to_owned();
    world.ask(delivery(DeliveryCommand::ResolveDelivery { delivery: queued[1], reason }));
    let overlap = Span::seconds(60);
    world.ask(delivery(DeliveryCommand::RotateSecret { endpoint, sealed: vec![4; 9], overlap }));
    world.ask(delivery(DeliveryCommand::EndSecretVersion { endpoint, version: 1 }));
    let (made_due, reason) = (queued[2], "mended".to_owned());
    world.ask(delivery(DeliveryCommand::Resend { delivery: made_due, reason }));
    world.ask(delivery(DeliveryCommand::DisableEndpoint { endpoint }));
    world.ask(delivery(DeliveryCommand::EnableEndpoint { endpoint }));
    let event_type = "order.placed".parse().unwrap();
    world.ask(delivery(DeliveryCommand::Publish { event_type, data: "{\"a\":1}".into() }));
}

fn access(world: &mut World) {
    let key = NewKey {
        actor: "svc_other".parse().unwrap(),
        hash: [7; 32],
        roles: 1,
        label: "other".into(),
    };
    world.ask(Command::Access(AccessCommand::CreateKey(key)));
    let at = world.entries.last().unwrap().header.position;
    world.ask(Command::Access(AccessCommand::RevokeKey { key: KeyId::at(0, at, 1) }));
    let name = "second_scope".parse().unwrap();
    world.ask(Command::Access(AccessCommand::CreateScope { name, key: None }));
    for tree_size in [3, 20] {
        let note = "note".to_owned();
        world.ask(Command::Seal(SealCommand { tree_size, root: [1; 32], note }));
    }
}

/// Folds a changed log. What is refused says where; what is let in decides on, whatever is asked.
fn settle(name: &str, seed: u64, entries: &[Entry]) -> bool {
    let folded = catch_unwind(AssertUnwindSafe(|| {
        let mut engine = Engine::new(0);
        for (index, entry) in entries.iter().enumerate() {
            if let Err(error) = engine.apply(&entry.borrow()) {
                let said = error.to_string();
                assert!(said.contains("position"), "{said}");
                assert!(engine.next_position() <= Position(index as u64), "{said}");
                return false;
            }
        }
        if engine.index(1).is_err() {
            return false;
        }
        decide_on(&mut engine);
        engine.digests();
        // Its sums may be those of another life; to add them up must not fail.
        let _other = engine.ledger().verify_conservation().is_err();
        true
    }));
    folded.unwrap_or_else(|_| panic!("{name}, seed {seed}: the fold, or what it let in, panicked"))
}

/// Asks everything that moves what is there.
fn decide_on(engine: &mut Engine) {
    let ids = (0..6).map(|number| format!("held_{number}")).chain(["waits".to_owned()]);
    let mut commands = vec![transfer("world", "customer_balance:a", 5)];
    for id in ids {
        let intent_id = || id.parse().unwrap();
        let (amount, reason) = (None, String::new());
        commands.extend([
            ledger(LedgerCommand::SettleIntent {
                intent_id: intent_id(),
                amount,
                effective_at: None,
            }),
            ledger(LedgerCommand::VoidIntent {
                intent_id: intent_id(),
                reason: reason.clone(),
                effective_at: None,
            }),
            ledger(LedgerCommand::ReverseIntent {
                intent_id: intent_id(),
                amount,
                reason,
                effective_at: None,
            }),
            ledger(LedgerCommand::PayoutIntent { intent_id: intent_id(), effective_at: None }),
        ]);
    }
    commands.push(intent("new", 40, Capture::Automatic));
    for command in commands {
        let request = request(ScopeNo(0), "svc_runtime", command);
        engine.handle(Timestamp(u64::MAX / 2), &request);
    }
}

/// Changes entries as whole values.
fn change(random: &mut Random, entries: &mut Vec<Entry>) {
    let at = random.below(entries.len());
    let other = random.below(entries.len());
    let (answered, taken) = (entries[other].header, entries[other].events().to_vec());
    let entry = &mut entries[at];
    let event = random.below(entry.events().len());
    match random.below(14) {
        0 => {
            entries.remove(at);
        }
        1 => entries.insert(at, entries[other].clone()),
        2 => entries.swap(at, other),
        3 => {
            entry.events_mut().remove(event);
        }
        4 => {
            let doubled = entry.events()[event].clone();
            entry.events_mut().insert(event, doubled);
        }
        5 => {
            let with = random.below(entry.events().len());
            entry.events_mut().swap(event, with);
        }
        6 => {
            let from = random.below(taken.len());
            entry.events_mut().insert(event, taken[from].clone());
        }
        7 => entry.header.scope = ScopeNo(random.wild(0) as u32),
        8 => entry.header.actor = ActorNo(random.wild(0) as u32),
        9 => {
            entry.header.scope_number = ScopeNumber(random.wild(entry.header.scope_number.0));
        }
        10 => entry.header.recorded_at = Timestamp(random.wild(entry.header.recorded_at.0)),
        11 => entry.header.cause = Some(Position(random.wild(at as u64))),
        12 => entry.header.idempotency = answered.idempotency,
        _ => entry.events_mut()[event].prev = Some(Position(random.wild(at as u64))),
    }
}

#[test]
fn changed_entries_are_errors_or_a_state_that_decides_on() {
    let entries = life().entries;
    assert!(settle("unchanged", 0, &entries));
    let mut refused = 0;
    for seed in 0..CHANGED {
        let (mut random, mut changed) = (Random(seed), entries.clone());
        change(&mut random, &mut changed);
        refused += u64::from(!settle("entries", seed, &changed));
    }
    assert!(refused > CHANGED / 2, "{refused} of {CHANGED} were refused");
}

#[test]
fn changed_bytes_under_right_sums_are_errors_or_a_state_that_decides_on() {
    let entries = life().entries;
    let (mut read, mut refused) = (0, 0);
    for seed in 0..2 * CHANGED {
        let mut random = Random(seed ^ 0x5eed);
        let at = random.below(entries.len());
        let frame = frame_of([&entries[at]]).unwrap();
        let (mut shared, mut payload) = (frame.shared, frame.payloads);
        let target = if random.below(12) == 0 { &mut shared } else { &mut payload };
        let width = [1, 2, 4, 8, 16][random.below(5)].min(target.len());
        let from = random.below(target.len() - width + 1);
        let mut was = [0; 8];
        was[..width.min(8)].copy_from_slice(&target[from..from + width.min(8)]);
        let wild = u128::from(random.wild(u64::from_le_bytes(was))).to_le_bytes();
        target[from..from + width].copy_from_slice(&wild[..width]);
        let Ok(entry) = decode_entry(CODEC, entries[at].header.position, &shared, &payload) else {
            continue;
        };
        read += 1;
        let mut changed = entries.clone();
        changed[at] = entry;
        refused += u64::from(!settle("bytes", seed, &changed));
    }
    assert!(read > CHANGED / 2 && refused > read / 4, "{read} were read, {refused} refused");
}

#[test]
fn changed_settled_transfers_are_errors_or_a_state_that_decides_on() {
    let (entries, made) = fast_life();
    assert!(settle_compact(0, &entries, &made), "unchanged");
    let mut refused = 0;
    for seed in 0..CHANGED {
        let (mut random, mut changed) = (Random(seed ^ 0x0dd), made.clone());
        let at = random.below(changed.len());
        change_compact(&mut random, &mut changed, at);
        refused += u64::from(!settle_compact(seed, &entries, &changed));
    }
    assert!(refused > CHANGED / 2, "{refused} of {CHANGED} were refused");
}

/// A header and the settled transfer of its entry.
type Made = (Header, SettledTransfer);

/// Entries, and the compact ones that follow them.
fn fast_life() -> (Vec<Entry>, Vec<Made>) {
    let mut engine = Engine::new(0);
    let (mut entries, mut made) = (Vec::new(), Vec::new());
    let commands = [scope("workspace_scope"), fund("customer_balance:a")];
    let intents = (0..80).map(|id| intent(&format!("i{id}"), 7, Capture::Automatic));
    for (now, command) in commands.into_iter().chain(intents).enumerate() {
        let request = request(ScopeNo(0), "svc_runtime", command);
        match engine.handle(Timestamp(1_000 + now as u64), &request) {
            Outcome::Entry(entry) => match entry.settled() {
                Some(transfer) => made.push((entry.header, transfer.clone())),
                None => entries.push(entry),
            },
            other => panic!("{other:?}"),
        }
    }
    assert!(entries.len() == 3 && made.len() == 79, "{} are compact", made.len());
    (entries, made)
}

fn change_compact(random: &mut Random, made: &mut Vec<Made>, at: usize) {
    let other = random.below(made.len());
    let taken = made[other].clone();
    let marks = made.iter().find_map(|(_, transfer)| transfer.marks.first().cloned());
    let (header, transfer) = &mut made[at];
    let facts = &mut transfer.facts;
    match random.below(15) {
        0 => {
            made.remove(at);
        }
        1 => made.insert(at, taken),
        2 => made.swap(at, other),
        3 => facts.intent = IntentNo(random.wild(facts.intent.0)),
        4 => facts.amount = Amount(u128::from(random.wild(7)) << random.below(70)),
        5 => facts.source.0 = random.wild(0) as u32,
        6 => facts.destination.0 = random.wild(0) as u32,
        7 => facts.source_prev = Position(random.wild(at as u64)),
        8 => facts.reserved_prev = Position(random.wild(at as u64)),
        9 => facts.settlement_prev = Position(random.wild(at as u64)),
        10 => {
            let mut terms = transfer.terms.as_ref().clone();
            let wild = random.wild(0) as u32;
            match random.below(3) {
                0 => terms.reserved.0 = wild,
                1 => terms.settlement.0 = wild,
                _ => terms.currency = "USD".parse().unwrap(),
            }
            transfer.terms = terms.into();
        }
        11 => header.scope = ScopeNo(random.wild(0) as u32),
        12 => header.actor = ActorNo(random.wild(1) as u32),
        13 => transfer.intent_id = taken.1.intent_id,
        _ => transfer.marks = marks.into_iter().collect(),
    }
}

fn settle_compact(seed: u64, entries: &[Entry], made: &[Made]) -> bool {
    let folded = catch_unwind(AssertUnwindSafe(|| {
        let mut engine = Engine::new(0);
        for entry in entries {
            engine.apply(&entry.borrow()).unwrap();
        }
        for (header, transfer) in made {
            let entry = EntryRef { header, body: BodyRef::Settled(transfer.borrow()) };
            if engine.apply(&entry).is_err() {
                return false;
            }
        }
        if engine.index(1).is_err() {
            return false;
        }
        decide_on(&mut engine);
        engine.digests();
        true
    }));
    folded.unwrap_or_else(|_| panic!("seed {seed}: the fold, or what it let in, panicked"))
}
