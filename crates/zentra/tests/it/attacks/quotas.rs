//! A tenant that takes as much as it gets: each quota stops it alone, and says how to go on.

use crate::attacks::batch::{bytes, item, submit, terms};
use crate::attacks::world::World;
use crate::support::http::{Client, Response};
use serde_json::{Value, json};
use zentra_batch::wire::OutcomeV1;

const PEAK_MIB: u64 = 200;

#[test]
fn each_quota_stops_its_scope_alone() {
    let mut world = World::start("quotas", &[]);
    world.attack(|world, window| {
        // What was taken before is not given back: each window has as much again.
        let times = window as u64 + 1;
        limit(
            world,
            &json!({
                "endpoints": 3,
                "filters": 8,
                "secrets": 4 * times,
                "accounts": 20 * times,
                "currencies": 3,
                "keys": 4 * times,
                "queued_deliveries": 40,
                "fan_out": 30,
            }),
        );
        let mut client = world.attacker();
        until_over(&mut client, "endpoints", 8, |client, n| {
            endpoint(client, &[&format!("a{n}.b")])
        });
        let many: Vec<String> = (0..9).map(|n| format!("f{n}.x")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        remove_endpoints(&mut client);
        over("filters", &endpoint(&mut client, &many));
        until_over(&mut client, "secrets", 8, |client, n| {
            let made = endpoint(client, &[&format!("b{n}.c")]);
            remove_endpoints(client);
            made
        });
        until_over(&mut client, "currencies", 8, |client, n| {
            account(
                client,
                &format!("cash:{window}_{n}"),
                ["EUR", "USD", "JPY", "CHF", "GBP"][n % 5],
            )
        });
        until_over(&mut client, "accounts", 40, |client, n| {
            account(client, &format!("more:{window}_{n}"), "EUR")
        });
        until_over(&mut client, "keys", 8, |client, n| {
            let body = json!({ "actor": "svc_more", "roles": ["auditor"], "label": n.to_string() });
            client.post("/keys", &body)
        });
    });
    world.settle(PEAK_MIB);
}

#[test]
fn what_is_not_delivered_is_bounded_and_so_is_what_one_batch_fans_out() {
    let mut world = World::start("queue", &[]);
    let mut client = world.attacker();
    assert_eq!(endpoint(&mut client, &["transfer.settled", "order.*"]).status, 201);
    // Nobody can be reached there, so everything stays undelivered.
    limit(&world, &json!({ "queued_deliveries": 40, "fan_out": 30 }));
    world.attack(|world, window| {
        let mut client = world.attacker();
        let ids: Vec<String> = (0..31).map(|n| format!("w{window}_{n}")).collect();
        let items: Vec<_> =
            ids.iter().map(|id| item(id, 1, "world", "merchant_balance:a")).collect();
        let outcomes = submit(&mut client, &bytes(&[terms("EUR")], &items)).unwrap();
        for outcome in &outcomes {
            let OutcomeV1::Refused { code } = outcome else { panic!("{outcome:?}") };
            assert_eq!(code.as_str(), "quota_exceeded", "31 items to one endpoint");
        }
        until_over(&mut client, "queued_deliveries", 60, |client, _| {
            client.post("/events", &json!({ "type": "order.paid", "data": {} }))
        });
        let used = used(&mut client, "queued_deliveries");
        assert!((30..=40).contains(&used), "{used} deliveries");
    });
    world.settle(PEAK_MIB);
}

#[test]
fn keyed_refusals_fill_nothing() {
    let mut world = World::start("refusals", &[]);
    limit(&world, &json!({ "idempotency_keys": 25 }));
    world.attack(|world, window| {
        let mut client = world.attacker();
        let mut refuse = |n: usize| {
            let amount = json!({ "minor_units": 1, "currency": "EUR" });
            let body = json!({ "postings": [
                { "account": "customer_balance:poor", "direction": "debit", "amount": amount },
                { "account": "world", "direction": "credit", "amount": amount },
            ]});
            let key = format!("w{window}_{n}");
            let headers = [("idempotency-key", key.as_str())];
            client.send("POST", "/transfers", &headers, body.to_string().as_bytes()).unwrap()
        };
        let answers: Vec<u16> = (0..200).map(|n| refuse(n).status).collect();
        let recorded = answers.iter().filter(|status| **status == 422).count();
        assert!(recorded <= 25, "{recorded} refusals were recorded");
        assert!(answers.iter().rev().take(100).all(|status| *status == 429), "{answers:?}");
        over("idempotency_keys", &refuse(200));
        let before = used(&mut world.attacker(), "log_bytes_per_day");
        refuse(201);
        let mut client = world.attacker();
        assert_eq!(used(&mut client, "log_bytes_per_day"), before, "nothing is written any more");
        assert_eq!(used(&mut client, "idempotency_keys"), 25);
    });
    world.settle(PEAK_MIB);
}

#[test]
fn a_day_has_so_many_bytes_of_log_and_a_second_so_many_requests() {
    let mut world = World::start("log_bytes", &[]);
    limit(&world, &json!({ "log_bytes_per_day": 400_000 }));
    let data = json!({ "text": "x".repeat(20_000) });
    world.attack(|world, _| {
        let mut client = world.attacker();
        let event = json!({ "type": "order.paid", "data": data });
        let refused = until_over(&mut client, "log_bytes_per_day", 60, |client, _| {
            client.post("/events", &event)
        });
        let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=86_400).contains(&wait), "until midnight: {wait}");
        let used = used(&mut client, "log_bytes_per_day");
        assert!((400_000..430_000).contains(&used), "{used} bytes");
        assert_eq!(client.get("/events").status, 200, "reads go on");
    });
    limit(&world, &json!({ "requests_per_second": 20 }));
    world.attack(|world, _| {
        let mut client = world.attacker();
        let answers: Vec<Response> = (0..200).map(|_| client.get("/quotas")).collect();
        let refused: Vec<&Response> = answers.iter().filter(|one| one.status == 429).collect();
        assert!(refused.len() > 20, "{} were refused", refused.len());
        for one in refused {
            over("requests_per_second", one);
            assert_eq!(one.header("retry-after"), Some("1"));
        }
    });
    let metrics = String::from_utf8(world.attacker().get("/metrics").body).unwrap();
    for quota in ["log_bytes_per_day", "requests_per_second"] {
        let counted = format!("zentra_quota_refused_total{{quota=\"{quota}\"}}");
        assert!(metrics.contains(&counted), "{counted}");
    }
    for (gauge, least) in [
        ("zentra_inbox_depth", 0.0),
        ("zentra_attempts_under_way", 0.0),
        ("zentra_state_bytes", 1.0),
    ] {
        let told = metrics.lines().find_map(|line| line.strip_prefix(&format!("{gauge} ")));
        let told: f64 = told.unwrap_or_else(|| panic!("{gauge}: {metrics}")).parse().unwrap();
        assert!(told >= least, "{gauge} {told}");
    }
    world.settle(PEAK_MIB);
}

#[test]
fn connections_and_bodies_of_a_scope_are_bounded() {
    let mut world = World::start("connections", &[]);
    limit(&world, &json!({ "connections": 2, "body_bytes": 100_000 }));
    world.attack(|world, _| {
        let mut clients: Vec<Client> = (0..6).map(|_| world.attacker()).collect();
        let answers: Vec<Response> =
            clients.iter_mut().map(|client| client.get("/quotas")).collect();
        let refused = answers.iter().filter(|answer| answer.status != 200);
        let refused: Vec<&Response> = refused.inspect(|one| over("connections", one)).collect();
        assert!(refused.len() >= 4, "{} of 6 were refused", refused.len());
    });
    limit(&world, &json!({ "body_bytes": 100_000 }));
    world.attack(|world, _| {
        let data = json!({ "text": "x".repeat(150_000) });
        let event = json!({ "type": "order.paid", "data": data });
        over("body_bytes", &world.attacker().post("/events", &event));
    });
    world.settle(PEAK_MIB);
}

/// Sets limits of the attacker's scope, as the deployment does.
fn limit(world: &World, quotas: &Value) {
    let mut client = world.server.client_with(&world.deployment_key);
    let body = json!({ "quotas": quotas }).to_string();
    let path = "/scopes/attacker_scope/quotas";
    let answer = client.send("PUT", path, &[], body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.json());
    let shown = client.get(path).json();
    for (name, limit) in quotas.as_object().unwrap() {
        let row = row(&shown, name);
        assert_eq!((&row["limit"], &row["own"]), (limit, &json!(true)), "{shown}");
    }
    let refused = world.attacker().send("PUT", path, &[], body.as_bytes()).unwrap();
    assert_eq!(refused.status, 403, "a scope sets none of its own");
}

/// Asks until a quota refuses, which it must within so many times, and gives the refusal.
fn until_over(
    client: &mut Client,
    quota: &str,
    most: usize,
    mut ask: impl FnMut(&mut Client, usize) -> Response,
) -> Response {
    let refused = (0..most).map(|n| ask(client, n)).find(|answer| answer.status == 429);
    let refused = refused.unwrap_or_else(|| panic!("{quota}: {most} times, and no end"));
    over(quota, &refused);
    refused
}

fn over(quota: &str, answer: &Response) {
    let problem = answer.json();
    assert_eq!(answer.status, 429, "{quota}: {problem}");
    assert_eq!(problem["code"], "quota_exceeded", "{problem}");
    assert_eq!(problem["quota"], quota, "{problem}");
}

fn used(client: &mut Client, quota: &str) -> u64 {
    let shown = client.get("/quotas").json();
    row(&shown, quota)["used"].as_u64().unwrap()
}

fn row(shown: &Value, quota: &str) -> Value {
    let rows = shown["quotas"].as_array().unwrap();
    rows.iter().find(|row| row["quota"] == quota).unwrap().clone()
}

fn endpoint(client: &mut Client, filters: &[&str]) -> Response {
    let body = json!({ "url": "http://127.0.0.1:9/", "events": filters });
    client.post("/webhook-endpoints", &body)
}

fn remove_endpoints(client: &mut Client) {
    let listed = client.get("/webhook-endpoints").json();
    for endpoint in listed["data"].as_array().unwrap() {
        if endpoint["status"] != "deleted" {
            let path = format!("/webhook-endpoints/{}", endpoint["id"].as_str().unwrap());
            let answer = client.send("DELETE", &path, &[], b"").unwrap();
            assert_eq!(answer.status, 200, "{}", answer.json());
        }
    }
}

fn account(client: &mut Client, code: &str, currency: &str) -> Response {
    let body = json!({ "code": code, "currency": currency, "normal_side": "credit" });
    client.post("/accounts", &body)
}
