//! The `zentra` binary: serve, demo, rebuild, log, backup, key.
//!
//! Owns the command line and what it prints. Must not decide anything: it calls the crates.
#![expect(clippy::print_stderr, reason = "a command line says on standard error what is wrong")]

mod args;
mod bench;
mod cmd;
mod demo;
mod flags;
mod output;

use args::{Args, Command};
use clap::Parser;
use output::NoReader;
use std::process::ExitCode;

/// Requests are many small allocations on many threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    small_pages();
    // What is generated from the code is for everybody; all else holds what callers entrust.
    if !matches!(args.command, Command::Schemas(_)) {
        for_owner_only();
    }
    let done = match args.command {
        Command::Serve(serve) => cmd::serve::run(&serve),
        Command::Wait(wait) => cmd::wait::run(&wait),
        Command::Demo(demo) => demo::run(&demo),
        Command::Rebuild(rebuild) => cmd::rebuild::run(&rebuild),
        Command::Log(log) => cmd::log::run(&log),
        Command::Backup(backup) => cmd::backup::run(&backup),
        Command::Restore(restore) => cmd::restore::run(&restore),
        Command::Key(key) => cmd::key::run(&key),
        Command::Bench(bench) => bench::run(&bench),
        Command::Schemas(schemas) => cmd::schemas::run(&schemas),
    };
    match done {
        Ok(code) => code,
        Err(error) if error.is::<NoReader>() => ExitCode::from(NoReader::EXIT),
        Err(error) => {
            eprintln!("zentra: {}", output::told(&error));
            ExitCode::FAILURE
        }
    }
}

/// Whatever the process makes is for its owner only, also what libraries make in a data folder.
fn for_owner_only() {
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

/// Asks the system for small pages. Buffers come and go here, and with huge pages each that comes
/// has 2 MiB zeroed for it: measured, that takes a fifth more memory and a tenth of the rate (see
/// docs/performance.md).
fn small_pages() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        eprintln!("zentra: memory stays in huge pages: {error}");
    }
}
