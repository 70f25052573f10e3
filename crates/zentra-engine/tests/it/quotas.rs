//! Each quota refuses what goes over it, before anything is recorded, and leaves the rest.

use crate::batches::plain;
use crate::world::{SCOPE, World, intent};
use zentra_delivery::DeliveryCommand;
use zentra_engine::{AccessCommand, Command, EntrySink, ItemOutcome, Outcome, Space};
use zentra_events::event::{
    Capture, Event, Floor, NormalSide, PolicyRuleV1, QuotaOverrideV1, role,
};
use zentra_events::{
    Amount, Code, DeliveryId, EndpointId, Entry, EntryRef, KeyId, Quota, Span, Timestamp,
};
use zentra_ledger::LedgerCommand;
use zentra_testkit::{PlainItem, attempt, endpoint, publish, transfer};

fn set(world: &mut World, quota: Quota, limit: u64) -> Entry {
    let overrides = vec![QuotaOverrideV1 { quota, limit }];
    world.must(Command::Access(AccessCommand::SetQuotas { scope: SCOPE, overrides }))
}

fn refused(outcome: Outcome) -> Code {
    match outcome {
        Outcome::Refused(refusal) => refusal.code,
        other => panic!("{other:?}"),
    }
}

fn account(code: &str, currency: &str) -> Command {
    Command::Ledger(LedgerCommand::OpenAccount {
        code: code.parse().unwrap(),
        currency: currency.parse().unwrap(),
        exponent: None,
        normal_side: NormalSide::Credit,
        floor: Floor::None,
        by_admin: true,
    })
}

fn key(hash: u8) -> Command {
    zentra_testkit::key("svc_runtime", [hash; 32], role::WRITER)
}

fn used(world: &World, quota: Quota) -> u64 {
    world.engine.quota_used(SCOPE, quota, Timestamp(world.now)).unwrap()
}

/// With the limit at what is used, the command is refused and leaves nothing, with a key neither;
/// with one more it is taken.
fn bounds(quota: Quota, more: u64, command: Command) {
    let mut world = World::new();
    world.must(key(200));
    let limit = used(&world, quota);
    set(&mut world, quota, limit + more - 1);
    let digests = world.engine.digests();
    assert_eq!(refused(world.ask(command.clone())), Code::QuotaExceeded, "{quota}");
    assert_eq!(refused(world.ask_with(command.clone(), Some((1, 1)))), Code::QuotaExceeded);
    assert_eq!(world.engine.digests(), digests, "{quota}: nothing is left behind");
    set(&mut world, quota, limit + more);
    world.must(command);
    assert_eq!(used(&world, quota), limit + more, "{quota}");
    assert_eq!(world.rebuilt().digests(), world.engine.digests());
}

#[test]
fn each_quota_bounds_what_is_counted_for_it() {
    bounds(Quota::Endpoints, 1, endpoint(&["order.paid"]));
    bounds(Quota::Filters, 3, endpoint(&["a.b", "a.c", "a.d"]));
    bounds(Quota::Secrets, 1, endpoint(&["order.paid"]));
    bounds(Quota::Accounts, 1, account("cash:1", "USD"));
    bounds(Quota::Currencies, 1, account("cash:2", "JPY"));
    bounds(Quota::Keys, 1, key(7));
    bounds(Quota::QueuedDeliveries, 1, publish());
}

#[test]
fn what_is_given_back_counts_no_more() {
    let mut world = World::new();
    let entry = world.must(key(3));
    let made = KeyId::at(0, entry.header.position, entry.events().len() as u16 - 1);
    assert_eq!(used(&world, Quota::Keys), 1);
    world.must(Command::Access(AccessCommand::RevokeKey { key: made }));
    assert_eq!(used(&world, Quota::Keys), 0);
    let entry = world.must(endpoint(&["order.paid"]));
    let index = entry
        .events()
        .iter()
        .position(|recorded| matches!(recorded.event, Event::EndpointCreated(_)))
        .unwrap();
    let held = used(&world, Quota::StateBytes);
    let endpoint = EndpointId::at(0, entry.header.position, index as u16);
    world.must(Command::Delivery(DeliveryCommand::DeleteEndpoint { endpoint }));
    assert_eq!(used(&world, Quota::Endpoints), 1);
    assert_eq!(used(&world, Quota::StateBytes), held, "a deleted endpoint still takes memory");
}

#[test]
fn keyed_refusals_are_bounded_by_keys_and_by_memory() {
    let mut world = World::new();
    set(&mut world, Quota::IdempotencyKeys, 2);
    let broke = || transfer("customer_balance:poor", "customer_balance:a", 5);
    for number in 0..2 {
        let outcome = world.ask_with(broke(), Some((number, 0)));
        assert!(matches!(outcome, Outcome::Entry(_)), "a keyed refusal is an entry");
    }
    let next = world.engine.next_position();
    assert_eq!(refused(world.ask_with(broke(), Some((2, 0)))), Code::QuotaExceeded);
    assert_eq!(world.engine.next_position(), next);
    let again = world.ask_with(broke(), Some((1, 0)));
    assert!(matches!(again, Outcome::Repeat(_)), "a key that was used is answered as before");

    set(&mut world, Quota::IdempotencyKeys, 1_000);
    world.engine.set_state_bytes_max(world.engine.state_bytes() + 60);
    let outcome = world.ask_with(broke(), Some((3, 0)));
    assert!(matches!(outcome, Outcome::Entry(_)), "a row has room");
    assert_eq!(refused(world.ask_with(broke(), Some((4, 0)))), Code::LimitReached);
    assert_eq!(refused(world.ask(publish())), Code::LimitReached);
    world.must(transfer("customer_balance:a", "world", 5));
}

#[test]
fn holds_and_counted_starts_are_counted_in_the_state() {
    let mut world = World::new();
    world.must(intent("first", 1, Capture::Manual));
    let added = |world: &mut World, id: &str| {
        let before = world.engine.state_bytes();
        world.must(intent(id, 1, Capture::Manual));
        world.engine.state_bytes() - before
    };
    let hold = added(&mut world, "hold");
    world.must(Command::Ledger(LedgerCommand::SetPolicy {
        rules: vec![PolicyRuleV1::Velocity {
            currency: "EUR".parse().unwrap(),
            window_ns: Span(1_000),
            count_max: 100,
            sum_max: Amount(100),
        }],
    }));
    let counted = added(&mut world, "counted");
    assert_eq!((hold, counted), (64 + 48, 64 + 48 + 40));
    assert_eq!(world.rebuilt().state_bytes(), world.engine.state_bytes());
}

#[test]
fn over_its_log_bytes_a_scope_records_only_what_must_be() {
    let mut world = World::new();
    let queued = queued(world.entries.last().unwrap());
    world.engine.logged(SCOPE, 500);
    set(&mut world, Quota::LogBytesPerDay, 500);
    assert_eq!(used(&world, Quota::LogBytesPerDay), 500);
    let Outcome::Refused(refusal) = world.ask(publish()) else { panic!() };
    assert_eq!(refusal.code, Code::QuotaExceeded);
    assert_eq!(refusal.retry_after_seconds, Some(86_400), "the day has just begun");
    assert_eq!(refused(world.ask_with(publish(), Some((1, 1)))), Code::QuotaExceeded);
    assert_eq!(refused(world.ask(intent("over", 1, Capture::Automatic))), Code::QuotaExceeded);
    world.must(finished(queued));
    // The next day counts from zero.
    world.now = 86_400 * 1_000_000_000;
    assert_eq!(used(&world, Quota::LogBytesPerDay), 0);
    world.must(publish());
}

#[test]
fn on_a_full_disk_only_outcomes_and_checkpoints_are_recorded() {
    let mut world = World::new();
    let queued = queued(world.entries.last().unwrap());
    let done = transfer("world", "customer_balance:a", 5);
    world.ask_with(done.clone(), Some((1, 1)));
    world.engine.set_space(Space::Low);
    assert_eq!(refused(world.ask(publish())), Code::StorageLow);
    assert_eq!(refused(world.ask(key(9))), Code::StorageLow);
    let Outcome::Refused(refusal) = world.ask_with(done.clone(), Some((2, 1))) else { panic!() };
    assert_eq!((refusal.code, refusal.retry_after_seconds.is_some()), (Code::StorageLow, true));
    assert!(matches!(world.ask_with(done, Some((1, 1))), Outcome::Repeat(_)));
    let (outcomes, entries) = batch(&mut world, 2, false);
    assert!(outcomes.iter().all(|one| code(one) == Some(Code::StorageLow)), "{outcomes:?}");
    assert_eq!(entries, 0);
    world.engine.set_space(Space::Full);
    assert_eq!(refused(world.ask(finished(queued))), Code::StorageLow, "a write would fail");
    world.engine.set_space(Space::ReadOnly);
    let Outcome::Refused(refusal) = world.ask(publish()) else { panic!() };
    assert_eq!((refusal.code, refusal.retry_after_seconds), (Code::ReadOnly, None));
    assert_eq!(refused(world.ask(finished(queued))), Code::ReadOnly, "outcomes neither");
    world.engine.set_space(Space::Low);
    world.must(finished(queued));
    world.engine.set_space(Space::Enough);
    world.must(publish());
}

/// What is full, and what it says.
type Full = (fn(&mut World), Code);

#[test]
fn what_was_done_before_is_answered_as_ever_where_nothing_new_is_taken() {
    let cases: [Full; 5] = [
        (|world| world.engine.set_space(Space::Low), Code::StorageLow),
        (|world| world.engine.set_space(Space::ReadOnly), Code::ReadOnly),
        (|world| world.engine.set_state_bytes_max(1), Code::LimitReached),
        (|world| drop(set(world, Quota::StateBytes, 1)), Code::QuotaExceeded),
        (
            |world| {
                world.engine.logged(SCOPE, 500);
                set(world, Quota::LogBytesPerDay, 500);
            },
            Code::QuotaExceeded,
        ),
    ];
    for (fill, code) in cases {
        let mut world = World::new();
        world.must(transfer("world", "customer_balance:a", 50));
        let taken = intent("taken", 1, Capture::Automatic);
        let position = world.must(taken.clone()).header.position;
        fill(&mut world);
        let digests = world.engine.digests();
        for key in [None, Some((1, 1))] {
            let again = world.ask_with(taken.clone(), key);
            assert_eq!(again, Outcome::Repeat(position), "{code}");
            let other = world.ask_with(intent("taken", 2, Capture::Automatic), key);
            assert_eq!(refused(other), Code::IntentIdReused, "{code}");
            let settle = LedgerCommand::SettleIntent {
                intent_id: "taken".parse().unwrap(),
                amount: None,
                effective_at: None,
            };
            let settled = world.ask_with(Command::Ledger(settle), key);
            assert_eq!(refused(settled), Code::InvalidIntentState, "{code}");
            let new = world.ask_with(intent("new", 1, Capture::Automatic), key);
            assert_eq!(refused(new), code);
        }
        assert_eq!(world.engine.digests(), digests, "{code}: nothing is recorded");
    }
}

#[test]
fn an_endpoint_that_hears_of_its_own_creation_is_counted() {
    // The one that the world has hears of it, too.
    bounds(Quota::QueuedDeliveries, 2, endpoint(&["webhook.*"]));
    let mut world = World::new();
    set(&mut world, Quota::FanOut, 1);
    assert_eq!(refused(world.ask(endpoint(&["*"]))), Code::QuotaExceeded, "two would hear");
    world.must(endpoint(&["order.paid"]));
}

#[test]
fn a_batch_is_bounded_by_what_it_fans_out() {
    let mut world = World::new();
    world.must(endpoint(&["transfer.settled"]));
    set(&mut world, Quota::FanOut, 5);
    let (outcomes, entries) = batch(&mut world, 3, false);
    assert!(outcomes.iter().all(|one| code(one) == Some(Code::QuotaExceeded)), "{outcomes:?}");
    assert_eq!(entries, 0, "three items to two endpoints are six");
    let (outcomes, entries) = batch(&mut world, 2, false);
    assert!(outcomes.iter().all(|one| code(one).is_none()), "{outcomes:?}");
    assert_eq!(entries, 2);
}

#[test]
fn a_linked_group_has_room_as_a_whole_or_is_refused_as_a_whole() {
    for quota in [Quota::Accounts, Quota::StateBytes, Quota::QueuedDeliveries] {
        let mut world = World::new();
        // Each item opens the account of its source; two more are the system's.
        for limit in used(&world, quota).. {
            set(&mut world, quota, limit);
            let digests = world.engine.digests();
            let (outcomes, entries) = batch(&mut world, 3, true);
            if entries == 0 {
                assert_eq!(code(&outcomes[0]), Some(Code::QuotaExceeded), "{outcomes:?}");
                assert_eq!(world.engine.digests(), digests);
                continue;
            }
            assert_eq!(entries, 3, "{quota}");
            assert!(outcomes.iter().all(|one| code(one).is_none()), "{outcomes:?}");
            assert_eq!(used(&world, quota), limit, "{quota}: it fits exactly");
            break;
        }
    }
}

fn queued(entry: &Entry) -> DeliveryId {
    let index = entry.events().len() as u16 - 1;
    DeliveryId::at(0, entry.header.position, index)
}

fn finished(delivery: DeliveryId) -> Command {
    Command::Delivery(DeliveryCommand::AttemptFinished {
        delivery,
        attempt: attempt(1, 200),
        retry_after: None,
    })
}

/// Entries that a batch made, one by one.
struct Counted(Vec<Entry>);

impl EntrySink for Counted {
    fn entry(&mut self, entry: EntryRef<'_>) {
        assert!(!entry.is_compact(), "an endpoint listens, so nothing takes the fast path");
        self.0.push(entry.into_entry());
    }
    fn group_starts(&mut self) {}
    fn group_ends(&mut self) {}
}

/// The outcomes of a batch of so many intents, each to an account of its own, and how many entries
/// it made.
fn batch(world: &mut World, items: u8, linked: bool) -> (Vec<ItemOutcome>, usize) {
    let wish = |number| {
        let (id, destination) = (format!("item_{number}"), format!("merchant_balance:{number}"));
        let linked = linked && number + 1 < items;
        PlainItem { linked, ..PlainItem::new(id, 1, "customer_balance:a", &destination) }
    };
    let wishes: Vec<PlainItem> = (0..items).map(wish).collect();
    let asked = zentra_testkit::batch(SCOPE, plain(), &wishes);
    world.now += 7;
    let mut sink = Counted(Vec::new());
    let outcomes = world.engine.handle_batch(Timestamp(world.now), &asked, &mut sink);
    (outcomes, sink.0.len())
}

fn code(outcome: &ItemOutcome) -> Option<Code> {
    match outcome {
        ItemOutcome::Refused(refusal) | ItemOutcome::Rejected(_, refusal) => Some(refusal.code),
        ItemOutcome::Created(_) | ItemOutcome::Replayed(..) => None,
    }
}
