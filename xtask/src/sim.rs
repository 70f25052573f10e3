//! The simulated world: `sim/`, a workspace of its own (docs/internals/simulation.md).
//!
//! Owns how it is built, checked and run. Must not know what is simulated.

use crate::run::{has, root, run_in};
use anyhow::Result;

/// Seeds of the step: some two minutes of them.
const SEEDS: &str = "0..2000";
/// Seeds against a real server in the step: some twenty seconds of them.
const REAL_SEEDS: &str = "0..4";
/// The switch for runs against a real server, with the server's program behind it.
const REAL: &str = "--real";
/// Seeds that found something.
const FOUND: &str = "../fixtures/sim/seeds.txt";

/// Runs the simulator with these arguments. A real server whose program is not named is the dev
/// build, which is made first.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let binary = root().join("target/debug/zentra").display().to_string();
    let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
    if let Some(at) = args.iter().position(|arg| *arg == REAL)
        && args.get(at + 1).is_none_or(|next| next.starts_with("--"))
    {
        run_in(&root(), "cargo", &["build", "--quiet", "--locked", "--package", "zentra"])?;
        args.insert(at + 1, &binary);
    }
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
    cargo(&["run", "--quiet", "--locked", "--", "--seeds", SEEDS])?;
    run(&[REAL, "--seeds", REAL_SEEDS].map(str::to_owned))
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
