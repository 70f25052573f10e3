//! Past balances: by position, by recorded time, by effective time, against a plain model.

use super::world::World;
use axum::http::StatusCode;
use serde_json::{Value, json};
use zentra_events::{Event, Position, Timestamp};

const ACCOUNT: &str = "customer_balance:a";

async fn balance(world: &World, query: &str) -> i128 {
    let shown = world.get(&format!("/accounts/{ACCOUNT}/balance{query}")).await;
    let shown = shown.expect(StatusCode::OK);
    assert_eq!((&shown["code"], &shown["currency"]), (&json!(ACCOUNT), &json!("EUR")));
    shown["posted"].as_str().unwrap().parse().unwrap()
}

/// Each entry's recorded time, the time from which it counts, and what it adds to the account.
async fn history(world: &World) -> Vec<(Timestamp, Timestamp, i128)> {
    let code = ACCOUNT.parse().unwrap();
    let number = world.handle().query(move |engine| {
        let scope = zentra_events::ScopeNo(0);
        engine.ledger().account(scope, &code).unwrap().no
    });
    let number = number.await.unwrap();
    let mut history = Vec::new();
    for position in 0..world.next().await.get() {
        let entry = world.handle().log().entry(Position(position)).unwrap().unwrap();
        let (mut counts_at, mut added) = (entry.header.recorded_at, 0_i128);
        for recorded in entry.events() {
            match &recorded.event {
                Event::IntentAccepted(body) => {
                    let dated = body.details.as_ref().and_then(|details| details.effective_at);
                    counts_at = dated.unwrap_or(counts_at);
                }
                Event::LedgerPosted(body) => {
                    for line in body.lines.iter().filter(|line| line.account == number) {
                        let amount = i128::try_from(line.amount.0).unwrap();
                        let credit = line.direction == zentra_events::Direction::Credit;
                        added += if credit { amount } else { -amount };
                    }
                }
                _ => {}
            }
        }
        history.push((entry.header.recorded_at, counts_at, added));
    }
    history
}

async fn lived_in() -> World {
    let world = World::new().await;
    world.fund(ACCOUNT, 100_000).await;
    let dates = ["1999-12-31T23:59:59Z", "2026-04-26T14:12:09.5Z", "2031-01-01T00:00:00Z"];
    for number in 0..260_u64 {
        let mut intent = json!({
            "intent_id": format!("i{number}"),
            "amount": { "minor_units": number % 9 + 1, "currency": "EUR" },
            "source": ACCOUNT,
            "destination": "merchant_balance",
        });
        if number % 5 == 2 {
            intent["effective_at"] = json!(dates[number as usize / 5 % 3]);
        }
        world.post("/intents", &intent).await.expect(StatusCode::CREATED);
    }
    world
}

#[tokio::test]
async fn a_past_balance_is_that_of_a_plain_sum() {
    let world = lived_in().await;
    let history = history(&world).await;
    let mut sum = 0;
    for (position, (recorded_at, _, added)) in history.iter().enumerate() {
        sum += added;
        assert_eq!(balance(&world, &format!("?position={position}")).await, sum, "{position}");
        if position % 10 == 0 {
            let query = format!("?recorded_at={recorded_at}");
            assert_eq!(balance(&world, &query).await, sum, "{query}");
        }
    }
    assert_eq!(balance(&world, "").await, sum);
    assert_eq!(balance(&world, "?recorded_at=1970-01-02T00:00:00Z").await, 0);
    let mut times: Vec<Timestamp> = history.iter().step_by(25).map(|(at, ..)| *at).collect();
    for (_, counts_at, _) in history.iter().filter(|(at, counts_at, _)| at != counts_at).take(6) {
        times.extend([Timestamp(counts_at.0 - 1), *counts_at, Timestamp(counts_at.0 + 1)]);
    }
    for time in times {
        let expected: i128 =
            history.iter().filter(|(_, at, _)| *at <= time).map(|(.., added)| added).sum();
        let query = format!("?effective_at={time}");
        assert_eq!(balance(&world, &query).await, expected, "{query}");
    }
    let world = world.restart().await;
    assert_eq!(balance(&world, "?effective_at=2000-01-01T00:00:00Z").await, {
        let bound: Timestamp = Timestamp(946_684_800_000_000_000);
        history.iter().filter(|(_, at, _)| *at <= bound).map(|(.., added)| added).sum::<i128>()
    });
}

#[tokio::test]
async fn a_balance_that_cannot_be_is_refused() {
    let mut world = World::new().await;
    world.fund(ACCOUNT, 5).await;
    let path = format!("/accounts/{ACCOUNT}/balance");
    for query in [
        "?position=1&recorded_at=2026-04-26T14:12:09Z",
        "?position=999999",
        "?position=-1",
        "?recorded_at=yesterday",
        "?effective_at=",
        "?at=1",
    ] {
        let reply: Value = json!(world.get(&format!("{path}{query}")).await.refused(400));
        assert_eq!(reply, "validation_failed", "{query}");
    }
    assert_eq!(world.get("/accounts/nobody/balance").await.status, 404);
    world.key = world.scope_key("other_scope", "svc_other").await;
    assert_eq!(world.get(&path).await.status, 404, "an account of another scope");
}

async fn balance_of(world: &World, account: &str, time: &str) -> String {
    let shown = world.get(&format!("/accounts/{account}/balance?effective_at={time}")).await;
    shown.expect(StatusCode::OK)["posted"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_later_leg_takes_effect_when_the_call_says_but_not_before_an_earlier_one() {
    let world = World::new().await;
    world.fund(ACCOUNT, 1_000).await;
    let held = json!({
        "intent_id": "i",
        "amount": { "minor_units": 400, "currency": "EUR" },
        "source": ACCOUNT,
        "destination": "merchant_balance",
        "capture": "manual",
    });
    let held = world.post("/intents", &held).await.expect(StatusCode::CREATED);
    let recorded: Timestamp = {
        let position = Position(held["position"].as_u64().unwrap());
        world.handle().log().entry(position).unwrap().unwrap().header.recorded_at
    };
    let early =
        json!({ "effective_at": Timestamp(recorded.0 - 1), "amount": { "minor_units": 100 } });
    let reply = world.post("/intents/i/settle", &early).await;
    assert!(reply.body["detail"].as_str().unwrap().contains(&recorded.to_string()));
    assert_eq!(reply.refused(422), "effective_at_too_early");
    for bad in ["2027-03-01", "2027-03-01T00:00:60Z", "1969-12-31T23:59:59Z", ""] {
        for verb in ["settle", "void", "reverse", "payout"] {
            let asked = json!({ "effective_at": bad });
            let reply = world.post(&format!("/intents/i/{verb}"), &asked).await;
            assert_eq!(reply.refused(400), "validation_failed", "{verb} {bad}");
        }
    }
    let settled =
        json!({ "effective_at": "2400-01-01T00:00:00Z", "amount": { "minor_units": 100 } });
    let told = world.post("/intents/i/settle", &settled).await.expect(StatusCode::OK);
    let lines = told["ledger_entries"].as_array().unwrap();
    let dates: Vec<&Value> = lines.iter().map(|line| &line["effective_at"]).collect();
    let later = json!("2400-01-01T00:00:00.000000Z");
    assert_eq!(dates, [&Value::Null, &Value::Null, &later, &later, &later, &later]);
    // Without a time of its own a leg still waits for those before it.
    let back = json!({ "amount": { "minor_units": 30 } });
    world.post("/intents/i/reverse", &back).await.expect(StatusCode::OK);
    let early = json!({ "effective_at": "2399-12-31T23:59:59Z" });
    assert_eq!(
        world.post("/intents/i/payout", &early).await.refused(422),
        "effective_at_too_early"
    );
    let paid = json!({ "effective_at": "2400-01-02T00:00:00Z" });
    world.post("/intents/i/payout", &paid).await.expect(StatusCode::OK);
    for (time, expected) in [
        ("2300-01-01T00:00:00Z", ["600", "400", "0", "0"]),
        ("2400-01-01T00:00:00Z", ["930", "0", "70", "0"]),
        ("2400-01-02T00:00:00Z", ["930", "0", "0", "70"]),
    ] {
        let accounts = [ACCOUNT, "reserved_balance", "settlement_account", "payout_account"];
        for (account, expected) in accounts.into_iter().zip(expected) {
            assert_eq!(balance_of(&world, account, time).await, expected, "{account} at {time}");
        }
    }
}

#[tokio::test]
async fn the_last_instant_that_can_be_told_is_an_answer() {
    let world = World::new().await;
    world.fund(ACCOUNT, 5).await;
    for clock in ["recorded_at", "effective_at"] {
        let query = format!("?{clock}=2554-07-21T23:34:33.709551615Z");
        assert_eq!(balance(&world, &query).await, 5, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_posted_meanwhile_does_not_tear_a_balance() {
    let world = World::new().await;
    world.fund(ACCOUNT, 100_000).await;
    let intent = |intent_id: String, minor_units: u64| {
        json!({
            "intent_id": intent_id,
            "amount": { "minor_units": minor_units, "currency": "EUR" },
            "source": ACCOUNT,
            "destination": "merchant_balance",
        })
    };
    // An undated debit: sums never go below zero, which would hide the others.
    world.post("/intents", &intent("plain".into(), 5_000)).await.expect(StatusCode::CREATED);
    let posting = async {
        for number in 0..400_u64 {
            let mut dated = intent(format!("i{number}"), 7);
            dated["effective_at"] = json!("2400-01-01T00:00:00Z");
            world.post("/intents", &dated).await.expect(StatusCode::CREATED);
        }
    };
    let reading = async {
        for _ in 0..400 {
            // Recorded before and in effect after: none of them ever counts.
            let told = balance(&world, "?effective_at=2300-01-01T00:00:00Z").await;
            assert_eq!(told, 95_000);
        }
    };
    tokio::join!(posting, reading);
}

#[tokio::test]
async fn a_balance_by_effective_time_does_not_wait_for_the_views() {
    let mut world = World::without_followers().await;
    let own = world.key.clone();
    world.key = world.scope_key("other_scope", "svc_other").await;
    world.fund(ACCOUNT, 9).await;
    world.key = own;
    world.fund(ACCOUNT, 1_000).await;
    for (id, minor_units, capture) in [("past", 200, "automatic"), ("held", 400, "manual")] {
        let mut intent = json!({
            "intent_id": id,
            "amount": { "minor_units": minor_units, "currency": "EUR" },
            "source": ACCOUNT,
            "destination": "merchant_balance",
            "capture": capture,
        });
        if id == "past" {
            intent["effective_at"] = json!("1999-12-31T23:59:59Z");
        }
        world.post("/intents", &intent).await.expect(StatusCode::CREATED);
    }
    let settled = json!({ "effective_at": "2400-01-01T00:00:00Z" });
    world.post("/intents/held/settle", &settled).await.expect(StatusCode::OK);
    // It has no time of its own, and waits for the leg before it.
    let back = json!({ "amount": { "minor_units": 30 } });
    world.post("/intents/held/reverse", &back).await.expect(StatusCode::OK);
    let expected = [
        ("1999-12-31T23:59:58Z", ["0", "0"]),
        ("1999-12-31T23:59:59Z", ["-200", "0"]),
        ("2399-12-31T23:59:59Z", ["400", "400"]),
        ("2400-01-01T00:00:00Z", ["430", "0"]),
    ];
    let check = async |world: &World| {
        for (time, totals) in &expected {
            for (account, total) in [ACCOUNT, "reserved_balance"].iter().zip(totals) {
                assert_eq!(balance_of(world, account, time).await, *total, "{account} at {time}");
            }
        }
    };
    check(&world).await;
    check(&world.restart().await).await;
}
