//! The `zentra` binary: serve, demo, rebuild, log, backup, key.
//!
//! Owns the command line and what it prints. Must not decide anything: it calls the crates.
#![expect(clippy::print_stderr, reason = "a command line says on standard error what is wrong")]
#![expect(clippy::disallowed_methods, reason = "the machine is handed down from here")]

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
use zentra_env::Env;

/// Requests are many small allocations on many threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    let env = Env::machine();
    small_pages();
    // What is generated from the code is for everybody; all else holds what callers entrust.
    if !matches!(args.command, Command::Schemas(_)) {
        for_owner_only();
    }
    let done = match args.command {
        Command::Serve(serve) => cmd::serve::run(&env, &serve),
        Command::Wait(wait) => cmd::wait::run(&wait),
        Command::Demo(demo) => demo::run(&env, &demo),
        Command::Rebuild(rebuild) => cmd::rebuild::run(&env, &rebuild),
        Command::Log(log) => cmd::log::run(&env, &log),
        Command::Backup(backup) => cmd::backup::run(&env, &backup),
        Command::Restore(restore) => cmd::restore::run(&env, &restore),
        Command::Key(key) => cmd::key::run(&env, &key),
        Command::Bench(bench) => bench::run(&env, &bench),
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
