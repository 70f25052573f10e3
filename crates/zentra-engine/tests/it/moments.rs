//! What a moment of the state costs the thread that decides: a part of what there is, by far.

use crate::world::{SCOPE, World, intent, transfer};
use allocation_counter::measure;
use zentra_delivery::{DeliveryCommand, SecretChoice, default_policy};
use zentra_engine::{AccessCommand, Command, NewKey, Outcome, Request, SealCommand};
use zentra_events::event::{Capture, PolicyRuleV1, role};
use zentra_events::{Amount, RequestId, ScopeNo, Span, Timestamp};
use zentra_ledger::LedgerCommand;

const AUTOMATIC: Capture = Capture::Automatic;

/// Kinds of rows that a life adds.
const KINDS: u64 = 6;

fn ask(world: &mut World, scope: ScopeNo, actor: String, command: Command) {
    world.now += 7;
    let request = Request {
        scope,
        actor: actor.parse().unwrap(),
        key: None,
        request_id: RequestId([9; 16]),
        cause: None,
        idempotency: None,
        command,
    };
    match world.engine.handle(Timestamp(world.now), &request) {
        Outcome::Entry(_) => {}
        other => panic!("{other:?}"),
    }
}

/// The intent, of another source.
fn from(account: &str, mut command: Command) -> Command {
    if let Command::Ledger(LedgerCommand::AcceptIntent { details: Some(details), .. }) =
        &mut command
    {
        details.source = account.parse().unwrap();
    }
    command
}

/// Allocations of a moment of an engine with so many scopes, actors, keys, endpoints, secrets,
/// checkpoints and counted accounts; and of the next, after as many changes.
fn moments(rows: u32) -> [u64; 2] {
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
        let name = format!("scope_{row}").parse().unwrap();
        let made = AccessCommand::CreateScope { name, key: None };
        ask(&mut world, ScopeNo(u32::MAX), "zentra".to_owned(), Command::Access(made));
        let hash = *blake3::hash(&row.to_le_bytes()).as_bytes();
        let key = NewKey {
            actor: actor.parse().unwrap(),
            hash,
            roles: role::WRITER,
            label: String::new(),
        };
        ask(&mut world, scope, actor.clone(), Command::Access(AccessCommand::CreateKey(key)));
        let endpoint = DeliveryCommand::CreateEndpoint {
            url: "https://example.com/".into(),
            filters: vec!["order.*".into()],
            secret: SecretChoice::Own { sealed: vec![1] },
            policy: default_policy(),
            description: String::new(),
        };
        ask(&mut world, scope, actor.clone(), Command::Delivery(endpoint));
        let seal = SealCommand { tree_size: 1, root: [0; 32], note: String::new() };
        ask(&mut world, scope, "zentra".to_owned(), Command::Seal(seal));
        let account = format!("customer_balance:a{row}");
        ask(&mut world, SCOPE, actor.clone(), transfer("world", &account, 100));
        ask(&mut world, SCOPE, actor, from(&account, intent(&format!("i{row}"), 1, AUTOMATIC)));
    }
    let first = measure(|| drop(world.engine.moment())).count_total;
    let second = measure(|| drop(world.engine.moment())).count_total;
    [first, second]
}

#[test]
fn a_moment_costs_few_allocations_whatever_the_state() {
    let (few, many) = (64, 2_048);
    let (small, large) = (moments(few), moments(many));
    for (small, large) in small.into_iter().zip(large) {
        let added = u64::from(many - few) * KINDS;
        assert!((large - small) * 32 < added, "{small} and {large} for {added} rows more");
    }
}
