//! What a bench found, as text or JSON. Integers only: rates a second, latencies in microseconds.

use crate::bench::load::Measured;
use crate::bench::plan::Plan;
use crate::bench::reads::Read;
use crate::cmd::rebuild::Rebuilt;
use serde_json::{Value, json};
use zentra_events::Span;

/// Everything that a run measured.
pub(crate) struct Found {
    pub(crate) plan: Plan,
    pub(crate) measured: Measured,
    /// Resident memory before the first intent.
    pub(crate) idle_bytes: Option<u64>,
    pub(crate) resident_bytes: Option<u64>,
    /// From a start after `kill -9` until the server listened.
    pub(crate) killed_in: Span,
    /// The same after a clean stop.
    pub(crate) restarted_in: Span,
    pub(crate) reads: Vec<Read>,
    pub(crate) rebuilt: Rebuilt,
}

impl Found {
    /// Whether the run counts: a rebuild gives the same digests, and money is conserved.
    pub(crate) fn counts(&self) -> bool {
        self.rebuilt.compared.is_some() && self.rebuilt.agrees() && self.rebuilt.conserved.is_ok()
    }

    pub(crate) fn as_json(&self) -> Value {
        let plan = &self.plan;
        json!({
            "intents": plan.intents,
            "accounts": plan.accounts,
            "batch": plan.batch,
            "connections": plan.connections,
            "form": if plan.single { "json, one a request" } else { "binary batches" },
            "ids": if plan.random_ids { "random" } else { "sequential" },
            "accepted_per_second": self.per_second(),
            "accepted_per_second_by_million": self.by_million(),
            "latency_us": {
                "p50": self.percentile(50),
                "p99": self.percentile(99),
                "max": self.percentile(100),
            },
            "resident_bytes_before": self.idle_bytes,
            "resident_bytes": self.resident_bytes,
            "log_bytes_per_intent": self.log_bytes(),
            "restart_after_kill_ms": self.killed_in.as_millis(),
            "restart_ms": self.restarted_in.as_millis(),
            "reads": self.reads.iter().map(|read| {
                json!({ "what": read.what, "p50_us": read.p50_us, "p99_us": read.p99_us })
            }).collect::<Vec<_>>(),
            "rebuild_entries_per_second": self.rebuilt.entries_per_second,
            "rebuild_agrees": self.rebuilt.agrees(),
            "conserved": self.rebuilt.conserved.is_ok(),
            "counts": self.counts(),
        })
    }

    pub(crate) fn as_text(&self) -> String {
        let Plan { intents, accounts, batch, connections, single, random_ids } = self.plan;
        let mb = |bytes: Option<u64>| bytes.map_or("-".to_owned(), |b| format!("{} MB", b >> 20));
        let form =
            if single { "one a request (JSON)".into() } else { format!("batches of {batch}") };
        let ids = if random_ids { "random" } else { "sequential" };
        format!(
            "{intents} intents, {form}, {connections} connections, {accounts} accounts, {ids} ids\n\
             accepted        {} a second\n\
             by million      {:?}\n\
             latency         p50 {} us, p99 {} us, max {} us\n\
             resident        {} (before: {})\n\
             log             {} bytes an intent\n\
             restart         {} ms after kill -9, {} ms after a clean stop\n\
             rebuild         {} entries a second, digests {}\n\
             conservation    {}\n{}",
            self.per_second(),
            self.by_million(),
            self.percentile(50),
            self.percentile(99),
            self.percentile(100),
            mb(self.resident_bytes),
            mb(self.idle_bytes),
            self.log_bytes(),
            self.killed_in.as_millis(),
            self.restarted_in.as_millis(),
            self.rebuilt.entries_per_second,
            if self.rebuilt.agrees() { "the same" } else { "DIFFER" },
            if self.rebuilt.conserved.is_ok() { "holds" } else { "BROKEN" },
            self.reads_as_text(),
        )
    }

    fn reads_as_text(&self) -> String {
        let line = |read: &Read| {
            format!(
                "read            {}: p50 {} us, p99 {} us\n",
                read.what, read.p50_us, read.p99_us
            )
        };
        self.reads.iter().map(line).collect()
    }

    /// Intents that were answered a second.
    pub(crate) fn per_second(&self) -> u64 {
        rate(self.plan.intents, self.measured.took.0)
    }

    fn by_million(&self) -> Vec<u64> {
        self.measured.millions_ns.iter().map(|took| rate(1_000_000, *took)).collect()
    }

    /// Bytes of the log an intent.
    pub(crate) fn log_bytes(&self) -> u64 {
        self.rebuilt.log_bytes / self.plan.intents
    }

    fn percentile(&self, percent: usize) -> u64 {
        let all = &self.measured.latencies_ns;
        let last = all.len().saturating_sub(1);
        all.get(last * percent / 100).map_or(0, |ns| ns / 1_000)
    }
}

/// How many a second.
pub(crate) fn rate(count: u64, took_ns: u64) -> u64 {
    let rate = u128::from(count) * 1_000_000_000 / u128::from(took_ns.max(1));
    u64::try_from(rate).unwrap_or(u64::MAX)
}
