//! A time that was shown is the whole time: given back, it bounds lists and balances exactly.

use super::world::World;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ACCOUNT: &str = "customer_balance:a";

/// Intents that one request brings, so that several are recorded in one microsecond.
const INTENTS: usize = 64;

fn rows(page: &Value) -> &[Value] {
    page["data"].as_array().unwrap()
}

fn time(row: &Value) -> &str {
    row["recorded_at"].as_str().unwrap()
}

/// When something was recorded, and its name: what never changes of a row.
type Row = (String, Value);

fn row(row: &Value) -> Row {
    let name = ["id", "intent_id", "event"].into_iter().find_map(|field| row.get(field)).unwrap();
    (time(row).to_owned(), name.clone())
}

async fn world() -> World {
    let world = World::new().await;
    world.fund(ACCOUNT, 10_000).await;
    let intent = |number: usize| {
        json!({
            "intent_id": format!("i{number}"),
            "amount": { "minor_units": 1, "currency": "EUR" },
            "source": ACCOUNT,
            "destination": "merchant_balance",
        })
    };
    let intents: Vec<Value> = (0..INTENTS).map(intent).collect();
    world.post("/intents/batch", &json!(intents)).await.expect(StatusCode::OK);
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn times_that_lists_show_bound_them_exactly() {
    let world = world().await;
    for list in ["/intents", "/events"] {
        let all = world.get(&format!("{list}?limit=500")).await.expect(StatusCode::OK);
        let all: Vec<Row> = rows(&all).iter().map(row).collect();
        assert!(all.len() >= INTENTS, "{list}");
        let times: BTreeSet<&str> = all.iter().map(|(time, _)| time.as_str()).collect();
        assert!(times.iter().all(|time| time.len() == "2026-04-26T14:12:09.123456Z".len()));
        let get = async |query: String| {
            let page = world.get(&format!("{list}?limit=500&{query}")).await;
            rows(&page.expect(StatusCode::OK)).iter().map(row).collect::<Vec<Row>>()
        };
        for at in &times {
            let expected = |keep: &dyn Fn(&str) -> bool| -> Vec<Row> {
                all.iter().filter(|(time, _)| keep(time)).cloned().collect()
            };
            assert_eq!(get(format!("since={at}")).await, expected(&|time| time >= *at), "{list}");
            assert_eq!(get(format!("until={at}")).await, expected(&|time| time < *at), "{list}");
        }
        let cuts: Vec<&str> = times.iter().copied().chain(["2200-01-01T00:00:00Z"]).collect();
        let mut parts = Vec::new();
        for cut in cuts.windows(2).rev() {
            parts.extend(get(format!("since={}&until={}", cut[0], cut[1])).await);
        }
        assert_eq!(parts, all, "{list}: windows that meet have each row once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_balance_as_of_a_time_that_was_shown_has_every_entry_of_it() {
    let world = world().await;
    let page = world.get(&format!("/accounts/{ACCOUNT}/entries?limit=500")).await;
    let page = page.expect(StatusCode::OK);
    let postings: Vec<&Value> = rows(&page).iter().filter(|r| !r["amount"].is_null()).collect();
    let amount = |row: &Value| -> i128 {
        row["amount"].as_str().unwrap().trim_end_matches(" mu").parse().unwrap()
    };
    assert!(postings.len() > INTENTS, "{page}");
    for row in &postings {
        let until = postings.iter().filter(|other| time(other) <= time(row));
        let expected: i128 = until.map(|row| amount(row)).sum();
        for clock in ["recorded_at", "effective_at"] {
            let path = format!("/accounts/{ACCOUNT}/balance?{clock}={}", time(row));
            let shown = world.get(&path).await.expect(StatusCode::OK);
            assert_eq!(shown["posted"], expected.to_string(), "{path}");
            assert_eq!(shown["as_of"][clock], row["recorded_at"]);
        }
    }
}
