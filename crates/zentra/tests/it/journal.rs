//! Balances of a random run, judged by hledger.

use crate::support::http::Client;
use crate::support::judges::hledger;
use crate::support::process::{Server, Site};
use crate::support::random::Random;
use serde_json::{Value, json};
use std::thread;

const CLIENTS: u64 = 8;
const INTENTS_EACH: u64 = 1_250;
const ACCOUNTS: u64 = 40;

#[test]
fn hledger_confirms_the_balances_of_ten_thousand_random_intents() {
    let site = Site::new();
    let server = site.serve(&[]);
    fund(&mut server.client());
    let answered = run(&server);
    assert_eq!(answered, CLIENTS * INTENTS_EACH);
    server.stop();

    let journal = site.run(&["log", "journal", "--scope", "workspace_scope"]);
    assert!(journal.status.success(), "{}", String::from_utf8_lossy(&journal.stderr));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("zentra.journal");
    std::fs::write(&path, &journal.stdout).unwrap();
    let checked = hledger(&path, &["check", "-s"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));

    let text = String::from_utf8(journal.stdout).unwrap();
    let mut lines = text.lines();
    let head = [lines.next().unwrap(), lines.next().unwrap()];
    assert!(head[0].starts_with("; scope workspace_scope: its "), "{head:?}");
    assert!(head[1].starts_with("; checkpoint at position "), "such a run has one: {head:?}");
    assert_eq!(head[1].rsplit(' ').next().unwrap().len(), 44, "32 bytes in base64");
    let asserted = text.lines().filter(|line| line.contains(" = ")).count();
    assert!(asserted > 40, "{asserted} accounts carry an assertion");
    let transactions = text.lines().filter(|line| line.starts_with("20")).count();
    assert!(transactions > 10_000, "{transactions} transactions");

    let wrong = text.replacen(" = ", " = 1", 1);
    assert_ne!(wrong, text);
    std::fs::write(&path, wrong).unwrap();
    let refused = hledger(&path, &["check", "-s"]);
    assert!(!refused.status.success(), "a wrong assertion must be refused");
}

fn fund(client: &mut Client) {
    for number in 0..ACCOUNTS {
        let (currency, place) = currency(number);
        let amount = json!({ "minor_units": "600000", "currency": currency });
        let funded = client.post(
            "/transfers",
            &json!({ "postings": [
                { "account": format!("world:{place}"), "direction": "debit", "amount": amount },
                {
                    "account": format!("customer_balance:{number}"),
                    "direction": "credit",
                    "amount": amount,
                },
            ]}),
        );
        assert_eq!(funded.status, 201, "{}", String::from_utf8_lossy(&funded.body));
    }
}

/// Half of the accounts are in another currency, so that both books must balance.
fn currency(number: u64) -> (&'static str, &'static str) {
    if number.is_multiple_of(2) { ("EUR", "eur") } else { ("JPY", "jpy") }
}

/// Random intents with random further commands; returns how many were answered.
fn run(server: &Server) -> u64 {
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let mut client = server.client();
            thread::spawn(move || {
                let mut random = Random::new(number);
                (0..INTENTS_EACH)
                    .map(|sent| one(&mut client, &mut random, &format!("intent_{number}_{sent}")))
                    .sum::<u64>()
            })
        })
        .collect();
    clients.into_iter().map(|client| client.join().unwrap()).sum()
}

fn one(client: &mut Client, random: &mut Random, id: &str) -> u64 {
    let account = random.below(ACCOUNTS);
    let manual = random.below(4) == 0;
    let body = json!({
        "intent_id": id,
        "scope": "workspace_scope",
        "money_model": "minor_units + ledger_currency",
        "primitives": ["policy", "ledger", "events"],
        "amount": { "minor_units": 1 + random.below(2_000), "currency": currency(account).0 },
        "source": format!("customer_balance:{account}"),
        "destination": format!("merchant_balance:{}", account % 6),
        "capture": if manual { "manual" } else { "automatic" },
    });
    let accepted = client.post("/intents", &body);
    if accepted.status != 201 {
        assert_eq!(accepted.status, 422, "{}", String::from_utf8_lossy(&accepted.body));
        assert_eq!(accepted.json()["code"], "insufficient_funds");
        return 1;
    }
    if manual {
        let (verb, body) = match random.below(3) {
            0 => ("void", json!({ "reason": "changed their mind" })),
            1 => ("settle", json!({})),
            _ => ("settle", json!({ "amount": { "minor_units": 1 } })),
        };
        expect(client, id, verb, &body);
        if verb == "void" {
            return 1;
        }
    }
    match random.below(6) {
        0 => expect(client, id, "reverse", &json!({ "reason": "returned" })),
        1 => expect(client, id, "payout", &json!({})),
        _ => {}
    }
    1
}

fn expect(client: &mut Client, id: &str, verb: &str, body: &Value) {
    let answer = client.post(&format!("/intents/{id}/{verb}"), body);
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert_eq!(answer.status, 200, "{id} {verb}: {text}");
}
