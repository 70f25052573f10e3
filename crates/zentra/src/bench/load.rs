//! The load: connections that each send one batch, or one intent, after the other.
//!
//! Owns the requests and the latencies, from the first byte sent to the last byte received.

use crate::bench::bodies::{Bodies, account};
use crate::bench::connection::Connection;
use crate::bench::plan::Plan;
use crate::bench::target::Reader;
use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use zentra_batch::Client;
use zentra_batch::wire::OutcomeV1;
use zentra_env::Env;
use zentra_events::Span;

/// What came of it.
pub(crate) struct Measured {
    pub(crate) took: Span,
    /// Each answer's latency in nanoseconds, sorted.
    pub(crate) latencies_ns: Vec<u64>,
    /// How long each million of intents took, in nanoseconds, in their order.
    pub(crate) millions_ns: Vec<u64>,
}

const JSON: &str = "application/json";
/// Accounts that one transfer funds.
const FUNDED_AT_ONCE: u64 = 255;
const MILLION: u64 = 1_000_000;

/// Opens every account with its money, in transfers of many lines and in the order of the accounts'
/// numbers; gives the number of the first.
pub(crate) async fn fund(address: SocketAddr, key: &str, plan: Plan) -> Result<u32> {
    let mut connection = Connection::open(address, "/transfers", key, JSON).await?;
    // Enough for any account to be the source of everything.
    let each = plan.intents;
    for first in (0..plan.accounts).step_by(FUNDED_AT_ONCE as usize) {
        let count = (plan.accounts - first).min(FUNDED_AT_ONCE);
        let line = |account: &str, direction: &str, minor_units: u64| {
            let amount = json!({ "minor_units": minor_units.to_string(), "currency": "USD" });
            json!({ "account": account, "direction": direction, "amount": amount })
        };
        let mut lines = vec![line("world", "debit", each * count)];
        for number in first..first + count {
            lines.push(line(&account(number), "credit", each));
        }
        let body = json!({ "postings": lines }).to_string();
        let (status, answer) = connection.post(body.as_bytes()).await?;
        ensure!(status == 201, "funding: {status} {}", String::from_utf8_lossy(answer));
    }
    let (first, last) =
        (number(address, key, 0).await?, number(address, key, plan.accounts - 1).await?);
    ensure!(u64::from(last - first) == plan.accounts - 1, "account numbers are not in a row");
    Ok(first)
}

/// The number of an account, as the API shows it.
async fn number(address: SocketAddr, key: &str, of: u64) -> Result<u32> {
    let shown = Reader::new(address, key).get(&format!("/accounts/{}", account(of))).await?;
    let number = shown["number"].as_u64().and_then(|number| u32::try_from(number).ok());
    number.with_context(|| format!("an account without a number: {shown}"))
}

/// Ids of intents of the load, spread over it.
pub(crate) fn ids(plan: Plan) -> Result<Vec<String>> {
    let mut bodies = Bodies::new(plan, 0);
    let step = plan.intents.div_ceil(100) as usize;
    let id = |number| Ok(String::from_utf8(bodies.id(number)?.to_vec())?);
    (0..plan.intents).step_by(step).map(id).collect()
}

struct Shared {
    env: Env,
    address: SocketAddr,
    key: String,
    plan: Plan,
    first: u32,
    next: AtomicU64,
    done: AtomicU64,
}

/// Sends every intent of the plan; fails when one is not created.
pub(crate) async fn run(
    env: &Env,
    address: SocketAddr,
    key: &str,
    plan: Plan,
    first: u32,
) -> Result<Measured> {
    let (next, done) = (AtomicU64::new(0), AtomicU64::new(0));
    let shared = Shared { env: env.clone(), address, key: key.to_owned(), plan, first, next, done };
    let shared = Arc::new(shared);
    let started = env.now();
    let mut connections = tokio::task::JoinSet::new();
    for _ in 0..plan.connections {
        connections.spawn(connection(Arc::clone(&shared)));
    }
    let (mut latencies_ns, mut passed) = (Vec::new(), Vec::new());
    while let Some(ended) = connections.join_next().await {
        let (mut latencies, mut times) = ended??;
        latencies_ns.append(&mut latencies);
        passed.append(&mut times);
    }
    let took = env.now().since(started);
    latencies_ns.sort_unstable();
    passed.sort_unstable();
    let from = std::iter::once(started.0).chain(passed.iter().copied());
    let millions_ns = from.zip(&passed).map(|(before, at)| at - before).collect();
    Ok(Measured { took, latencies_ns, millions_ns })
}

/// The latencies, and the times at which another million was done.
async fn connection(shared: Arc<Shared>) -> Result<(Vec<u64>, Vec<u64>)> {
    let Shared { env, address, key, plan, first, next, done } = shared.as_ref();
    let mut sender = if plan.single {
        Sender::Single(Connection::open(*address, "/intents", key, JSON).await?)
    } else {
        Sender::Batches(Client::connect(*address, key).await?)
    };
    let mut bodies = Bodies::new(*plan, *first);
    let (mut latencies, mut passed) = (Vec::new(), Vec::new());
    loop {
        let from = next.fetch_add(plan.batch, Ordering::Relaxed);
        if from >= plan.intents {
            return Ok((latencies, passed));
        }
        let to = (from + plan.batch).min(plan.intents);
        let body = bodies.of(from..to)?;
        let sent = env.now();
        sender.send(body, to - from).await.with_context(|| format!("intents from {from}"))?;
        let now = env.now();
        latencies.push(now.since(sent).0);
        let before = done.fetch_add(to - from, Ordering::Relaxed);
        if before / MILLION != (before + to - from) / MILLION {
            passed.push(now.0);
        }
    }
}

/// Who sends: one intent as a program in any language would, batches with the client.
enum Sender {
    Single(Connection),
    Batches(Client),
}

impl Sender {
    /// Sends a body; every intent in it must be created.
    async fn send(&mut self, body: Vec<u8>, items: u64) -> Result<()> {
        match self {
            Sender::Single(connection) => {
                let (status, answer) = connection.post(&body).await?;
                ensure!(status == 201, "{status} {}", String::from_utf8_lossy(answer));
                Ok(())
            }
            Sender::Batches(client) => check(&client.submit(Bytes::from(body)).await?, items),
        }
    }
}

fn check(outcomes: &[OutcomeV1], items: u64) -> Result<()> {
    ensure!(outcomes.len() as u64 == items, "{} outcomes of {items} items", outcomes.len());
    let other = outcomes.iter().find(|one| !matches!(one, OutcomeV1::Created { .. }));
    if let Some(other) = other {
        bail!("an intent was not created: {other:?}");
    }
    Ok(())
}
