//! Events that no decider makes: folding one says what is wrong with it.

use zentra_events::event::{IntentVoidedV1, LedgerPostedV1, Leg, PostingV1};
use zentra_events::{
    AccountNo, ActorNo, Amount, Code, Direction, Event, Header, IntentNo, Position, RequestId,
    ScopeNumber, Timestamp,
};
use zentra_ledger::{IntentRequest, LedgerCommand};

use crate::world::{SCOPE, World};

const WORLD: AccountNo = AccountNo(0);
const MERCHANT: AccountNo = AccountNo(1);
const RESERVED: AccountNo = AccountNo(2);

/// A world with one hold of 60 from `world`.
fn held() -> World {
    let mut world = World::default();
    world.handle(&LedgerCommand::AcceptIntent {
        intent_id: "i".parse().unwrap(),
        digest: [0; 16],
        details: Some(IntentRequest {
            amount: Amount(60),
            currency: "EUR".parse().unwrap(),
            source: "world".parse().unwrap(),
            destination: "merchant_balance".parse().unwrap(),
            corridor: "domestic".to_owned(),
            capture: zentra_events::event::Capture::Manual,
            effective_at: None,
            metadata: Vec::new(),
        }),
    });
    assert_eq!(world.ledger.intents_len(), 1);
    world
}

/// What the ledger says when it folds the event after one hold.
fn wrong_in(event: impl Into<Event>) -> String {
    let mut world = held();
    let header = Header {
        position: Position(1),
        scope: SCOPE,
        scope_number: ScopeNumber(1),
        recorded_at: Timestamp(2),
        actor: ActorNo(0),
        request_id: RequestId([0; 16]),
        cause: None,
        idempotency: None,
    };
    world.ledger.evolve(&header, &event.into()).expect_err("the ledger folded it").to_string()
}

fn posted(leg: Leg, debit: (AccountNo, u128), credit: (AccountNo, u128)) -> LedgerPostedV1 {
    let line = |(account, amount), direction| PostingV1 {
        account,
        direction,
        amount: Amount(amount),
        prev: Some(Position(0)),
    };
    let intent = (leg != Leg::Transfer).then_some(IntentNo(0));
    let lines = vec![line(debit, Direction::Debit), line(credit, Direction::Credit)];
    LedgerPostedV1 { intent, leg, lines }
}

#[test]
fn lines_that_do_not_balance_are_told() {
    let seen = wrong_in(posted(Leg::Transfer, (WORLD, 5), (MERCHANT, 4)));
    assert!(seen.contains("do not balance"), "{seen}");
}

#[test]
fn a_floor_that_does_not_hold_is_told() {
    let seen = wrong_in(posted(Leg::Transfer, (MERCHANT, 5), (WORLD, 5)));
    assert!(seen.contains("falls below its floor"), "{seen}");
}

#[test]
fn a_second_reserve_is_told() {
    let seen = wrong_in(posted(Leg::Reserve, (WORLD, 60), (RESERVED, 60)));
    assert!(seen.contains("posts Reserve"), "{seen}");
}

#[test]
fn a_void_that_keeps_the_hold_is_told() {
    let seen = wrong_in(IntentVoidedV1 {
        intent: IntentNo(0),
        intent_id: "i".parse().unwrap(),
        code: Code::VoidRequested,
        reason: String::new(),
    });
    assert!(seen.contains("is voided"), "{seen}");
}

#[test]
fn an_account_that_is_not_there_is_told() {
    let seen = wrong_in(posted(Leg::Transfer, (WORLD, 5), (AccountNo(99), 5)));
    assert!(seen.contains("no account"), "{seen}");
}
