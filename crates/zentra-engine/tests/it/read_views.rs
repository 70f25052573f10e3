//! What a read view of the state costs the thread that decides: a part of what there is, by far.

use crate::world::{SCOPE, World};
use allocation_counter::measure;
use zentra_engine::{Command, Outcome, SealCommand};
use zentra_events::event::{Capture, PolicyRuleV1, role};
use zentra_events::{Amount, ScopeNo, Span, Timestamp};
use zentra_ledger::LedgerCommand;
use zentra_testkit::{accept, details, endpoint, key, request, transfer};

/// Kinds of rows that a life adds.
const KINDS: u64 = 6;

fn ask(world: &mut World, scope: ScopeNo, actor: String, command: Command) {
    world.now += 7;
    match world.engine.handle(Timestamp(world.now), &request(scope, &actor, command)) {
        Outcome::Entry(_) => {}
        other => panic!("{other:?}"),
    }
}

/// Allocations of a read view of an engine with so many scopes, actors, keys, endpoints, secrets,
/// checkpoints and counted accounts; and of the next, after as many changes.
fn read_views(rows: u32) -> [u64; 2] {
    let mut world = World::new();
    let velocity = PolicyRuleV1::Velocity {
        currency: "EUR".parse().unwrap(),
        window_ns: Span::seconds(60),
        count_max: 10,
        sum_max: Amount(1_000),
    };
    world.must(Command::Ledger(LedgerCommand::SetPolicy { rules: vec![velocity] }));
    for row in 1..=rows {
        let (scope, actor) = (ScopeNo(row), format!("svc_{row}"));
        let made = zentra_testkit::scope(&format!("scope_{row}"));
        ask(&mut world, ScopeNo(u32::MAX), "zentra".to_owned(), made);
        let hash = *blake3::hash(&row.to_le_bytes()).as_bytes();
        ask(&mut world, scope, actor.clone(), key(&actor, hash, role::WRITER));
        ask(&mut world, scope, actor.clone(), endpoint(&["order.*"]));
        let seal = SealCommand { tree_size: 1, root: [0; 32], note: String::new() };
        ask(&mut world, scope, "zentra".to_owned(), Command::Seal(seal));
        let account = format!("customer_balance:a{row}");
        ask(&mut world, SCOPE, actor.clone(), transfer("world", &account, 100));
        let intent = details(&account, "merchant_balance:b", 1, Capture::Automatic);
        ask(&mut world, SCOPE, actor, accept(&format!("i{row}"), intent));
    }
    let first = measure(|| drop(world.engine.read_view())).count_total;
    let second = measure(|| drop(world.engine.read_view())).count_total;
    [first, second]
}

#[test]
fn a_moment_costs_few_allocations_whatever_the_state() {
    let (few, many) = (64, 2_048);
    let (small, large) = (read_views(few), read_views(many));
    for (small, large) in small.into_iter().zip(large) {
        let added = u64::from(many - few) * KINDS;
        assert!((large - small) * 32 < added, "{small} and {large} for {added} rows more");
    }
}
