//! Attacks on a ledger by its own writers: totals that overflow, accounts of the system that are
//! closed, split or emptied, and currencies without end.

use crate::attacks::batch::{bytes, item, submit, terms};
use crate::attacks::world::World;
use crate::support::http::Client;
use serde_json::{Value, json};
use zentra_batch::wire::OutcomeV1;
use zentra_events::Amount;

fn transfer(from: &str, to: &str, minor_units: &str) -> Value {
    let amount = json!({ "minor_units": minor_units, "currency": "USD" });
    json!({ "postings": [
        { "account": from, "direction": "debit", "amount": amount },
        { "account": to, "direction": "credit", "amount": amount },
    ]})
}

fn intent(id: &str, source: &str, destination: &str) -> Value {
    json!({
        "intent_id": id,
        "amount": { "minor_units": 5, "currency": "USD" },
        "source": source,
        "destination": destination,
    })
}

fn code(client: &mut Client, path: &str, body: &Value) -> (u16, String) {
    let answer = client.post(path, body);
    let told = answer.json();
    (answer.status, told["code"].as_str().unwrap_or("").to_owned())
}

/// An intent runs, one like it is reversed and another paid out: the currency is of use.
fn check_usable(client: &mut Client, round: &str) {
    assert_eq!(client.post("/transfers", &transfer("world", "customer_balance", "10")).status, 201);
    for (id, then) in [("paid", "payout"), ("reversed", "reverse")] {
        let id = format!("{id}_{round}");
        let told = client.post("/intents", &intent(&id, "customer_balance", "merchant_balance"));
        assert_eq!((told.status, &told.json()["state"]), (201, &json!("synchronized")), "{id}");
        let body = if then == "reverse" { json!({ "reason": "a test" }) } else { json!({}) };
        assert_eq!(client.post(&format!("/intents/{id}/{then}"), &body).status, 200, "{id}");
    }
}

#[test]
fn no_amount_uses_a_currency_up() {
    let mut world = World::start("amounts", &[]);
    world.attack(|world, window| {
        let mut client = world.attacker();
        let round = format!("before_{window}");
        check_usable(&mut client, &round);
        let over = (Amount::MAX.0 + 1).to_string();
        for huge in [over.as_str(), &u128::MAX.to_string()] {
            let refused = code(&mut client, "/transfers", &transfer("world", "bank", huge));
            assert_eq!(refused, (400, "validation_failed".to_owned()), "{huge}");
        }
        let most = Amount::MAX.to_string();
        for _ in 0..50 {
            let posted = client.post("/transfers", &transfer("world", "customer_balance", &most));
            assert_eq!(posted.status, 201);
        }
        for huge in [Amount::MAX.0 + 1, u128::MAX] {
            let items = [item("huge", huge, "world", "merchant_balance")];
            let refused = submit(&mut client, &bytes(&[terms("USD")], &items)).unwrap_err();
            assert_eq!(refused.0, 400, "{}", refused.1);
        }
        check_usable(&mut client, &format!("after_{window}"));
    });
    world.settle(300);
}

#[test]
fn accounts_of_the_system_are_neither_closed_nor_split_nor_emptied() {
    let mut world = World::start("system-accounts", &[]);
    world.attack(|world, window| {
        let mut client = world.attacker();
        // The first intent of the currency.
        for (number, name) in ["settlement_account:USD", "reserved_balance", "payout_account:x"]
            .into_iter()
            .enumerate()
        {
            let id = format!("party_{window}_{number}");
            let told = client.post("/intents", &intent(&id, "world", name)).json();
            assert_eq!(told["state"], "rejected", "{told}");
            assert_eq!(told["code"], "account_reserved", "{told}");
            let items = [item("named", 5, name, "merchant_balance")];
            let outcomes = submit(&mut client, &bytes(&[terms("USD")], &items)).unwrap();
            assert!(!matches!(outcomes[0], OutcomeV1::Created { .. }), "{outcomes:?}");
            let account = json!({ "code": name, "currency": "USD" });
            let refused = code(&mut client, "/accounts", &account);
            assert_eq!(refused, (422, "account_reserved".to_owned()));
        }
        check_usable(&mut client, &format!("before_{window}"));
        let why = json!({ "reason": "an attack" });
        for name in ["reserved_balance", "settlement_account", "payout_account"] {
            let closed = code(&mut client, &format!("/accounts/{name}/close"), &why);
            assert_eq!(closed, (422, "account_reserved".to_owned()));
            let moved = code(&mut client, "/transfers", &transfer(name, "world", "1"));
            assert_eq!(moved, (422, "account_reserved".to_owned()));
        }
        check_usable(&mut client, &format!("after_{window}"));
    });
    world.settle(300);
}

/// How many currencies of a batch are declared.
const DECLARED: usize = 10;

#[test]
fn a_currency_an_intent_ends_at_the_scopes_own_limits() {
    let mut world = World::start("currencies", &[]);
    world.attack(|world, window| {
        let mut client = world.attacker();
        check_usable(&mut client, &format!("before_{window}"));
        for batch in 0..20 {
            // Some are declared, the others are what anybody may write.
            for number in 0..DECLARED {
                let path = format!("/currencies/Z{batch}X{number}");
                let body = json!({ "exponent": 6 }).to_string();
                let declared = client.send("PUT", &path, &[], body.as_bytes()).unwrap();
                assert_eq!(declared.status, 200);
            }
            let items: Value = (0..250)
                .map(|number| {
                    let mut asked = intent(
                        &format!("i_{window}_{batch}_{number}"),
                        &format!("world:{batch}:{number}"),
                        &format!("merchant_balance:{batch}:{number}"),
                    );
                    asked["amount"]["currency"] = json!(format!("Z{batch}X{number}"));
                    asked
                })
                .collect();
            let answer = client.post("/intents/batch", &items);
            assert_eq!(answer.status, 200);
            let told = answer.json();
            let told = told["data"].as_array().unwrap();
            assert_eq!(told.len(), 250);
            let unknown = told.iter().filter(|one| one["code"] == "currency_unknown").count();
            assert_eq!(unknown, 250 - DECLARED, "{}", told[0]);
        }
        check_usable(&mut client, &format!("after_{window}"));
    });
    world.settle(400);
}
