//! The settings of `zentra serve`, what each means, and their defaults.
//!
//! What a description says here is what `--help` and the example file say. Owns nothing else: how a
//! value is read is the table's. Must not start anything.

use crate::quota_limits::QuotaLimits;
use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use zentra_http_listen::ServeOptions;
use zentra_sender::DeliverOptions;

/// Every setting of `zentra serve`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The data folder. Made when missing.
    pub data: PathBuf,
    /// The address to listen on. Port 0 lets the system pick one.
    pub listen: SocketAddr,
    /// A file that is there while the server takes requests, with its URL in it; it is removed
    /// before the server starts and when it stops.
    pub ready_file: Option<PathBuf>,
    /// Networks that deliveries may go to although the guard forbids them, and there by http and on
    /// any port, too.
    #[schemars(with = "Vec<String>")]
    pub allow_address: Vec<IpNet>,
    /// Commands and queries that may wait before new ones are refused.
    pub inbox_max: usize,
    /// Delivery attempts that may be under way at once.
    pub attempts_max: usize,
    /// Size of a log segment, in bytes.
    pub segment_bytes: u64,
    /// How long the sealer waits for more entries before it signs a checkpoint, in milliseconds.
    pub seal_after_ms: u64,
    /// Entries after which the sealer does not wait.
    pub seal_entries: u64,
    /// Entries after which a snapshot is made in the background; 0 for only at a clean stop.
    pub snapshot_entries: u64,
    /// Bytes of memory that the state may take before what makes it larger is refused. The default
    /// is three quarters of the machine's memory.
    pub state_bytes_max: u64,
    /// Bytes of bodies that may be under way at once.
    pub bodies_bytes_max: u64,
    /// Connections at once, besides a few that are kept for health. Fewer where the process may not
    /// open as many files.
    pub connections_max: usize,
    /// The same of one address. The default is `connections_max`: a proxy is one address.
    pub connections_per_address_max: Option<usize>,
    /// How long a request's head may take from its first byte, in milliseconds.
    pub head_timeout_ms: u64,
    /// How long a body may stand still at first, in milliseconds; then it must come at 32 KiB a
    /// second.
    pub body_timeout_ms: u64,
    /// How long a connection may wait between requests, in milliseconds.
    pub idle_timeout_ms: u64,
    /// How long an answer may wait to be taken, in milliseconds; what is taken earns more.
    pub write_timeout_ms: u64,
    /// How long a stop waits for requests and attempts under way, in milliseconds.
    pub drain_timeout_ms: u64,
    /// Whether HTTP/2 without TLS is spoken besides HTTP/1.1.
    pub h2c: bool,
    /// Whether a new webhook endpoint must repeat a challenge before it is made.
    pub endpoint_challenge: bool,
    /// Limits of every scope that has none of its own, by the names of quotas. The default of
    /// `state_bytes` is half of `state_bytes_max`.
    pub quotas: QuotaLimits,
    /// Free bytes on the disk of the data folder below which what callers ask to record is refused:
    /// the rest is kept for outcomes of deliveries.
    pub disk_free_min_bytes: u64,
    /// Whether nothing is recorded: reads of what is there, from a disk that is full, too.
    pub read_only: bool,
    /// How logs are written: `text` or `json`.
    pub log_format: LogFormat,
    /// What is logged, as a `tracing` filter, e.g. `info` or `zentra=debug`. A level by
    /// itself is Zentra's: libraries log warnings only, unless they are named
    /// (`info,hyper=debug`).
    pub log_filter: String,
}

impl Config {
    /// How connections are served when so many may be open.
    pub fn serve_options(&self, connections: usize) -> ServeOptions {
        let address_max = self.connections_per_address_max.unwrap_or(connections);
        ServeOptions {
            connections_max: connections,
            connections_per_address_max: address_max.min(connections),
            head_timeout: Duration::from_millis(self.head_timeout_ms),
            idle_timeout: Duration::from_millis(self.idle_timeout_ms),
            write_timeout: Duration::from_millis(self.write_timeout_ms),
            drain_timeout: Duration::from_millis(self.drain_timeout_ms),
            h2c: self.h2c,
        }
    }

    /// How deliveries run when so many attempts may be under way.
    pub fn deliver_options(&self) -> DeliverOptions {
        let drain_max = Duration::from_millis(self.drain_timeout_ms);
        DeliverOptions { drain_max, ..DeliverOptions::default() }
    }
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            data: PathBuf::from("zentra-data"),
            listen: SocketAddr::from(([127, 0, 0, 1], 7717)),
            ready_file: None,
            allow_address: Vec::new(),
            inbox_max: 65_536,
            attempts_max: 4_096,
            segment_bytes: 256 * 1024 * 1024,
            seal_after_ms: 200,
            seal_entries: 4_096,
            snapshot_entries: 1_000_000,
            state_bytes_max: machine_bytes() / 4 * 3,
            bodies_bytes_max: 256 * 1024 * 1024,
            connections_max: 4_096,
            connections_per_address_max: None,
            head_timeout_ms: 10_000,
            body_timeout_ms: 10_000,
            idle_timeout_ms: 120_000,
            write_timeout_ms: 30_000,
            drain_timeout_ms: 20_000,
            h2c: false,
            endpoint_challenge: false,
            quotas: QuotaLimits::default(),
            disk_free_min_bytes: 1024 * 1024 * 1024,
            read_only: false,
            log_format: LogFormat::Text,
            log_filter: "info".into(),
        }
    }
}

/// The memory of the machine as Linux tells it; without an answer there is no limit.
fn machine_bytes() -> u64 {
    let told = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = told.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.map_or(u64::MAX, |kib| kib.saturating_mul(1_024))
}
