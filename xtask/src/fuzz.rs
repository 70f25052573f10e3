//! Fuzzing: made-up bytes for every reader, for as long as is asked.
//!
//! Owns how the targets of `fuzz/` are built and run: with cargo-fuzz, on the stable compiler. The
//! flag of the compiler's own tests lets it take the options that libFuzzer's coverage needs; no
//! sanitizer is used, since the product has no unsafe code.

use crate::run::{has, root, run_with};
use anyhow::{Context, Result, bail};
use std::fs;

const TARGETS: [&str; 6] = ["batch_body", "entry", "fold", "frame", "note", "snapshot"];
const STABLE: (&str, &str) = ("RUSTC_BOOTSTRAP", "1");
/// Memory that one input may take, in MiB: a reader with a limit stays far below it.
const MEMORY: &str = "-rss_limit_mb=2048";

/// Runs a target, or each one after the other.
pub(crate) fn run(target: Option<&str>, seconds: u64) -> Result<()> {
    if !has("cargo", &["fuzz", "--version"]) {
        bail!("cargo-fuzz is not installed; `cargo install cargo-fuzz --locked` installs it");
    }
    if !has("c++", &["--version"]) {
        bail!("there is no C++ compiler, which libFuzzer needs; install g++ or clang");
    }
    let chosen: Vec<&str> =
        TARGETS.into_iter().filter(|known| target.is_none_or(|target| target == *known)).collect();
    if chosen.is_empty() {
        bail!("there is no such target; the targets are {}", TARGETS.join(", "));
    }
    // The versions that the product is built with.
    let (from, to) = (root().join("Cargo.lock"), root().join("fuzz/Cargo.lock"));
    fs::copy(from, to).context("copying Cargo.lock to fuzz/")?;
    let seeds = ["run", "--quiet", "--package", "zentra-fuzz", "--example", "write_seeds"];
    run_with(&root(), &[], "cargo", &[&seeds[..], &["fuzz/corpus"]].concat())?;
    for target in chosen {
        let time = format!("-max_total_time={seconds}");
        let build = ["fuzz", "run", "--sanitizer", "none", "--fuzz-dir", "fuzz", target];
        let args = [&build[..], &["--", &time, MEMORY, "-timeout=10"]].concat();
        run_with(&root(), &[STABLE], "cargo", &args).with_context(|| {
            format!("{target}: put what was found into fuzz/found/{target}, and mend its cause")
        })?;
    }
    Ok(())
}
