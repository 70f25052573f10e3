//! What a bench found, as text or JSON. Integers only: rates a second, latencies in microseconds.

use crate::bench::load::{Measured, Plan};
use crate::cmd::rebuild::Rebuilt;
use serde_json::{Value, json};
use zentra_events::Span;

/// Everything that a run measured.
pub(crate) struct Found {
    pub(crate) plan: Plan,
    pub(crate) measured: Measured,
    pub(crate) resident_bytes: Option<u64>,
    pub(crate) restarted_in: Span,
    pub(crate) rebuilt: Rebuilt,
    pub(crate) conserved: bool,
}

impl Found {
    /// Whether the run counts: a rebuild gives the same digests, and money is conserved.
    pub(crate) fn counts(&self) -> bool {
        self.rebuilt.compared.is_some() && self.rebuilt.agrees() && self.conserved
    }

    pub(crate) fn as_json(&self) -> Value {
        json!({
            "intents": self.plan.intents,
            "connections": self.plan.connections,
            "accounts": self.plan.accounts,
            "ids": if self.plan.random_ids { "random" } else { "sequential" },
            "accepted_per_second": self.per_second(),
            "latency_us": {
                "p50": self.percentile(50),
                "p99": self.percentile(99),
                "max": self.percentile(100),
            },
            "resident_bytes": self.resident_bytes,
            "restart_ms": self.restarted_in.as_millis(),
            "rebuild_entries_per_second": self.rebuilt.entries_per_second,
            "rebuild_agrees": self.rebuilt.agrees(),
            "conserved": self.conserved,
            "counts": self.counts(),
        })
    }

    pub(crate) fn as_text(&self) -> String {
        let Plan { intents, connections, accounts, .. } = self.plan;
        let resident = self.resident_bytes.map_or("-".to_owned(), |b| format!("{} MB", b >> 20));
        format!(
            "{intents} intents, one a request, {connections} connections, {accounts} accounts\n\
             accepted        {} a second\n\
             latency         p50 {} us, p99 {} us, max {} us\n\
             resident        {resident}\n\
             restart         {} ms\n\
             rebuild         {} entries a second, digests {}\n\
             conservation    {}\n",
            self.per_second(),
            self.percentile(50),
            self.percentile(99),
            self.percentile(100),
            self.restarted_in.as_millis(),
            self.rebuilt.entries_per_second,
            if self.rebuilt.agrees() { "the same" } else { "DIFFER" },
            if self.conserved { "holds" } else { "BROKEN" },
        )
    }

    fn per_second(&self) -> u64 {
        let took = u128::from(self.measured.took.0.max(1));
        let rate = u128::from(self.plan.intents) * 1_000_000_000 / took;
        u64::try_from(rate).unwrap_or(u64::MAX)
    }

    fn percentile(&self, percent: usize) -> u64 {
        let all = &self.measured.latencies_ns;
        let last = all.len().saturating_sub(1);
        all.get(last * percent / 100).map_or(0, |ns| ns / 1_000)
    }
}
