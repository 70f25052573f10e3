//! Thousands of made-up requests: no answer is a failure of the server's, every refusal has a code
//! that is known and the status of that code.

use crate::attacks::batch::{bytes, item, terms};
use crate::attacks::made_up::MadeUp;
use crate::attacks::world::World;
use crate::support::http::{Client, Response};
use crate::support::random::Random;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use zentra_api::status_of;
use zentra_batch::wire::MEDIA_TYPE;
use zentra_events::Code;

const REQUESTS: usize = 3_000;

/// How often an operation was tried, and taken.
type Counts = BTreeMap<String, (usize, usize)>;

#[test]
fn made_up_requests_are_answered_or_refused_and_fail_nothing() {
    let mut world = World::start("made-up-requests", &[]);
    let document = world.attacker().get("/openapi.json").json();
    fund(&mut world.attacker());
    // Of all windows: what the first has closed or frozen takes less in the next.
    let mut counts = Counts::new();
    world.attack(|world, window| {
        let mut client = world.attacker();
        let random = Random::new(0xf022 + window as u64);
        let mut made_up = MadeUp { document: &document, random, ids: Vec::new() };
        for _ in 0..REQUESTS {
            request(&mut made_up, &mut client, &mut counts);
        }
        let taken: BTreeSet<&String> =
            counts.iter().filter(|(_, count)| count.1 > 0).map(|(name, _)| name).collect();
        // Scopes are the deployment's: no admin of one is let near them.
        let of_scopes = |name: &String| name.contains(" /scopes");
        let never: Vec<&String> =
            counts.keys().filter(|name| !taken.contains(name) && !of_scopes(name)).collect();
        // Few are left out, or the requests are too wrong to find anything.
        assert!(never.len() <= counts.len() / 4, "never taken: {never:?}");
    });
    assert_eq!(world.attacker().get("/keys").status, 200, "the key is good until the end");
    world.settle(300);
}

fn fund(client: &mut Client) {
    let amount = json!({ "minor_units": "1000000", "currency": "EUR" });
    let transfer = json!({ "postings": [
        { "account": "world", "direction": "debit", "amount": amount },
        { "account": "customer_balance:m", "direction": "credit", "amount": amount },
    ]});
    assert_eq!(client.post("/transfers", &transfer).status, 201);
}

fn request(made_up: &mut MadeUp<'_>, client: &mut Client, counts: &mut Counts) {
    let paths = made_up.document["paths"].as_object().unwrap();
    // Half of them are about intents, which have the most states.
    let about = if made_up.one_in(2) { "/intents" } else { "" };
    let paths: Vec<_> = paths.iter().filter(|(path, _)| path.starts_with(about)).collect();
    let (path, operations) = paths[made_up.random.below(paths.len() as u64) as usize];
    let operations = operations.as_object().unwrap();
    let at = made_up.random.below(operations.len() as u64) as usize;
    let (method, operation) = operations.iter().nth(at).unwrap();
    // New rules would refuse most of what follows.
    if method == "put" && !made_up.one_in(10) {
        return;
    }
    let name = format!("{method} {path}");
    let method = match made_up.random.below(40) {
        0 => made_up.pick(&["PATCH", "DELETE", "PUT", "OPTIONS", "HEADS"]).to_owned(),
        _ => method.to_uppercase(),
    };
    let target = made_up.target(path, operation);
    let mut body = made_up.body(operation);
    let mut headers: Vec<(&str, String)> = Vec::new();
    if path == "/intents/batch" && made_up.one_in(2) {
        headers.push(("content-type", MEDIA_TYPE.to_owned()));
        body = batch(made_up);
    } else if made_up.one_in(30) {
        let kinds = ["text/plain", "application/x-ndjson", "application/json; charset=x", "a"];
        headers.push(("content-type", made_up.pick(&kinds).to_owned()));
    }
    if method == "POST" && path != "/intents/batch" && made_up.one_in(4) {
        headers.push(("idempotency-key", format!("key-{}", made_up.random.below(60))));
    }
    if made_up.one_in(40) {
        headers.push(("accept", made_up.pick(&[MEDIA_TYPE, "text/html", "*/*"]).to_owned()));
    }
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, v)| (*name, v.as_str())).collect();
    let answer = client.send(&method, &target, &headers, &body).unwrap();
    let asked = format!("{method} {target} {headers:?} {}", String::from_utf8_lossy(&body));
    check(&answer, &asked);
    let count = counts.entry(name).or_default();
    count.0 += 1;
    count.1 += usize::from(answer.status < 300);
    if answer.header("content-type") == Some("application/json") {
        collect(&answer.json(), &mut made_up.ids);
    }
}

fn batch(made_up: &mut MadeUp<'_>) -> Vec<u8> {
    let id = format!("made_up_{}", made_up.random.below(40));
    let items = [item(&id, 3, "customer_balance:m", "merchant_balance:m")];
    let mut batch = bytes(&[terms("EUR")], &items);
    for _ in 0..made_up.random.below(4) {
        let at = made_up.random.below(batch.len() as u64) as usize;
        match made_up.random.below(3) {
            0 => batch.truncate(at.max(1)),
            1 => batch.insert(at, made_up.random.next() as u8),
            _ => batch[at] = made_up.random.next() as u8,
        }
    }
    batch
}

/// An answer is a success, or a problem with a known code and its status; never a failure.
fn check(answer: &Response, asked: &str) {
    let asked: String = asked.chars().take(2_000).collect();
    let body = String::from_utf8_lossy(&answer.body);
    if answer.status < 400 {
        return;
    }
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{asked}\n{body}");
    let problem = answer.json();
    let code = Code::ALL.iter().find(|code| problem["code"] == code.as_str());
    let code = code.unwrap_or_else(|| panic!("{asked}\n{problem}"));
    assert_eq!(answer.status, status_of(*code).as_u16(), "{asked}\n{problem}");
    if answer.status >= 500 {
        assert!(matches!(answer.status, 503 | 507), "{asked}\n{problem}");
        assert!(answer.header("retry-after").is_some(), "{asked}\n{problem}");
    }
}

/// Keeps what looks like an id, but no key: the attacker would take away its own.
fn collect(value: &Value, ids: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.values().for_each(|value| collect(value, ids)),
        Value::Array(items) => items.iter().for_each(|value| collect(value, ids)),
        Value::String(text) if is_wanted(text, ids) => ids.push(text.clone()),
        _ => {}
    }
}

/// Whether it is an id that is new; fifty of a kind are enough.
fn is_wanted(text: &str, ids: &[String]) -> bool {
    let kind = ["wep_", "evt_", "dlv_", "rpl_"].into_iter().find(|kind| text.starts_with(kind));
    let Some(kind) = kind else { return false };
    let known = ids.iter().filter(|id| id.starts_with(kind));
    known.clone().count() < 50 && known.clone().all(|id| id != text)
}
