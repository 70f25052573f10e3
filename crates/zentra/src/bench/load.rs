//! The load: connections that each send one intent after the other.
//!
//! Owns the requests and the latencies, from the first byte sent to the last byte received.

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use zentra_events::Span;
use zentra_server::clock::Clock;

/// What to send.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) intents: u64,
    pub(crate) connections: u64,
    pub(crate) accounts: u64,
    pub(crate) random_ids: bool,
}

/// What came of it.
pub(crate) struct Measured {
    pub(crate) took: Span,
    /// Each answer's latency in nanoseconds, sorted.
    pub(crate) latencies_ns: Vec<u64>,
}

struct Shared {
    http: Client<HttpConnector, Full<Bytes>>,
    address: SocketAddr,
    authorization: String,
    next: AtomicU64,
    plan: Plan,
}

/// Gives every source account its money, in transfers of many lines.
pub(crate) async fn fund(address: SocketAddr, key: &str, plan: Plan) -> Result<()> {
    let shared = shared(address, key, plan);
    let each = plan.intents.div_ceil(plan.accounts) * 4;
    for first in (0..plan.accounts).step_by(200) {
        let count = (plan.accounts - first).min(200);
        let line = |account: &str, direction: &str, minor_units: u64| {
            let amount = json!({ "minor_units": minor_units, "currency": "USD" });
            json!({ "account": account, "direction": direction, "amount": amount })
        };
        let mut lines = vec![line("world", "debit", each * count)];
        for number in first..first + count {
            lines.push(line(&format!("customer_balance:{number}"), "credit", each));
        }
        let body = json!({ "postings": lines }).to_string();
        let status = post(&shared, "/transfers", body).await?;
        if status != StatusCode::CREATED {
            bail!("funding was answered {status}");
        }
    }
    Ok(())
}

/// Sends every intent of the plan; fails when one is not created.
pub(crate) async fn run(address: SocketAddr, key: &str, plan: Plan) -> Result<Measured> {
    let shared = Arc::new(shared(address, key, plan));
    let started = Clock.now();
    let mut connections = tokio::task::JoinSet::new();
    for _ in 0..plan.connections {
        connections.spawn(connection(Arc::clone(&shared)));
    }
    let mut latencies_ns = Vec::new();
    while let Some(ended) = connections.join_next().await {
        latencies_ns.append(&mut ended??);
    }
    let took = Clock.now().since(started);
    latencies_ns.sort_unstable();
    Ok(Measured { took, latencies_ns })
}

fn shared(address: SocketAddr, key: &str, plan: Plan) -> Shared {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let http = Client::builder(TokioExecutor::new()).build(connector);
    let authorization = format!("Bearer {key}");
    Shared { http, address, authorization, next: AtomicU64::new(0), plan }
}

async fn connection(shared: Arc<Shared>) -> Result<Vec<u64>> {
    let mut latencies = Vec::new();
    loop {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        if number >= shared.plan.intents {
            return Ok(latencies);
        }
        let body = intent(number, shared.plan);
        let sent = Clock.now();
        let status = post(&shared, "/intents", body).await?;
        latencies.push(Clock.now().since(sent).0);
        if status != StatusCode::CREATED {
            bail!("intent {number} was answered {status}");
        }
    }
}

/// Ids as callers choose them: 32 hexadecimal digits of a hash, or counted.
fn intent(number: u64, plan: Plan) -> String {
    let hash = blake3::hash(&number.to_le_bytes());
    let id =
        if plan.random_ids { hash.to_hex()[..32].to_owned() } else { format!("intent_{number}") };
    let account = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % plan.accounts;
    // Written by hand: what the generator spends is taken from the server's cores.
    format!(
        "{{\"intent_id\":\"{id}\",\"scope\":\"workspace_scope\",\"amount\":{{\"minor_units\":1,\
         \"currency\":\"USD\"}},\"source\":\"customer_balance:{account}\",\"destination\":\
         \"merchant_balance\"}}"
    )
}

async fn post(shared: &Shared, path: &str, body: String) -> Result<StatusCode> {
    let request = Request::post(format!("http://{}{path}", shared.address))
        .header("authorization", &shared.authorization)
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body)))?;
    let response = shared.http.request(request).await.context("the server does not answer")?;
    let status = response.status();
    response.into_body().collect().await?;
    Ok(status)
}
