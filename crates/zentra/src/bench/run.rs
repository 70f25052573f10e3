//! Which bench was asked for.

use crate::args::{BenchArgs, BenchCommand};
use crate::bench::{ceiling, ledger};
use anyhow::Result;
use std::process::ExitCode;

pub(crate) fn run(args: &BenchArgs) -> Result<ExitCode> {
    match &args.command {
        BenchCommand::Ledger(args) => ledger::run(args),
        BenchCommand::Ceiling(args) => ceiling::run(args),
    }
}
