//! Which bench was asked for.

use crate::args::{BenchArgs, BenchCommand};
use crate::bench::{ceiling, ledger};
use anyhow::Result;
use std::process::ExitCode;
use zentra_env::Env;

pub(crate) fn run(env: &Env, args: &BenchArgs) -> Result<ExitCode> {
    match &args.command {
        BenchCommand::Ledger(args) => ledger::run(env, args),
        BenchCommand::Ceiling(args) => ceiling::run(env, args),
    }
}
