//! Batches and linked groups: what a group comes to is known before it is decided, and where a
//! slice ends changes nothing.

use crate::world::{SCOPE, World};
use proptest::prelude::*;
use proptest::{collection::vec, option};
use zentra_delivery::{DeliveryCommand, SecretChoice, default_policy};
use zentra_engine::{
    AccessCommand, BatchTerms, Command, Engine, EntrySink, GROUP_ITEMS_MAX, IntentBatch,
    ItemOutcome, NewKey, Outcome, Request,
};
use zentra_events::codec::{CODEC, FrameBytes};
use zentra_events::event::{Capture, PolicyRuleV1, RouteV1, role};
use zentra_events::frame::FrameReader;
use zentra_events::frame_builder::FrameBuilder;
use zentra_events::{
    Amount, Code, Entry, EntryRef, KeyId, Position, Quota, QuotaTable, RequestId, Span, Timestamp,
};
use zentra_ledger::LedgerCommand;
use zentra_testkit::{PlainItem, terms, transfer};

pub(crate) fn wish(id: impl Into<String>, amount: u128, linked: bool) -> PlainItem {
    PlainItem { linked, ..PlainItem::new(id, amount, "world", "merchant_balance") }
}

/// So many items that are one linked group.
fn group(items: usize) -> Vec<PlainItem> {
    (1..=items).map(|number| wish(format!("g{number}"), 1, number < items)).collect()
}

pub(crate) fn plain() -> Vec<BatchTerms> {
    vec![terms(Capture::Automatic, Vec::new())]
}

pub(crate) fn batch(terms: Vec<BatchTerms>, wishes: &[PlainItem]) -> IntentBatch {
    zentra_testkit::batch(SCOPE, terms, wishes)
}

/// Frames of groups, and everything that came in.
#[derive(Default)]
struct Sink {
    builder: FrameBuilder,
    frames: Vec<(FrameBytes, usize)>,
    made: Vec<Entry>,
    /// After how many entries it is full.
    slice: Option<usize>,
    since: usize,
    grouped: bool,
}

impl Sink {
    fn added(&mut self, entry: Entry) {
        self.made.push(entry);
        self.since += 1;
        if !self.grouped {
            self.cut();
        }
    }

    fn cut(&mut self) {
        if !self.builder.is_empty() {
            let bytes = self.builder.frame_bytes();
            self.frames.push((self.builder.finish().unwrap(), bytes));
        }
    }
}

impl EntrySink for Sink {
    fn entry(&mut self, entry: EntryRef<'_>) {
        assert!(self.builder.entry(&entry).unwrap() > 0);
        self.added(entry.into_entry());
    }

    fn group_starts(&mut self) {
        self.cut();
        self.grouped = true;
    }

    fn group_ends(&mut self) {
        self.grouped = false;
        self.cut();
    }

    fn is_full(&self) -> bool {
        self.slice.is_some_and(|slice| self.since >= slice)
    }
}

/// So many endpoints listen, and no quota is in the way.
fn listen(world: &mut World, endpoints: usize) {
    let mut quotas = QuotaTable::default();
    quotas.set(Quota::FanOut, u64::MAX);
    quotas.set(Quota::QueuedDeliveries, u64::MAX);
    world.engine.set_quotas(quotas);
    for _ in 0..endpoints {
        world.must(Command::Delivery(DeliveryCommand::CreateEndpoint {
            url: "https://example.com/".into(),
            filters: vec!["transfer.settled".into()],
            secret: SecretChoice::Named { name: "one".into(), sealed_if_new: vec![1] },
            policy: default_policy(),
            description: String::new(),
        }));
    }
}

fn codes(outcomes: &[ItemOutcome]) -> Vec<Code> {
    let code = |outcome: &ItemOutcome| match outcome {
        ItemOutcome::Refused(refusal) => refusal.code,
        other => panic!("{other:?}"),
    };
    outcomes.iter().map(code).collect()
}

/// A group is refused with this code, and leaves nothing.
fn refused(world: &mut World, batch: &IntentBatch, code: Code) {
    let (next, digests) = (world.engine.next_position(), world.engine.digests());
    let mut sink = Sink::default();
    let told = codes(&world.engine.handle_batch(Timestamp(5_000), batch, &mut sink));
    assert_eq!(told[0], code);
    assert!(told[1..].iter().all(|code| *code == Code::LinkedFailed));
    assert!(sink.made.is_empty());
    assert_eq!((world.engine.next_position(), world.engine.digests()), (next, digests));
}

fn created(outcomes: &[ItemOutcome]) -> usize {
    outcomes.iter().filter(|outcome| matches!(outcome, ItemOutcome::Created(_))).count()
}

#[test]
fn a_group_that_no_frame_would_hold_is_refused_before_it_is_decided() {
    let mut world = World::new();
    listen(&mut world, 1_500);
    refused(&mut world, &batch(plain(), &group(GROUP_ITEMS_MAX)), Code::GroupTooLarge);
    // Fewer items, or none that tells of itself, are taken.
    let few = batch(plain(), &group(512));
    let mut sink = Sink::default();
    let outcomes = world.engine.handle_batch(Timestamp(6_000), &few, &mut sink);
    assert_eq!((created(&outcomes), sink.frames.len()), (512, 1));
    assert!(sink.frames[0].1 > 8 << 20, "{}", sink.frames[0].1);
    assert!(sink.made.iter().all(|entry| entry.events().len() > 1_500));
    let held = vec![terms(Capture::Manual, Vec::new())];
    let mut many = group(GROUP_ITEMS_MAX);
    many.iter_mut().for_each(|wish| wish.id.push('m'));
    let outcomes = world.engine.handle_batch(Timestamp(7_000), &batch(held, &many), &mut sink);
    assert_eq!(created(&outcomes), GROUP_ITEMS_MAX);
}

#[test]
fn there_is_room_for_a_whole_group_or_it_is_refused() {
    let mut world = World::new();
    let asked = batch(plain(), &group(100));
    let before = world.engine.state_bytes();
    let mut other = World::new();
    let outcomes = other.engine.handle_batch(Timestamp(4_000), &asked, &mut Sink::default());
    assert_eq!(created(&outcomes), 100);
    let needed = other.engine.state_bytes() - before;
    for room in [0, 1, needed / 2, needed - 1] {
        world.engine.set_state_bytes_max(before + room);
        refused(&mut world, &asked, Code::LimitReached);
    }
    world.engine.set_state_bytes_max(before + needed + 1_000);
    let outcomes = world.engine.handle_batch(Timestamp(6_000), &asked, &mut Sink::default());
    assert_eq!(created(&outcomes), 100);
}

#[test]
fn an_item_of_a_group_fails_with_the_code_that_it_has_alone() {
    let codes = ["reserved_balance", "nobody", "customer_balance", "merchant_balance"];
    for source in codes {
        for destination in codes {
            let mut world = World::new();
            let alone = [PlainItem::new("alone", 1, source, destination)];
            let told = world.engine.handle_batch(
                Timestamp(5_000),
                &batch(plain(), &alone),
                &mut Sink::default(),
            );
            let ItemOutcome::Rejected(_, rejection) = &told[0] else { panic!("{told:?}") };
            let linked = PlainItem { linked: true, ..PlainItem::new("a", 1, source, destination) };
            refused(&mut world, &batch(plain(), &[linked, wish("b", 1, false)]), rejection.code);
        }
    }
}

/// What may be in a batch, and rules that make entries long.
fn lives() -> impl Strategy<Value = (Vec<PlainItem>, Vec<BatchTerms>, [usize; 3])> {
    let pair = ("[a-z]{1,128}", ".{0,170}");
    let all_terms = vec((0_u8..4, vec(pair, 0..33)), 1..4).prop_map(|all| {
        let mut all: Vec<BatchTerms> = all
            .into_iter()
            .map(|(capture, mut metadata)| {
                metadata.sort();
                metadata.dedup_by(|a, b| a.0 == b.0);
                let manual = capture == 0;
                terms(if manual { Capture::Manual } else { Capture::Automatic }, metadata)
            })
            .collect();
        all[0].metadata.clear();
        all
    });
    let account = option::weighted(0.5, "[a-z0-9]{1,100}");
    let item = (any::<u64>(), account, 0_u16..4, any::<bool>(), "[a-z]{1,110}");
    let shape = [0_usize..40, 0_usize..17, 0_usize..12];
    (all_terms, vec(item, 1..40), shape).prop_map(|(terms, items, shape)| {
        let wishes = items.into_iter().enumerate();
        let wishes = wishes.map(|(number, (amount, account, of, linked, id))| PlainItem {
            id: format!("{id}{number}"),
            amount: u128::from(amount / 2) + 1,
            parties: [
                "world".to_owned(),
                account
                    .map_or("merchant_balance".to_owned(), |own| format!("customer_balance:{own}")),
            ],
            terms: of % terms.len() as u16,
            linked,
        });
        let mut wishes: Vec<PlainItem> = wishes.collect();
        wishes.last_mut().unwrap().linked = false;
        (wishes, terms, shape)
    })
}

fn world_of([routes, rules, endpoints]: [usize; 3]) -> World {
    let mut world = World::new();
    let eur = "EUR".parse().unwrap();
    if routes > 0 {
        let route = |number: usize| RouteV1 {
            id: format!("{number:0>128}"),
            corridor: "default".into(),
            currency: eur,
            rail: "r".repeat(128),
            amount_min: Amount(if number == 0 { 0 } else { u128::from(u64::MAX) }),
            amount_max: Amount(u128::from(u64::MAX)),
            priority: 9,
            enabled: true,
        };
        let routes = (0..routes).map(route).collect();
        world.must(Command::Ledger(LedgerCommand::SetRoutes { routes }));
    }
    let rule = |number: usize| match number % 3 {
        0 => PolicyRuleV1::LimitCheck { currency: eur, amount_max: Amount(u128::from(u64::MAX)) },
        1 => PolicyRuleV1::Velocity {
            currency: eur,
            window_ns: Span(u64::MAX),
            count_max: u32::MAX,
            sum_max: Amount(u128::from(u64::MAX)),
        },
        _ => PolicyRuleV1::CorridorList { allowed: vec!["default".into()] },
    };
    if rules > 0 {
        let rules = (0..rules).map(rule).collect();
        world.must(Command::Ledger(LedgerCommand::SetPolicy { rules }));
    }
    listen(&mut world, endpoints);
    world
}

/// Reads frames back.
fn read(frames: &[(FrameBytes, usize)], mut at: Position) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (frame, _) in frames {
        let reader = FrameReader::new(CODEC, &frame.shared).unwrap();
        let mut start = 0;
        for end in &frame.ends {
            let payload = &frame.payloads[start..*end as usize];
            entries.push(reader.entry(at, payload).unwrap());
            start = *end as usize;
            at = at.next();
        }
    }
    entries
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What the engine gives encodes, reads back as it was, and takes no more than was told before;
    /// and it is the same wherever slices end.
    #[test]
    fn a_batch_is_what_was_told_and_reads_back(
        (wishes, terms, shape) in lives(),
        slice in 1_usize..9,
    ) {
        let asked = batch(terms, &wishes);
        let mut whole = world_of(shape);
        let weights = whole.engine.group_frame_bytes(&asked);
        let (from, mut sink) = (whole.engine.next_position(), Sink::default());
        let outcomes = whole.engine.handle_batch(Timestamp(9_000), &asked, &mut sink);
        prop_assert_eq!(outcomes.len(), wishes.len());
        prop_assert_eq!(&read(&sink.frames, from), &sink.made);
        let largest = sink.frames.iter().map(|(_, bytes)| *bytes as u64).max().unwrap_or(0);
        let told = weights.into_iter().max().unwrap_or(0).max(64 << 10);
        prop_assert!(largest <= told, "{} bytes, {} told", largest, told);

        let mut sliced = world_of(shape);
        let mut parts = Sink { slice: Some(slice), ..Sink::default() };
        let mut told = Vec::new();
        while !sliced.engine.batch_slice(Timestamp(9_000), &asked, &mut told, &mut parts) {
            parts.since = 0;
        }
        prop_assert_eq!(told, outcomes);
        prop_assert_eq!(parts.made, sink.made);
        prop_assert_eq!(sliced.engine.digests(), whole.engine.digests());
    }
}

#[test]
fn others_may_be_decided_between_two_slices() {
    let mut world = World::new();
    let wishes: Vec<PlainItem> =
        (0..40).map(|number| wish(format!("i{number}"), 1, false)).collect();
    let asked = batch(plain(), &wishes);
    let mut sink = Sink { slice: Some(10), ..Sink::default() };
    let mut outcomes = Vec::new();
    let mut turns = 0;
    while !world.engine.batch_slice(Timestamp(9_000), &asked, &mut outcomes, &mut sink) {
        sink.since = 0;
        turns += 1;
        // The rules change, somebody listens, and an account is frozen for a while.
        let rules = vec![PolicyRuleV1::LimitCheck {
            currency: "EUR".parse().unwrap(),
            amount_max: Amount(turns),
        }];
        world.must(Command::Ledger(LedgerCommand::SetPolicy { rules }));
        world.must(transfer("world", "customer_balance:a", 1));
        listen(&mut world, 1);
    }
    assert_eq!((turns, created(&outcomes)), (3, 40));
    let events = |at: usize| sink.made[at].events().len();
    assert!(events(39) >= events(5) + 3, "the endpoints that came get the rest");
    let mut rebuilt = Engine::new(0);
    let mut all: Vec<Entry> = world.entries.iter().chain(&sink.made).cloned().collect();
    all.sort_by_key(|entry| entry.header.position);
    for entry in &all {
        rebuilt.apply(&entry.borrow()).unwrap();
    }
    assert_eq!(rebuilt.digests(), world.engine.digests());
}

/// Others are decided between two slices: a revocation holds from its own position on.
#[test]
fn a_key_that_is_revoked_between_two_slices_decides_no_more_of_its_batch() {
    let mut world = World::new();
    let made = |hash: u8| {
        let (actor, roles) = ("svc_batch".parse().unwrap(), role::WRITER);
        Command::Access(AccessCommand::CreateKey(NewKey {
            actor,
            hash: [hash; 32],
            roles,
            label: String::new(),
        }))
    };
    let entry = world.must(made(1));
    let index = entry.events().len() as u16 - 1;
    let key = KeyId::at(0, entry.header.position, index);
    let wishes: Vec<PlainItem> =
        (0..6).map(|number| wish(format!("i{number}"), 1, false)).collect();
    let mut batch = batch(plain(), &wishes);
    batch.key = Some(key);
    let mut sink = Sink { slice: Some(2), ..Sink::default() };
    let mut outcomes = Vec::new();
    let now = Timestamp(world.now + 100);
    assert!(!world.engine.batch_slice(now, &batch, &mut outcomes, &mut sink));
    assert_eq!(outcomes.len(), 2);
    world.must(Command::Access(AccessCommand::RevokeKey { key }));
    let next = world.engine.next_position();
    sink.since = 0;
    assert!(world.engine.batch_slice(now, &batch, &mut outcomes, &mut sink));
    let created = |outcome: &ItemOutcome| matches!(outcome, ItemOutcome::Created(_));
    assert_eq!(
        outcomes.iter().map(created).collect::<Vec<_>>(),
        [true, true, false, false, false, false]
    );
    assert!(outcomes[2..].iter().all(|outcome| matches!(
        outcome,
        ItemOutcome::Refused(refusal) if refusal.code == Code::Unauthenticated
    )));
    assert_eq!(world.engine.next_position(), next, "nothing is recorded");
    let repeated = Request {
        scope: SCOPE,
        actor: "svc_batch".parse().unwrap(),
        key: Some(key),
        request_id: RequestId([3; 16]),
        cause: None,
        idempotency: None,
        command: made(2),
    };
    let refused = world.engine.handle(now, &repeated);
    assert!(matches!(refused, Outcome::Refused(refusal) if refusal.code == Code::Unauthenticated));
}
