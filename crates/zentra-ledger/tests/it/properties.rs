//! Random histories: whatever is asked, the ledger keeps its invariants. `World` checks after
//! every command that money is conserved, that refusals change no byte and that back-pointers hold.

use crate::world::{World, bytes};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use zentra_events::event::{
    AccountStatus, Capture, Floor, NormalSide, PolicyRuleV1, RouteV1, TemplateV1,
};
use zentra_events::{
    AccountCode, AccountNo, Amount, Currency, Direction, Event, IntentId, ScopeNo, Span,
};
use zentra_ledger::{Decision, IntentRequest, IntentState, Ledger, LedgerCommand, TransferLine};

const CODES: [&str; 12] = [
    "world",
    "world:usd",
    "customer_balance:a",
    "customer_balance:b",
    "customer_balance:c",
    "merchant_balance",
    "reserved_balance",
    "reserved_balance:USD",
    "settlement_account",
    "settlement_account:USD",
    "payout_account",
    "nowhere",
];

fn code() -> impl Strategy<Value = AccountCode> {
    prop::sample::select(&CODES[..]).prop_map(|code| code.parse().unwrap())
}

/// A few accounts only, so that most intents have money to move.
fn party() -> impl Strategy<Value = AccountCode> {
    prop_oneof![
        6 => prop::sample::select(&CODES[..6]).prop_map(|code| code.parse().unwrap()),
        1 => code(),
    ]
}

fn currency() -> impl Strategy<Value = Currency> {
    prop_oneof![12 => Just("EUR"), 2 => Just("USD"), 1 => Just("BTC")]
        .prop_map(|code| code.parse().unwrap())
}

fn amount() -> impl Strategy<Value = Amount> {
    prop_oneof![
        10 => 1..500_u128,
        1 => Just(0_u128),
        1 => prop::sample::select(vec![
            u128::MAX,
            Amount::MAX.0 + 1,
            Amount::MAX.0,
            Amount::MAX.0 - 400,
            Amount::MAX.0 / 2,
        ]),
    ]
    .prop_map(Amount)
}

fn id() -> impl Strategy<Value = IntentId> {
    (0..12_u8).prop_map(|n| format!("i{n}").parse().unwrap())
}

fn request() -> impl Strategy<Value = IntentRequest> {
    let corridor = prop_oneof![5 => Just("domestic"), 1 => Just("abroad")];
    (amount(), currency(), party(), party(), corridor, any::<bool>()).prop_map(
        |(amount, currency, source, destination, corridor, manual)| IntentRequest {
            amount,
            currency,
            source,
            destination,
            corridor: corridor.to_owned(),
            capture: if manual { Capture::Manual } else { Capture::Automatic },
            effective_at: None,
            metadata: Vec::new(),
        },
    )
}

fn transfer() -> impl Strategy<Value = LedgerCommand> {
    (party(), party(), amount(), currency(), 0..8_u8).prop_map(
        |(from, to, amount, currency, skew)| {
            let line = |account: &AccountCode, direction, amount| TransferLine {
                account: account.clone(),
                direction,
                amount,
                currency,
            };
            let credit = if skew == 0 { Amount(7) } else { amount };
            let lines =
                vec![line(&to, Direction::Credit, credit), line(&from, Direction::Debit, amount)];
            LedgerCommand::PostTransfer { lines, correction: (skew == 1).then(|| "x".to_owned()) }
        },
    )
}

fn rules() -> impl Strategy<Value = LedgerCommand> {
    let eur: Currency = "EUR".parse().unwrap();
    let route = |id: &str, max: u128, enabled| RouteV1 {
        id: id.to_owned(),
        corridor: "domestic".to_owned(),
        currency: eur,
        rail: "rail".to_owned(),
        amount_min: Amount(2),
        amount_max: Amount(max),
        priority: 1,
        enabled,
    };
    let template = |pattern: &str, floor| TemplateV1 {
        pattern: pattern.to_owned(),
        normal_side: NormalSide::Credit,
        floor,
    };
    let velocity = PolicyRuleV1::Velocity {
        currency: eur,
        window_ns: Span(6),
        count_max: 2,
        sum_max: Amount(600),
    };
    let limit = PolicyRuleV1::LimitCheck { currency: eur, amount_max: Amount(450) };
    prop::sample::select(vec![
        LedgerCommand::SetPolicy { rules: vec![velocity, limit.clone()] },
        LedgerCommand::SetPolicy { rules: vec![limit] },
        LedgerCommand::SetPolicy { rules: Vec::new() },
        LedgerCommand::SetRoutes { routes: vec![route("a", 300, true), route("b", 400, true)] },
        LedgerCommand::SetRoutes { routes: vec![route("a", Amount::MAX.0, true)] },
        LedgerCommand::SetRoutes { routes: vec![route("a", 300, false)] },
        LedgerCommand::SetRoutes { routes: Vec::new() },
        LedgerCommand::ResetRoutes,
        LedgerCommand::SetChart { templates: vec![template("world:*", Floor::Unbounded)] },
        LedgerCommand::SetChart {
            templates: vec![
                template("customer_balance:*", Floor::Limit(Amount(100))),
                template("world", Floor::Unbounded),
                template("merchant_balance", Floor::None),
            ],
        },
    ])
}

fn account() -> impl Strategy<Value = LedgerCommand> {
    let status = prop_oneof![
        3 => Just(AccountStatus::Open),
        1 => Just(AccountStatus::Frozen),
        1 => Just(AccountStatus::Closed),
    ];
    let set = (code(), status, any::<bool>()).prop_map(|(code, status, by_admin)| {
        LedgerCommand::SetAccountStatus { code, status, reason: String::new(), by_admin }
    });
    let floor = prop::sample::select(vec![Floor::None, Floor::Limit(Amount(50)), Floor::Unbounded]);
    let exponent = prop::option::of(0..4_u8);
    let open = (code(), currency(), floor, exponent, any::<bool>()).prop_map(
        |(code, currency, floor, exponent, by_admin)| LedgerCommand::OpenAccount {
            code,
            currency,
            exponent,
            normal_side: NormalSide::Credit,
            floor,
            by_admin,
        },
    );
    let declare = (currency(), 0..3_u8)
        .prop_map(|(currency, exponent)| LedgerCommand::DeclareCurrency { currency, exponent });
    prop_oneof![2 => set, 1 => open, 1 => declare]
}

fn after() -> impl Strategy<Value = LedgerCommand> {
    let part = || prop::option::of(amount());
    let reason = String::new;
    prop_oneof![
        (id(), part()).prop_map(|(intent_id, amount)| {
            LedgerCommand::SettleIntent { intent_id, amount, effective_at: None }
        }),
        id().prop_map(move |intent_id| LedgerCommand::VoidIntent {
            intent_id,
            reason: reason(),
            effective_at: None
        }),
        (id(), part()).prop_map(move |(intent_id, amount)| {
            LedgerCommand::ReverseIntent { intent_id, amount, reason: reason(), effective_at: None }
        }),
        id().prop_map(|intent_id| LedgerCommand::PayoutIntent { intent_id, effective_at: None }),
    ]
}

fn command() -> impl Strategy<Value = LedgerCommand> {
    let accept = (id(), 0..2_u8, prop::option::weighted(0.8, request())).prop_map(
        |(intent_id, digest, details)| LedgerCommand::AcceptIntent {
            intent_id,
            digest: [digest; 16],
            details,
        },
    );
    let confirm = (id(), 0..2_u8, request()).prop_map(|(intent_id, digest, details)| {
        LedgerCommand::ConfirmIntent { intent_id, digest: [digest; 16], details }
    });
    prop_oneof![
        8 => transfer(),
        8 => accept,
        3 => confirm,
        8 => after(),
        1 => rules(),
        2 => account(),
    ]
}

/// Every intent of a world, with its scope.
fn accepted(world: &World) -> Vec<(ScopeNo, IntentId)> {
    let events = world
        .log
        .iter()
        .flat_map(|(header, events)| events.iter().map(move |event| (header.scope, event)));
    let accepted = events.filter_map(|(scope, event)| match event {
        Event::IntentAccepted(body) => Some((scope, body.intent_id.clone())),
        _ => None,
    });
    accepted.collect()
}

/// What stands in the settlement account of a currency.
fn settled(world: &World, scope: ScopeNo, currency: Option<Currency>) -> Amount {
    let all = (0..world.ledger.accounts_len() as u32).map(AccountNo);
    let views = all.filter_map(|no| world.ledger.account_by_no(no));
    let mut of = views.filter(|view| {
        let code = view.code.as_str();
        view.scope == scope
            && Some(view.currency) == currency
            && (code == "settlement_account" || code.starts_with("settlement_account:"))
    });
    of.next().and_then(|view| view.available()).unwrap_or(Amount::ZERO)
}

/// Accounts, currencies and intents of a scope, counted from its log.
fn counted(world: &World, scope: ScopeNo) -> [u64; 3] {
    let own = world.log.iter().filter(|(header, _)| header.scope == scope);
    let events: Vec<&Event> = own.flat_map(|(_, events)| events).collect();
    let opened = || {
        events.iter().filter_map(|event| match event {
            Event::AccountOpened(body) => Some(body.currency),
            _ => None,
        })
    };
    let declared = events.iter().filter_map(|event| match event {
        Event::CurrencyDeclared(body) => Some(body.currency),
        _ => None,
    });
    let currencies: BTreeSet<Currency> = opened().chain(declared).collect();
    let accepted = events.iter().filter(|event| matches!(event, Event::IntentAccepted(_))).count();
    [opened().count() as u64, currencies.len() as u64, accepted as u64]
}

fn history() -> impl Strategy<Value = Vec<(ScopeNo, LedgerCommand)>> {
    let scope = prop_oneof![5 => Just(ScopeNo(0)), 1 => Just(ScopeNo(3))];
    prop::collection::vec((scope, command()), 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn snapshots_and_rebuilds_are_the_same_bytes(commands in history()) {
        let mut world = World::default();
        for (scope, command) in &commands {
            world.handle_in(*scope, command);
        }
        let (balances, intents) = world.bytes();
        prop_assert_eq!(&bytes(&world.rebuilt()), &(balances.clone(), intents.clone()));
        let decoded = Ledger::decode(&balances, &intents).unwrap();
        for scope in [ScopeNo(0), ScopeNo(1), ScopeNo(3), ScopeNo(9)] {
            for ledger in [&world.ledger, &world.rebuilt(), &decoded] {
                let counts = [
                    ledger.accounts_len_of(scope),
                    ledger.currencies_len_of(scope),
                    ledger.intents_len_of(scope),
                ];
                prop_assert_eq!(counts, counted(&world, scope));
            }
        }
        prop_assert_eq!(&bytes(&decoded), &(balances, intents));
        // The decoded ledger decides the same from here on, so its tables are the same too.
        let mut other = World::default();
        other.ledger = decoded;
        other.now = world.now;
        for (scope, command) in &commands {
            let ctx = zentra_ledger::Ctx {
                position: zentra_events::Position(1_000),
                now: zentra_events::Timestamp(world.now),
            };
            prop_assert_eq!(
                world.ledger.decide(*scope, command, &ctx),
                other.ledger.decide(*scope, command, &ctx)
            );
        }
    }

    #[test]
    fn a_currency_has_the_same_digits_for_ever_and_only_such_as_were_given(commands in history()) {
        let mut world = World::default();
        let mut digits: BTreeMap<(ScopeNo, Currency), u8> = BTreeMap::new();
        let mut declared: BTreeMap<(ScopeNo, Currency), u8> = BTreeMap::new();
        for (scope, command) in &commands {
            let Decision::Events(events) = world.handle_in(*scope, command) else { continue };
            for event in events {
                if let Event::CurrencyDeclared(body) = &event {
                    declared.insert((*scope, body.currency), body.exponent);
                }
                let Event::AccountOpened(body) = event else { continue };
                let key = (*scope, body.currency);
                let given = match command {
                    LedgerCommand::OpenAccount { exponent, .. } => *exponent,
                    _ => None,
                };
                let iso = body.currency.iso_exponent();
                let known = digits.get(&key).or(declared.get(&key)).copied();
                let first = known.or(given).or(iso).unwrap();
                prop_assert_eq!(body.exponent, *digits.entry(key).or_insert(first));
            }
        }
    }

    #[test]
    fn the_same_intent_gets_the_same_answer_for_ever(commands in history()) {
        let mut world = World::default();
        for (scope, command) in &commands {
            world.handle_in(*scope, command);
        }
        for (header, events) in world.log.clone() {
            let Some((id, digest)) = events.iter().find_map(|event| match event {
                zentra_events::Event::IntentAccepted(body) => {
                    Some((body.intent_id.clone(), body.digest))
                }
                _ => None,
            }) else { continue };
            let again = LedgerCommand::AcceptIntent { intent_id: id, digest, details: None };
            let answer = world.handle_in(header.scope, &again);
            prop_assert_eq!(answer, Decision::Repeat(header.position));
        }
    }

    #[test]
    fn whatever_is_closed_every_intent_can_be_brought_to_an_end(commands in history()) {
        let mut world = World::default();
        for (scope, command) in &commands {
            world.handle_in(*scope, command);
        }
        // Frozen accounts can be opened again; closed ones never.
        for no in (0..world.ledger.accounts_len() as u32).map(AccountNo) {
            let account = world.ledger.account_by_no(no).unwrap();
            let (code, status) = (account.code, AccountStatus::Open);
            let reason = String::new();
            let open =
                LedgerCommand::SetAccountStatus { code, status, reason, by_admin: true };
            world.handle_in(account.scope, &open);
        }
        for (scope, id) in accepted(&world) {
            let intent = world.ledger.intent(scope, &id).unwrap();
            let left = Amount(intent.settled.0 - intent.reversed.0);
            let (intent_id, effective_at, reason) = (id, None, String::new());
            let ending = match intent.state {
                IntentState::Accepted | IntentState::Routed => {
                    LedgerCommand::VoidIntent { intent_id, reason, effective_at }
                }
                // What an admin corrected away is not there any more.
                IntentState::Synchronized if settled(&world, scope, intent.currency) >= left => {
                    LedgerCommand::PayoutIntent { intent_id, effective_at }
                }
                _ => continue,
            };
            let decision = world.handle_in(scope, &ending);
            prop_assert!(matches!(decision, Decision::Events(_)), "{:?}: {:?}", ending, decision);
        }
        for no in (0..world.ledger.accounts_len() as u32).map(AccountNo) {
            let account = world.ledger.account_by_no(no).unwrap();
            let closed = account.status == AccountStatus::Closed;
            prop_assert!(!closed || account.debits == account.credits, "{:?}", account);
        }
    }

    #[test]
    fn damaged_projections_are_refused_or_canonical(
        commands in history(), at in any::<prop::sample::Index>(), flip in 1..=255_u8,
    ) {
        let mut world = World::default();
        for (scope, command) in &commands {
            world.handle_in(*scope, command);
        }
        let (mut balances, intents) = world.bytes();
        let index = at.index(balances.len());
        balances[index] ^= flip;
        if let Ok(decoded) = Ledger::decode(&balances, &intents) {
            prop_assert_eq!(bytes(&decoded), (balances.clone(), intents.clone()));
        }
        let longer: Vec<u8> = intents.iter().copied().chain([0]).collect();
        prop_assert!(Ledger::decode(&world.bytes().0, &longer).is_err());
        let shorter = &intents[..intents.len() - 1];
        prop_assert!(Ledger::decode(&world.bytes().0, shorter).is_err());
    }
}
