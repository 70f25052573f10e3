//! Time in attacks: latencies, their percentiles, and waiting.
//!
//! Owns what a measured run is. Must not know what is measured.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;
use zentra_env::Env;
use zentra_events::{Span, Timestamp};

/// `cargo xtask attacks` sets it: the tests then also compare latencies, on a release build, one
/// test at a time. Otherwise nothing depends on how fast the machine is.
pub(crate) fn is_measured() -> bool {
    std::env::var_os("MEASURE_ATTACKS").is_some()
}

/// Latencies of requests, by what was asked, in microseconds.
#[derive(Default)]
pub(crate) struct Latencies(BTreeMap<&'static str, Vec<u64>>);

impl Latencies {
    /// Measures a request.
    pub(crate) fn of<T>(&mut self, asked: &'static str, request: impl FnOnce() -> T) -> T {
        let before: Timestamp = Env::for_tests().now();
        let answer = request();
        let Span(nanoseconds) = Env::for_tests().now().since(before);
        self.0.entry(asked).or_default().push(nanoseconds / 1_000);
        answer
    }

    /// The latency that 99 of 100 requests do not exceed.
    pub(crate) fn p99_us(&self) -> u64 {
        p99(self.0.values().flatten().copied().collect())
    }

    /// The same for each thing that was asked.
    pub(crate) fn each_p99_us(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.0.iter().map(|(asked, took)| (*asked, p99(took.clone())))
    }
}

fn p99(latencies: Vec<u64>) -> u64 {
    rank(latencies, 99)
}

/// The latency that so many of 100 do not exceed.
pub(crate) fn rank(mut latencies: Vec<u64>, of_100: usize) -> u64 {
    latencies.sort_unstable();
    let rank = (latencies.len() * of_100).div_ceil(100);
    latencies.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

/// The end of a window of work, told by its other end being dropped.
pub(crate) struct Stop(pub(crate) Receiver<()>);

impl Stop {
    /// Waits for a while; true when the end was told before.
    pub(crate) fn within(&self, wait: Duration) -> bool {
        self.0.recv_timeout(wait) == Err(RecvTimeoutError::Disconnected)
    }
}

/// Milliseconds with one decimal.
pub(crate) fn shown_ms(us: u64) -> String {
    format!("{}.{} ms", us / 1_000, us % 1_000 / 100)
}
