//! Every check of the project, and the set-up that each needs: `cargo xtask <command>`.
//!
//! Owns the command line. Must not link any crate of ours: it judges them.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a tool for developers prints")]

mod attacks;
mod contract;
mod coverage;
mod deny;
mod files;
mod fuzz;
mod graph;
mod judges;
mod mutations;
mod run;
mod schemas;
mod sim;
mod steps;
mod stopwatch;
mod tidy;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every check
    Test {
        /// Run one step only
        #[arg(long)]
        only: Option<String>,
    },
    /// Compare the crates' edges with the table
    Graph,
    /// Check the rules that no compiler knows
    Tidy,
    /// Run the attacks of one tenant on another one, on a release build, and compare latencies
    Attacks {
        /// Only this file's, or this test (`stranger`, `stranger::a_stranger_...`)
        only: Option<String>,
    },
    /// Fuzz the readers of frames, entries, snapshots, batches and notes; needs cargo-fuzz
    Fuzz {
        /// One target only
        target: Option<String>,
        /// How long each target runs
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Run the simulated world
    Sim {
        /// As `--seed 42 --trace`; `--help` tells all of them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Put bugs into a copy of the product, one at a time: the simulated world finds each
    Mutations {
        /// One only
        only: Option<String>,
    },
    /// Count the lines of the core that the simulated world reaches by itself
    Coverage,
    /// Install the judges that are not ours
    Judges,
    /// Generate schemas/ from the code
    Schemas {
        /// Fail when they differ from what the code says, change nothing
        #[arg(long)]
        check: bool,
        /// The folder, if it is not schemas/
        #[arg(long)]
        dir: Option<PathBuf>,
    },
    /// Check licences, bans, sources and advisories with cargo-deny
    Deny,
}

fn main() -> ExitCode {
    let done = match Args::parse().command {
        Command::Test { only } => steps::test(only.as_deref()),
        Command::Graph => graph::check(),
        Command::Tidy => tidy::check(),
        Command::Attacks { only } => attacks::run(only.as_deref()),
        Command::Fuzz { target, seconds } => fuzz::run(target.as_deref(), seconds),
        Command::Sim { args } => sim::run(&args),
        Command::Mutations { only } => mutations::run(only.as_deref()),
        Command::Coverage => coverage::run(),
        Command::Judges => judges::install(),
        Command::Schemas { check, dir } => schemas::run(check, dir),
        Command::Deny => deny::check().map(|_| ()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
