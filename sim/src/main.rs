//! The simulated world: the real engine, log, codec and deliveries under every fault, one seed at a
//! time. docs/internals/simulation.md says how.
//!
//! Owns the start. One thread, no clock, no randomness but the seed's.

mod agenda;
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
mod run;
mod shrink;
#[cfg(test)]
mod tests;
mod trace;
mod words;
mod workload;
mod world;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match command_line::command(&command_line::Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            output::show(&error);
            ExitCode::FAILURE
        }
    }
}
