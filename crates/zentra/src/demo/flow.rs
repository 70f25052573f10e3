//! The flow itself: the page's calls in order, and what is claimed of their answers.
//!
//! Nothing is assumed: each claim is checked on what the server answered, what the consumer
//! received, or what a fold of the log from zero gives.

use crate::cmd::rebuild::rebuild;
use crate::demo::checks::Checks;
use crate::demo::client::Client;
use crate::demo::receiver::{Received, Receiver};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;
use zentra_server::server::Server;
use zentra_signature::SymmetricSecret;

pub(crate) const SCOPE: &str = "workspace_scope";
pub(crate) const ACTOR: &str = "svc_runtime";
const INTENT: &str = "intent_042";
const AMOUNT: u64 = 125_000;
const CURRENCY: &str = "USD";
/// How long any one thing may take before the demo says that it did not happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A projection's digest, live and folded from zero.
pub(crate) struct Digest {
    pub(crate) name: String,
    pub(crate) live: [u8; 32],
    pub(crate) rebuilt: [u8; 32],
}

/// Everything that the demo has to show.
pub(crate) struct Findings {
    pub(crate) endpoint: Value,
    pub(crate) accepted: Value,
    pub(crate) intent: Value,
    pub(crate) deliveries: Vec<Value>,
    pub(crate) replay: Value,
    pub(crate) replayed: Value,
    pub(crate) evidence: Value,
    pub(crate) position: u64,
    pub(crate) digests: Vec<Digest>,
    pub(crate) received: Vec<Received>,
    pub(crate) settled_times: usize,
    pub(crate) exponent: u32,
    pub(crate) checks: Checks,
}

pub(crate) async fn run(
    server: &Server,
    receiver: &Receiver,
    key: &str,
    data: &Path,
) -> Result<Findings> {
    let client = Client::new(server.address(), key);
    let mut checks = Checks::default();
    let endpoint = register(&client, receiver, &mut checks).await?;
    fund(&client).await?;
    let accepted = accept(&client, &mut checks).await?;
    confirm(&client).await?;
    client.post(&format!("/intents/{INTENT}/payout"), &json!({})).await?;
    let deliveries = deliver(server, &client, &mut checks).await?;
    let before = balances(&client).await?;
    let settled = deliveries.iter().find(|one| one["event_type"] == "transfer.settled");
    let settled = settled.context("transfer.settled was not delivered")?;
    let (replay, replayed) = replay(server, &client, receiver, settled, &mut checks).await?;
    let after = balances(&client).await?;
    checks.see("the replay moved no money", before == after);
    let evidence = evidence(server, &client, &mut checks).await?;
    let intent = client.get(&format!("/intents/{INTENT}")).await?;
    check_intent(&intent, &mut checks);
    let exponent = client.get("/accounts/customer_balance").await?["exponent"].as_u64();
    let exponent = exponent.and_then(|digits| u32::try_from(digits).ok());
    let exponent = exponent.context("an account has an exponent")?;
    let settled_times = count_settled(&intent);
    checks.see("one ledger-safe state transition", settled_times == 1);
    let (position, digests) = digests(server, data).await?;
    let same = digests.iter().all(|digest| digest.live == digest.rebuilt);
    checks.see("every projection rebuilds to the same digest", same && !digests.is_empty());
    let received = receiver.received().borrow().clone();
    let verified = !received.is_empty() && received.iter().all(|one| one.verified);
    checks.see("the consumer verified every signature", verified);
    Ok(Findings {
        endpoint,
        accepted,
        intent,
        deliveries,
        replay,
        replayed,
        evidence,
        position,
        digests,
        received,
        settled_times,
        exponent,
        checks,
    })
}

/// The page's first call. Its secret is made on first use and shown once; the consumer keeps it. It
/// is made by an endpoint that nothing is sent to, so that the consumer has it before anything
/// comes.
async fn register(client: &Client, receiver: &Receiver, checks: &mut Checks) -> Result<Value> {
    let first = json!({
        "url": "https://example.com/zentra/webhooks",
        "events": ["transfer.settled"],
        "signing_secret": "whsec_live",
    });
    let page = client.post("/webhook-endpoints", &first).await?;
    checks.see_text("the endpoint's status", &page["status"], "listening");
    checks.see_text("the event", &page["event"], "webhook.endpoint.created");
    checks.see_text("the entrypoint", &page["entrypoint"], "POST /webhook-endpoints");
    let evidence = page.pointer("/evidence/event_id").and_then(Value::as_str);
    checks.see("the answer carries an event_id", evidence.is_some());
    let secret = page.pointer("/secret/value").and_then(Value::as_str);
    let secret = secret.context("the new secret is shown once")?;
    receiver.trust(SymmetricSecret::parse(secret)?);
    let id = page["id"].as_str().context("an endpoint has an id")?;
    client.post(&format!("/webhook-endpoints/{id}/disable"), &json!({})).await?;
    let body = json!({
        "url": receiver.url(),
        "events": ["transfer.settled", "webhook.endpoint.created"],
        "signing_secret": "whsec_live",
        "policy": { "timeout_ms": 300, "schedule_ms": [0, 1_000, 1_000] },
        "description": "the demo's consumer: hangs, then 500, then 200",
    });
    client.post("/webhook-endpoints", &body).await
}

async fn fund(client: &Client) -> Result<()> {
    let amount = json!({ "minor_units": AMOUNT, "currency": CURRENCY });
    let body = json!({ "postings": [
        { "account": "world", "direction": "debit", "amount": amount },
        { "account": "customer_balance", "direction": "credit", "amount": amount },
    ]});
    client.post("/transfers", &body).await?;
    Ok(())
}

/// The page's request, literally.
async fn accept(client: &Client, checks: &mut Checks) -> Result<Value> {
    let body = json!({
        "intent_id": INTENT,
        "scope": SCOPE,
        "money_model": "minor_units + ledger_currency",
        "primitives": ["policy", "ledger", "events"],
    });
    let accepted = client.post("/intents", &body).await?;
    checks.see_text("the intent's state", &accepted["state"], "accepted");
    let again = client.post("/intents", &body).await?;
    checks.see("the same request again gets the same answer", again == accepted);
    Ok(accepted)
}

async fn confirm(client: &Client) -> Result<()> {
    let body = json!({
        "amount": { "minor_units": AMOUNT, "currency": CURRENCY },
        "source": "customer_balance",
        "destination": "merchant_balance",
    });
    client.post(&format!("/intents/{INTENT}/confirm"), &body).await?;
    Ok(())
}

/// Waits until every delivery to the consumer is done, and checks its trail.
async fn deliver(server: &Server, client: &Client, checks: &mut Checks) -> Result<Vec<Value>> {
    let done = async {
        let mut durable = server.handle().durable();
        loop {
            durable.borrow_and_update();
            let listed = client.get("/deliveries?status=delivered").await?;
            let rows = listed["data"].as_array().cloned().unwrap_or_default();
            if rows.len() == 2 {
                return anyhow::Ok(rows);
            }
            durable.changed().await?;
        }
    };
    let rows = timeout(PATIENCE, done).await.context("the deliveries did not come through")??;
    let mut trails = Vec::new();
    for row in rows.iter().rev() {
        let id = row["id"].as_str().context("a delivery has an id")?;
        let trail = client.get(&format!("/deliveries/{id}")).await?;
        let name = trail["event_type"].as_str().unwrap_or("?").to_owned();
        let attempts = trail["attempts"].as_array().cloned().unwrap_or_default();
        let words: Vec<&str> = attempts.iter().filter_map(|a| a["outcome"].as_str()).collect();
        let as_told = words == ["retained", "retrying", "resolved"];
        checks.see(format!("{name}: retained, retrying, resolved"), as_told);
        trails.push(trail);
    }
    Ok(trails)
}

/// Replays a delivered event: the same event id, a new attempt, a replay id.
async fn replay(
    server: &Server,
    client: &Client,
    receiver: &Receiver,
    settled: &Value,
    checks: &mut Checks,
) -> Result<(Value, Value)> {
    let event_id = settled["event_id"].as_str().context("a delivery has an event")?.to_owned();
    let body = json!({
        "event_id": event_id,
        "reason": "the consumer asks to see it again",
        "include_delivered": true,
    });
    let replay = client.post("/replays", &body).await?;
    let replay_id = replay["replay_id"].as_str().context("a replay has an id")?.to_owned();
    let mut received = receiver.received();
    let came = received.wait_for(|all| {
        let replayed = |one: &Received| one.replay_id.as_deref() == Some(replay_id.as_str());
        all.iter().any(|one| one.event_id == event_id && replayed(one))
    });
    timeout(PATIENCE, came).await.context("the replay did not come through")??;
    checks.see("the replay has the same event id and its own replay id", true);
    let id = settled["id"].as_str().context("a delivery has an id")?;
    let recorded = async {
        let mut durable = server.handle().durable();
        loop {
            durable.borrow_and_update();
            let trail = client.get(&format!("/deliveries/{id}")).await?;
            if trail["status"] == "delivered" && trail["attempt_count"] == 4 {
                return anyhow::Ok(trail);
            }
            durable.changed().await?;
        }
    };
    let trail = timeout(PATIENCE, recorded).await.context("the replay was not recorded")??;
    checks.see("the replay is attempt 4 of the same delivery", true);
    Ok((replay, trail))
}

async fn balances(client: &Client) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    for code in ["customer_balance", "reserved_balance", "settlement_account", "merchant_balance"] {
        all.push(client.get(&format!("/accounts/{code}")).await?["balances"].clone());
    }
    Ok(all)
}

/// The page's evidence row, once a checkpoint covers the intent.
async fn evidence(server: &Server, client: &Client, checks: &mut Checks) -> Result<Value> {
    let sealed = async {
        let mut durable = server.handle().durable();
        loop {
            durable.borrow_and_update();
            let row = client.get(&format!("/intents/{INTENT}/evidence")).await?;
            if row["status"] == "audit_ready" {
                return anyhow::Ok(row);
            }
            durable.changed().await?;
        }
    };
    let row = timeout(PATIENCE, sealed).await.context("the intent was not sealed")??;
    checks.see_text("evidence: actor", &row["actor"], ACTOR);
    checks.see_text("evidence: scope", &row["scope"], SCOPE);
    checks.see_text("evidence: policy", &row["policy"], "limit_check.passed");
    checks.see_text("evidence: intent", &row["intent"], INTENT);
    checks.see_text("evidence: signature", &row["signature"], "verified");
    checks.see_text("evidence: ledger", &row["ledger"], "entry_042");
    checks.see_text("evidence: status", &row["status"], "audit_ready");
    Ok(row)
}

fn check_intent(intent: &Value, checks: &mut Checks) {
    let words = ["accepted", "controlled", "ledgered", "routed", "synchronized", "evidenced"];
    let states = intent["state_path"].as_array().cloned().unwrap_or_default();
    for (index, word) in words.iter().enumerate() {
        let state = states.get(index).cloned().unwrap_or_default();
        let reached = state["reached"] == true && state["outcome"] == *word;
        checks.see(format!("state {:02} {word}", index + 1), reached);
    }
    let expected = [
        ("debit", "customer_balance", "-125000 mu"),
        ("credit", "reserved_balance", "+125000 mu"),
        ("debit", "reserved_balance", "-125000 mu"),
        ("credit", "settlement_account", "+125000 mu"),
    ];
    let lines = intent["ledger_entries"].as_array().cloned().unwrap_or_default();
    for (index, (direction, account, amount)) in expected.iter().enumerate() {
        let line = lines.get(index).cloned().unwrap_or_default();
        let as_told = line["direction"] == *direction
            && line["account"] == *account
            && line["amount"] == *amount;
        checks.see(format!("ledger line {direction} {account} {amount}"), as_told);
    }
    let flow = [
        ("Customer", "-125000 mu"),
        ("Reserved", "+125000 mu"),
        ("Settlement", "+125000 mu"),
        ("Merchant", "+125000 mu"),
        ("Payout", "closed"),
    ];
    let rows = intent["ledger_flow"].as_array().cloned().unwrap_or_default();
    for (index, (account, amount)) in flow.iter().enumerate() {
        let row = rows.get(index).cloned().unwrap_or_default();
        let as_told = row["account"] == *account && row["amount"] == *amount;
        checks.see(format!("ledger flow {account} {amount}"), as_told);
    }
}

fn count_settled(intent: &Value) -> usize {
    let lines = intent["ledger_entries"].as_array().cloned().unwrap_or_default();
    let settled = |line: &&Value| line["leg"] == "settle" && line["direction"] == "credit";
    lines.iter().filter(settled).count()
}

/// The live digests and those of a fold from zero, at the same position. The log may grow in
/// between (a checkpoint): then both are taken again.
async fn digests(server: &Server, data: &Path) -> Result<(u64, Vec<Digest>)> {
    for _ in 0..20 {
        let live = server.handle().read_view().await?;
        let (position, live) = (live.next_position(), live.digests());
        let (env, folder) = (server.handle().env().clone(), data.to_owned());
        let rebuilt = tokio::task::spawn_blocking(move || rebuild(&env, &folder, false)).await??;
        if rebuilt.next != position {
            continue;
        }
        let digests = live
            .iter()
            .zip(&rebuilt.digests)
            .map(|((name, live), (_, rebuilt))| Digest {
                name: (*name).to_owned(),
                live: *live,
                rebuilt: *rebuilt,
            })
            .collect();
        return Ok((position.get(), digests));
    }
    bail!("the log did not rest long enough to compare");
}
