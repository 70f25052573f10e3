//! Reads on the loaded server: balances now and then, a page of entries, an intent.
//!
//! Owns what is read and the latencies. The account is the load's first, so that with two accounts
//! it has every posting of the load.

use crate::bench::bodies::account;
use crate::bench::target::Reader;
use anyhow::{Context, Result};
use std::net::SocketAddr;
use zentra_env::Env;

/// Reads of each kind.
const READS: u64 = 300;

/// The latencies of one kind of read, in microseconds.
pub(crate) struct Read {
    pub(crate) what: &'static str,
    pub(crate) p50_us: u64,
    pub(crate) p99_us: u64,
}

/// The path of a read, by its number.
type PathOf<'a> = Box<dyn Fn(u64) -> String + 'a>;

/// Reads the first account and some intents; `ids` names intents of the load.
pub(crate) async fn run(
    env: &Env,
    address: SocketAddr,
    key: &str,
    ids: &[String],
) -> Result<Vec<Read>> {
    let mut reader = Reader::new(address, key);
    let path = format!("/accounts/{}", account(0));
    let shown = reader.get(&path).await?;
    let last = shown["position"].as_u64().context("an account without a position")?;
    let entry = reader.get(&format!("{path}/entries?limit=1")).await?;
    let newest = entry["data"][0]["recorded_at"].as_str().context("no time")?.to_owned();
    // Spread over the log; the same in every run.
    let place = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % (last + 1);
    let mut all = Vec::new();
    let kinds: [(&'static str, PathOf<'_>); 5] = [
        ("account", Box::new(|_| path.clone())),
        ("50 entries", Box::new(|_| format!("{path}/entries?limit=50"))),
        ("balance at a position", Box::new(|n| format!("{path}/balance?position={}", place(n)))),
        ("balance at a time", Box::new(|_| format!("{path}/balance?recorded_at={newest}"))),
        ("intent", Box::new(|n| format!("/intents/{}", ids[n as usize % ids.len()]))),
    ];
    for (what, path) in kinds {
        let mut latencies = Vec::new();
        for number in 0..READS {
            let before = env.now();
            reader.get(&path(number)).await?;
            latencies.push(env.now().since(before).0 / 1_000);
        }
        latencies.sort_unstable();
        let of = |percent: usize| latencies[(latencies.len() - 1) * percent / 100];
        all.push(Read { what, p50_us: of(50), p99_us: of(99) });
    }
    Ok(all)
}
