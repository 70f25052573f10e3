//! SIGKILL at random moments under load: what was acknowledged is there, exactly once.

use crate::support::http::Client;
use crate::support::process::{Server, Site};
use crate::support::random::Random;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

const ROUNDS: u64 = 50;
const CLIENTS: u64 = 4;
const FUNDS: u64 = 1_000_000_000_000;

/// What the clients know of each intent they sent: whether it was acknowledged.
#[derive(Default)]
struct Ledger {
    acknowledged: Mutex<BTreeSet<String>>,
    unanswered: Mutex<BTreeSet<String>>,
    count: AtomicU64,
    enough: (Mutex<()>, Condvar),
}

#[test]
fn fifty_kills_lose_nothing_and_repeat_nothing() {
    let site = Site::new();
    let mut random = Random::new(0x5eed);
    let known = Arc::new(Ledger::default());
    let server = site.serve(&[]);
    fund(&mut server.client());
    server.kill();
    for round in 0..ROUNDS {
        let server = site.serve(&[]);
        retry_unanswered(&mut server.client(), &known);
        load_until(server, round, 1 + random.below(120), &known);
        let verified = site.run(&["log", "verify"]);
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
        check(&site, &known, round);
    }
    let server = site.serve(&[]);
    let mut client = server.client();
    retry_unanswered(&mut client, &known);
    let acknowledged = known.acknowledged.lock().unwrap().clone();
    for id in &acknowledged {
        let intent = client.get(&format!("/intents/{id}"));
        assert_eq!(intent.status, 200, "{id}");
    }
    let source = client.get("/accounts/customer_balance:kill").json();
    let moved = u64::try_from(acknowledged.len()).unwrap();
    assert_eq!(source["balances"]["posted"], (FUNDS - moved).to_string());
    server.stop();
    check(&site, &known, ROUNDS);
    let rebuilt = site.run(&["rebuild", "--verify"]);
    assert!(rebuilt.status.success(), "{}", String::from_utf8_lossy(&rebuilt.stdout));
}

fn fund(client: &mut Client) {
    let amount = json!({ "minor_units": FUNDS, "currency": "EUR" });
    let funded = client.post(
        "/transfers",
        &json!({ "postings": [
            { "account": "world:bank", "direction": "debit", "amount": amount },
            { "account": "customer_balance:kill", "direction": "credit", "amount": amount },
        ]}),
    );
    assert_eq!(funded.status, 201, "{}", String::from_utf8_lossy(&funded.body));
}

fn intent(id: &str) -> Value {
    json!({
        "intent_id": id,
        "scope": "workspace_scope",
        "money_model": "minor_units + ledger_currency",
        "primitives": ["policy", "ledger", "events"],
        "amount": { "minor_units": 1, "currency": "EUR" },
        "source": "customer_balance:kill",
        "destination": "merchant_balance:kill",
    })
}

fn load_until(server: Server, round: u64, acknowledged_more: u64, known: &Arc<Ledger>) {
    let stop = Arc::new(AtomicBool::new(false));
    let target = known.count.load(Ordering::SeqCst) + acknowledged_more;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (mut client, known) = (server.client(), Arc::clone(known));
            let stop = Arc::clone(&stop);
            thread::spawn(move || {
                let mut sent = 0;
                while !stop.load(Ordering::SeqCst) {
                    let id = format!("intent_{round}_{number}_{sent}");
                    sent += 1;
                    if !send(&mut client, &id, &known) {
                        return;
                    }
                }
            })
        })
        .collect();
    let waiting = known.enough.0.lock().unwrap();
    let reached = |_: &mut ()| known.count.load(Ordering::SeqCst) < target;
    drop(known.enough.1.wait_while(waiting, reached).unwrap());
    server.kill();
    stop.store(true, Ordering::SeqCst);
    for client in clients {
        client.join().unwrap();
    }
}

/// Sends an intent; false when the server died before it answered.
fn send(client: &mut Client, id: &str, known: &Ledger) -> bool {
    match client.try_post("/intents", &intent(id)) {
        Ok(answer) => {
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(matches!(answer.status, 200 | 201), "{id}: {} {body}", answer.status);
            known.unanswered.lock().unwrap().remove(id);
            known.acknowledged.lock().unwrap().insert(id.to_owned());
            known.count.fetch_add(1, Ordering::SeqCst);
            drop(known.enough.0.lock().unwrap());
            known.enough.1.notify_all();
            true
        }
        Err(_) => {
            known.unanswered.lock().unwrap().insert(id.to_owned());
            false
        }
    }
}

/// A client that got no answer asks again: the same request, so that it happens once.
fn retry_unanswered(client: &mut Client, known: &Ledger) {
    let unanswered = known.unanswered.lock().unwrap().clone();
    for id in unanswered {
        assert!(send(client, &id, known), "{id} again");
    }
}

/// Every acknowledged intent is in the log once, settled once; no other than those that were sent.
fn check(site: &Site, known: &Ledger, round: u64) {
    let output = site.run(&["log", "inspect"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut accepted: BTreeMap<String, u64> = BTreeMap::new();
    let mut settled = 0_u64;
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        for event in entry["events"].as_array().unwrap() {
            if event["type"] == "intent.accepted" {
                let id = event["data"]["intent_id"].as_str().unwrap().to_owned();
                *accepted.entry(id).or_default() += 1;
            }
            settled += u64::from(event["data"]["leg"] == "settle");
        }
    }
    let acknowledged = known.acknowledged.lock().unwrap();
    let unanswered = known.unanswered.lock().unwrap();
    for id in acknowledged.iter() {
        assert_eq!(accepted.get(id), Some(&1), "round {round}: {id}");
    }
    for (id, times) in &accepted {
        assert_eq!(*times, 1, "round {round}: {id}");
        assert!(acknowledged.contains(id) || unanswered.contains(id), "round {round}: {id}");
    }
    assert_eq!(settled, u64::try_from(accepted.len()).unwrap(), "round {round}");
}
