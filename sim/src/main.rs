//! The simulated world: the real engine, log, codec and deliveries under every fault, one seed at a
//! time. docs/internals/simulation.md says how.
//!
//! Owns the start. One thread, no clock, no randomness but the seed's; but for runs against a real
//! server, which are handed the machine from here.
#![expect(clippy::disallowed_methods, reason = "a real server lives by the machine's clock")]

mod agenda;
mod civil;
mod command_line;
mod disk;
mod failure;
mod faults;
mod follow;
mod minutes;
mod node;
mod oracle;
mod output;
mod random;
mod real;
mod run;
mod shrink;
mod signature;
mod stopped;
mod temporary;
#[cfg(test)]
mod tests;
mod trace;
mod words;
mod workload;
mod world;

use clap::Parser;
use std::process::ExitCode;
use zentra_env::Env;

fn main() -> ExitCode {
    let args = command_line::Args::parse();
    temporary::sweep();
    let is_well = stopped::unless_stopped(|| {
        command_line::command(&args, &Env::machine).unwrap_or_else(|error| {
            output::show(&error);
            false
        })
    });
    if is_well == Some(true) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
