//! The attacks of one tenant on another, measured: on a release build, one at a time.
//!
//! The same tests run in `cargo xtask test`; only here do they compare the neighbour's latencies.

use crate::run::{root, run_with};
use anyhow::Result;

/// Runs every attack, or those whose path below `attacks` begins so.
pub(crate) fn run(only: Option<&str>) -> Result<()> {
    let test = format!("attacks::{}", only.unwrap_or_default());
    let mut args = vec!["test", "--release", "--package", "zentra", "--test", "it", "--", &test];
    args.extend(["--test-threads=1", "--nocapture"]);
    run_with(&root(), &[("MEASURE_ATTACKS", "1")], "cargo", &args)
}
