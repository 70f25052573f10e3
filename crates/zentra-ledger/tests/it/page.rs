//! The product page's intent (docs/product-page.md): its exact lines, its states and its record.

use crate::world::{SCOPE, World};
use zentra_events::event::{Capture, Leg};
use zentra_events::{Amount, Direction, Event, Position};
use zentra_ledger::{Decision, IntentRequest, IntentState, LedgerCommand, TransferLine};

const AMOUNT: Amount = Amount(125_000);

fn request(capture: Capture) -> IntentRequest {
    IntentRequest {
        amount: AMOUNT,
        currency: "EUR".parse().unwrap(),
        source: "customer_balance".parse().unwrap(),
        destination: "merchant_balance".parse().unwrap(),
        corridor: "domestic".to_owned(),
        capture,
        effective_at: None,
        metadata: vec![("order".to_owned(), "7".to_owned()), ("a".to_owned(), "b".to_owned())],
    }
}

fn funded() -> World {
    let mut world = World::default();
    let line = |account: &str, direction| TransferLine {
        account: account.parse().unwrap(),
        direction,
        amount: AMOUNT,
        currency: "EUR".parse().unwrap(),
    };
    let lines = vec![line("customer_balance", Direction::Credit), line("world", Direction::Debit)];
    let decision = world.handle(&LedgerCommand::PostTransfer { lines, correction: None });
    assert!(matches!(decision, Decision::Events(_)));
    world
}

fn accept() -> LedgerCommand {
    LedgerCommand::AcceptIntent {
        intent_id: "intent_042".parse().unwrap(),
        digest: [42; 16],
        details: Some(request(Capture::Automatic)),
    }
}

/// (leg, account code, direction, amount) of every line of an entry.
fn lines(world: &World, events: &[Event]) -> Vec<(Leg, String, Direction, Amount)> {
    let mut all = Vec::new();
    for event in events {
        let Event::LedgerPosted(body) = event else { continue };
        for line in &body.lines {
            let code = world.ledger.account_by_no(line.account).unwrap().code.to_string();
            all.push((body.leg, code, line.direction, line.amount));
        }
    }
    all
}

#[test]
fn intent_042_posts_the_pages_four_lines_in_one_entry() {
    let mut world = funded();
    let Decision::Events(events) = world.handle(&accept()) else { panic!("refused") };
    let expected = [
        (Leg::Reserve, "customer_balance", Direction::Debit),
        (Leg::Reserve, "reserved_balance", Direction::Credit),
        (Leg::Settle, "reserved_balance", Direction::Debit),
        (Leg::Settle, "settlement_account", Direction::Credit),
    ];
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(leg, code, direction)| (leg, code.to_owned(), direction, AMOUNT))
        .collect();
    assert_eq!(lines(&world, &events), expected);
    let controlled = events.iter().find_map(|event| match event {
        Event::IntentControlled(body) => Some(body.checks.clone()),
        _ => None,
    });
    let checks = controlled.unwrap();
    assert_eq!((checks[0].name.as_str(), checks[0].passed), ("limit_check", true));
    assert_eq!(checks[0].limit, None);
    let view = world.ledger.intent(SCOPE, &"intent_042".parse().unwrap()).unwrap();
    assert_eq!(view.state, IntentState::Synchronized);
    assert_eq!((view.accepted_at, view.last), (Position(1), Position(1)));
    assert_eq!((view.settled, view.reserved), (AMOUNT, Amount::ZERO));
    assert_eq!(view.capture, Some(Capture::Automatic));
    assert_eq!(view.currency.unwrap().as_str(), "EUR");
}

#[test]
fn intent_042_without_an_amount_waits_for_its_confirmation() {
    let mut world = funded();
    let intent_id: zentra_events::IntentId = "intent_042".parse().unwrap();
    let digest = [1; 16];
    let accept =
        LedgerCommand::AcceptIntent { intent_id: intent_id.clone(), digest, details: None };
    let Decision::Events(events) = world.handle(&accept) else { panic!("refused") };
    assert_eq!(events.len(), 1);
    let confirm = LedgerCommand::ConfirmIntent {
        intent_id: intent_id.clone(),
        digest: [2; 16],
        details: request(Capture::Automatic),
    };
    let Decision::Events(events) = world.handle(&confirm) else { panic!("refused") };
    assert_eq!(lines(&world, &events).len(), 4);
    assert_eq!(world.handle(&accept), Decision::Repeat(Position(1)));
    assert_eq!(world.handle(&confirm), Decision::Repeat(Position(2)));
    let view = world.ledger.intent(SCOPE, &intent_id).unwrap();
    assert_eq!(view.confirmed_at, Some(Position(2)));
}

#[test]
fn the_flow_ends_with_a_closed_payout() {
    let mut world = funded();
    world.handle(&accept());
    let payout = LedgerCommand::PayoutIntent {
        intent_id: "intent_042".parse().unwrap(),
        effective_at: None,
    };
    let Decision::Events(events) = world.handle(&payout) else { panic!("refused") };
    let legs: Vec<_> =
        lines(&world, &events).into_iter().map(|(leg, code, ..)| (leg, code)).collect();
    let expected = [
        (Leg::Merchant, "settlement_account"),
        (Leg::Merchant, "merchant_balance"),
        (Leg::Payout, "merchant_balance"),
        (Leg::Payout, "payout_account"),
    ];
    assert_eq!(legs, expected.map(|(leg, code)| (leg, code.to_owned())));
    let posted = |code: &str| world.ledger.account(SCOPE, &code.parse().unwrap()).unwrap().posted();
    assert_eq!(posted("world"), (true, AMOUNT));
    assert_eq!(posted("payout_account"), (false, AMOUNT));
    for empty in ["customer_balance", "reserved_balance", "settlement_account", "merchant_balance"]
    {
        assert_eq!(posted(empty), (false, Amount::ZERO), "{empty}");
    }
}

#[test]
fn metadata_is_sorted_and_details_name_opened_accounts() {
    let mut world = funded();
    let Decision::Events(events) = world.handle(&accept()) else { panic!("refused") };
    let details = events.iter().find_map(|event| match event {
        Event::IntentAccepted(body) => body.details.clone(),
        _ => None,
    });
    assert_eq!(details.unwrap().metadata[0].0, "a");
    let opened = events.iter().take_while(|event| matches!(event, Event::AccountOpened(_)));
    assert_eq!(opened.count(), 3, "accounts open before the intent names them");
}
