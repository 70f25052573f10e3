//! Random lives of several scopes: a list or a balance that is ahead of the store shows what the
//! store will.

use crate::as_of::{Totals, posted};
use crate::dated::Dated;
use crate::lives::last_leg;
use crate::{ListKind, Page, ReadOutcome, RowFilter, Rows, ViewError, Views};
use proptest::prelude::*;
use tempfile::TempDir;
use zentra_delivery::{DeliveryCommand, SecretChoice, default_policy};
use zentra_engine::{AccessCommand, Command};
use zentra_env::Env;
use zentra_events::event::{AttemptResult, AttemptV1, Capture};
use zentra_events::frame_builder::FrameBuilder;
use zentra_events::{
    AccountNo, DeliveryId, EndpointId, Event, EventId, IntentId, Position, ScopeNo, Span, Timestamp,
};
use zentra_ledger::{LedgerCommand, LegsAt};
use zentra_log::LogWriter;
use zentra_runtime::{LogAccess, Tailed};
use zentra_testkit::made::{Made, fund, intent};
use zentra_testkit::memory_log;

const SCOPES: u32 = 3;
const KINDS: [ListKind; 6] = [
    ListKind::Accounts,
    ListKind::Intents,
    ListKind::Events,
    ListKind::Deliveries,
    ListKind::DeadLetters,
    ListKind::Replays,
];

#[derive(Clone, Debug)]
enum Step {
    Endpoint,
    Publish,
    Switch { endpoint: prop::sample::Index, on: bool },
    Attempt { delivery: prop::sample::Index, status: u16 },
    Replay(prop::sample::Index),
    Intent { manual: bool, at: Option<Timestamp> },
    Settle { intent: prop::sample::Index, at: Option<Timestamp> },
    Reverse { intent: prop::sample::Index, at: Option<Timestamp> },
}

/// Before everything, while it is recorded, and after.
const TIMES: [u64; 6] = [0, 500_000, 1_010_000, 1_030_000, 1_200_000, 1 << 40];

/// What happens, in which scope, and after it: how much the store folds, and whether it is read.
#[derive(Clone, Debug)]
struct Turn {
    scope: u32,
    step: Step,
    folded: Option<prop::sample::Index>,
    read: bool,
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let index = any::<prop::sample::Index>;
    let at = || prop::option::of(prop::sample::select(TIMES.map(Timestamp).to_vec()));
    let step = prop_oneof![
        1 => Just(Step::Endpoint),
        3 => Just(Step::Publish),
        1 => (index(), any::<bool>()).prop_map(|(endpoint, on)| Step::Switch { endpoint, on }),
        3 => (index(), prop::sample::select(vec![200, 410, 500]))
            .prop_map(|(delivery, status)| Step::Attempt { delivery, status }),
        1 => index().prop_map(Step::Replay),
        3 => (any::<bool>(), at()).prop_map(|(manual, at)| Step::Intent { manual, at }),
        1 => (index(), at()).prop_map(|(intent, at)| Step::Settle { intent, at }),
        1 => (index(), at()).prop_map(|(intent, at)| Step::Reverse { intent, at }),
    ];
    let folded = prop::option::weighted(0.2, index());
    let turn = (0..SCOPES, step, folded, any::<bool>());
    let turn = turn.prop_map(|(scope, step, folded, read)| Turn { scope, step, folded, read });
    prop::collection::vec(turn, 1..60)
}

struct World {
    made: Made,
    store: Box<dyn LogWriter>,
    log: LogAccess,
    tail: Tailed,
    /// Folded now and then.
    behind: Views,
    reached: usize,
    /// Folded all the time.
    up: Views,
    written: usize,
    _folders: [TempDir; 2],
}

impl World {
    fn new() -> World {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [behind, up] = [0, 1].map(|at: usize| Views::of_nothing(folders[at].path()));
        let store = memory_log();
        let log = LogAccess::new(&Env::for_tests(), store.reader());
        let mut world = World {
            made: Made::default(),
            store,
            log,
            tail: Tailed::default(),
            behind,
            reached: 0,
            up,
            written: 0,
            _folders: folders,
        };
        for scope in 0..SCOPES {
            let name = format!("scope_{scope}").parse().unwrap();
            world.made.scope = ScopeNo(0);
            world.ask(Command::Access(AccessCommand::CreateScope { name, key: None }));
            world.made.scope = ScopeNo(scope);
            world.ask(fund());
        }
        world.write();
        world
    }

    fn ask(&mut self, command: Command) {
        let now = Timestamp(1_000 * (1_000 + self.made.entries.len() as u64));
        // What is refused changes nothing.
        let _refused = self.made.try_to(now, command);
    }

    fn events<T>(&self, pick: impl Fn(&Event, Position, u16) -> Option<T>) -> Vec<T> {
        let own = self.made.entries.iter().filter(|one| one.header.scope == self.made.scope);
        let events = own.flat_map(|entry| {
            let position = entry.header.position;
            let numbered = entry.events().iter().enumerate();
            numbered.map(move |(index, one)| (&one.event, position, index as u16))
        });
        events.filter_map(|(event, position, index)| pick(event, position, index)).collect()
    }

    fn deliveries(&self) -> Vec<DeliveryId> {
        self.events(|event, position, index| {
            matches!(event, Event::DeliveryQueued(_)).then(|| DeliveryId::at(0, position, index))
        })
    }

    fn step(&mut self, turn: &Turn) {
        self.made.scope = ScopeNo(turn.scope);
        let begun = self.events(|event, _, _| match event {
            Event::IntentAccepted(accepted) => Some(accepted.intent_id.clone()),
            _ => None,
        });
        let picked = |index: &prop::sample::Index| {
            let intent_id = (!begun.is_empty()).then(|| index.get(&begun).clone());
            intent_id.unwrap_or_else(|| "none".parse().unwrap())
        };
        let command = match &turn.step {
            Step::Intent { manual, at } => {
                let capture = if *manual { Capture::Manual } else { Capture::Automatic };
                intent(self.made.entries.len(), 5, capture, *at)
            }
            Step::Settle { intent, at } => {
                let (intent_id, amount) = (picked(intent), None);
                let effective_at = self.legs_at(&intent_id, *at);
                Command::Ledger(LedgerCommand::SettleIntent { intent_id, amount, effective_at })
            }
            Step::Reverse { intent, at } => {
                let (intent_id, amount, reason) = (picked(intent), None, String::new());
                let effective_at = self.legs_at(&intent_id, *at);
                let reverse =
                    LedgerCommand::ReverseIntent { intent_id, amount, reason, effective_at };
                Command::Ledger(reverse)
            }
            step => match self.delivery(step) {
                Some(command) => Command::Delivery(command),
                None => return,
            },
        };
        self.ask(command);
        self.write();
    }

    fn legs_at(&self, intent: &IntentId, at: Option<Timestamp>) -> Option<LegsAt> {
        Some(LegsAt { at: at?, after: last_leg(&self.made, intent) })
    }

    fn delivery(&self, step: &Step) -> Option<DeliveryCommand> {
        let deliveries = self.deliveries();
        let endpoints = self.events(|event, position, index| {
            matches!(event, Event::EndpointCreated(_)).then(|| EndpointId::at(0, position, index))
        });
        Some(match step {
            Step::Endpoint => DeliveryCommand::CreateEndpoint {
                url: "https://example.com/".into(),
                filters: vec!["order.*".into(), "transfer.*".into()],
                secret: SecretChoice::Own { sealed: vec![1] },
                policy: default_policy(),
                description: String::new(),
            },
            Step::Publish => DeliveryCommand::Publish {
                event_type: "order.paid".parse().unwrap(),
                data: "{}".into(),
            },
            Step::Switch { endpoint, on } if !endpoints.is_empty() => {
                let endpoint = *endpoint.get(&endpoints);
                match on {
                    true => DeliveryCommand::EnableEndpoint { endpoint },
                    false => DeliveryCommand::DisableEndpoint { endpoint },
                }
            }
            Step::Attempt { delivery, status } if !deliveries.is_empty() => {
                let delivery = *delivery.get(&deliveries);
                let known = self.made.engine.deliveries();
                let number = known.delivery(self.made.scope, delivery)?.attempts + 1;
                DeliveryCommand::AttemptFinished {
                    delivery,
                    attempt: attempt(number, *status),
                    retry_after: None,
                }
            }
            Step::Replay(index) if !deliveries.is_empty() => DeliveryCommand::Replay {
                deliveries: vec![*index.get(&deliveries)],
                filter: "{}".into(),
                reason: String::new(),
            },
            _ => return None,
        })
    }

    /// Makes what was decided durable, and folds it into the views that are up.
    fn write(&mut self) {
        let entries = &self.made.entries[self.written..];
        if entries.is_empty() {
            return;
        }
        let mut builder = FrameBuilder::default();
        for entry in entries {
            builder.entry(&entry.borrow()).unwrap();
            self.tail.add(entry.header.scope, entry.header.position);
        }
        self.store.append(&[builder.finish().unwrap().into()]).unwrap();
        self.store.sync().unwrap();
        self.up.fold(entries).unwrap();
        self.written = self.made.entries.len();
    }

    fn fold(&mut self, index: &prop::sample::Index) {
        let next = self.reached + index.index(self.written - self.reached + 1);
        self.behind.fold(&self.made.entries[self.reached..next]).unwrap();
        self.reached = next;
        let reached = self.behind.position();
        self.tail.forget(reached);
        self.behind.forget_ahead();
    }

    /// An account's totals by an effective time, as its dated sums lead to them.
    fn effective(&self, account: AccountNo, time: Timestamp, dated: Dated) -> Totals {
        let seen = self.made.entries.iter().filter(|entry| {
            entry.header.position < dated.before && entry.header.recorded_at <= time
        });
        let by_record = seen.fold(Totals::default(), |sum, entry| sum.plus(posted(entry, account)));
        by_record.minus(dated.recorded).plus(dated.effective)
    }

    /// The totals of each account of a scope by effective times, from views that are behind and
    /// from those that are up.
    fn check_effective(&self, scope: ScopeNo) {
        let (tail, durable) = (self.tail.of(scope), Position(self.written as u64));
        let ledger = self.made.engine.ledger();
        let up = self.up.stored().unwrap();
        for code in ["world", "customer_balance", "reserved_balance", "merchant_balance"] {
            let Some(account) = ledger.account(scope, &code.parse().unwrap()) else { continue };
            for time in TIMES.iter().flat_map(|at| [at.saturating_sub(1), *at]).map(Timestamp) {
                let read = |rows: &Rows| rows.dated(account.no, time);
                let told = self.behind.read_scope(scope, (&tail, durable), &self.log, read);
                let Ok(ReadOutcome::Read(told)) = told else { panic!("nothing is waited for") };
                let expected = up.dated(account.no, time).unwrap();
                let told = self.effective(account.no, time, told);
                let expected = self.effective(account.no, time, expected);
                assert_eq!(told, expected, "{code} at {time:?}");
            }
        }
    }

    /// Every list of a scope, in pages, from views that are behind and from those that are up.
    fn check(&self, scope: ScopeNo) {
        self.check_effective(scope);
        let (tail, durable) = (self.tail.of(scope), Position(self.written as u64));
        let told =
            self.behind.read_scope(scope, (&tail, durable), &self.log, |rows| lists(rows, scope));
        let Ok(ReadOutcome::Read(told)) = told else { panic!("nothing is waited for") };
        let expected = lists(&self.up.stored().unwrap(), scope).unwrap();
        for (told, expected) in told.iter().zip(&expected) {
            assert_eq!(told.rows, expected.rows);
            assert_eq!(told.next, expected.next);
        }
        let published = self.events(|event, position, index| {
            matches!(event, Event::EventPublished(_)).then(|| EventId::at(0, position, index))
        });
        for event in published {
            let read = |rows: &Rows| rows.deliveries_of(scope, event);
            let told = self.behind.read_scope(scope, (&tail, durable), &self.log, read);
            let Ok(ReadOutcome::Read(told)) = told else { panic!("nothing is waited for") };
            assert_eq!(told, self.up.stored().unwrap().deliveries_of(scope, event).unwrap());
        }
    }
}

fn lists(rows: &Rows, scope: ScopeNo) -> Result<Vec<Page>, ViewError> {
    let word = |status: &str| RowFilter { status: Some(status.into()), ..RowFilter::default() };
    let between = RowFilter {
        since: Some(Timestamp(1_005_000)),
        until: Some(Timestamp(1_030_000)),
        ..RowFilter::default()
    };
    let filters =
        [RowFilter::default(), word("pending"), word("parked"), word("dead_lettered"), between];
    let mut pages = Vec::new();
    for (kind, filter) in KINDS.iter().flat_map(|kind| filters.iter().map(|one| (*kind, one))) {
        let mut cursor = None;
        loop {
            let page = rows.list(kind, scope, filter, cursor.as_ref(), 7)?;
            cursor = page.next.clone();
            pages.push(page);
            if cursor.is_none() {
                break;
            }
        }
    }
    Ok(pages)
}

fn attempt(number: u32, status: u16) -> AttemptV1 {
    AttemptV1 {
        number,
        replay: None,
        started_at: Timestamp(1),
        duration_ns: Span(1),
        url: "https://example.com/".into(),
        result: AttemptResult::Answered(status),
        signed_at_seconds: 1,
        secret_versions: vec![1],
        signature: String::new(),
        payload_hash: [0; 32],
        response_excerpt: String::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn what_is_read_ahead_of_the_store_is_what_the_store_will_say(turns in turns()) {
        let mut world = World::new();
        for turn in &turns {
            world.step(turn);
            if let Some(index) = &turn.folded {
                world.fold(index);
            }
            if turn.read {
                world.check(ScopeNo(turn.scope));
            }
        }
        for scope in (0..SCOPES).map(ScopeNo) {
            world.made.scope = scope;
            world.check(scope);
        }
    }
}

#[test]
fn entries_with_many_rows_are_not_held_in_memory_and_nobody_else_waits_for_them() {
    let mut world = World::new();
    world.made.scope = ScopeNo(1);
    for _ in 0..40 {
        world.ask(Command::Delivery(world.delivery(&Step::Endpoint).unwrap()));
    }
    for _ in 0..500 {
        world.ask(Command::Delivery(world.delivery(&Step::Publish).unwrap()));
    }
    world.write();
    let (tail, durable) = (world.tail.of(ScopeNo(1)), Position(world.written as u64));
    let read = |rows: &Rows| Ok(lists(rows, ScopeNo(1))?.len());
    let seen = world.behind.read_scope(ScopeNo(1), (&tail, durable), &world.log, read).unwrap();
    assert!(matches!(seen, ReadOutcome::Behind(position, _) if position == durable));
    world.made.scope = ScopeNo(2);
    world.check(ScopeNo(2));
}

#[test]
fn a_scope_whose_tail_is_forgotten_waits_for_the_store_and_for_no_more_than_was_durable() {
    let mut world = World::new();
    let asked = Position(world.written as u64);
    for _ in 0..5_000 {
        world.made.scope = ScopeNo(1);
        world.ask(Command::Delivery(DeliveryCommand::Publish {
            event_type: "order.paid".parse().unwrap(),
            data: "{}".into(),
        }));
    }
    world.write();
    let tail = world.tail.of(ScopeNo(1));
    let read = |durable: Position| {
        let read = |rows: &Rows| Ok(lists(rows, ScopeNo(1))?.len());
        world.behind.read_scope(ScopeNo(1), (&tail, durable), &world.log, read).unwrap()
    };
    let all = Position(world.written as u64);
    assert!(matches!(read(all), ReadOutcome::Behind(position, _) if position == tail.from));
    assert!(matches!(read(asked), ReadOutcome::Behind(position, _) if position == asked));
    world.behind.fold(&world.made.entries[..asked.get() as usize]).unwrap();
    assert!(matches!(read(asked), ReadOutcome::Read(_)));
    // The neighbour's own entries are in the tail, so it waits for nobody.
    world.check(ScopeNo(2));
    world.behind.fold(&world.made.entries[asked.get() as usize..tail.from.get() as usize]).unwrap();
    world.made.scope = ScopeNo(1);
    world.check(ScopeNo(1));
}

#[test]
fn reads_of_a_scope_do_not_wait_for_each_other() {
    let mut world = World::new();
    world.made.scope = ScopeNo(1);
    world.ask(Command::Delivery(world.delivery(&Step::Publish).unwrap()));
    world.write();
    let (tail, durable) = (world.tail.of(ScopeNo(1)), Position(world.written as u64));
    let inner = |rows: &Rows| Ok(lists(rows, ScopeNo(1))?.len());
    let outer = |rows: &Rows| {
        // While this one reads.
        let told = world.behind.read_scope(ScopeNo(1), (&tail, durable), &world.log, inner)?;
        let ReadOutcome::Read(told) = told else { panic!("nothing is waited for") };
        Ok((told, inner(rows)?))
    };
    let told = world.behind.read_scope(ScopeNo(1), (&tail, durable), &world.log, outer).unwrap();
    let ReadOutcome::Read((told, expected)) = told else { panic!("nothing is waited for") };
    assert_eq!(told, expected);
}
