//! The simulated world: `sim/`, a workspace of its own (docs/internals/simulation.md).
//!
//! Owns how it is built, checked and run. Must not know what is simulated.

use crate::run::{has, root, run_in};
use anyhow::Result;

/// Seeds of the step: some twenty seconds of them.
const SEEDS: &str = "0..2000";
/// Seeds that found something.
const FOUND: &str = "../fixtures/sim/seeds.txt";

/// Runs the simulator with these arguments.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    cargo(&[&["run", "--quiet", "--locked", "--"], &args[..]].concat())
}

/// The step: its own tests, the seeds that found something, and others.
pub(crate) fn check() -> Result<()> {
    if has("cargo", &["nextest", "--version"]) {
        cargo(&["nextest", "run", "--locked"])?;
    } else {
        cargo(&["test", "--locked", "--quiet"])?;
    }
    cargo(&["run", "--quiet", "--locked", "--", "--file", FOUND])?;
    cargo(&["run", "--quiet", "--locked", "--", "--seeds", SEEDS])
}

/// As rustfmt wants it.
pub(crate) fn format() -> Result<()> {
    cargo(&["fmt", "--check"])
}

/// As clippy wants it.
pub(crate) fn lints() -> Result<()> {
    cargo(&["clippy", "--locked", "--all-targets", "--", "-D", "warnings"])
}

fn cargo(args: &[&str]) -> Result<()> {
    run_in(&root().join("sim"), "cargo", args)
}
