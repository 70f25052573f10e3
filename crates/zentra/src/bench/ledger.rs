//! `zentra bench ledger`: intents one a request, and what is true of the log afterwards.
//!
//! A run counts only if a rebuild from zero gives the digests of the snapshot that the server left,
//! and money is conserved.

use crate::args::{BenchArgs, BenchCommand, Ids, Role};
use crate::bench::load::{self, Plan};
use crate::bench::report::Found;
use crate::bench::target::Target;
use crate::cmd::key;
use crate::cmd::log::fold_all;
use crate::cmd::rebuild::rebuild;
use anyhow::{Result, bail};
use std::process::ExitCode;

pub(crate) fn run(args: &BenchArgs) -> Result<ExitCode> {
    let BenchCommand::Ledger { intents, connections, accounts, ids, json } = &args.command;
    let plan = Plan {
        intents: *intents,
        connections: *connections,
        accounts: *accounts,
        random_ids: *ids == Ids::Random,
    };
    if plan.accounts == 0 || plan.connections == 0 || plan.intents == 0 {
        bail!("intents, connections and accounts are at least 1");
    }
    let found = measure(plan)?;
    if *json {
        println!("{}", serde_json::to_string_pretty(&found.as_json())?);
    } else {
        print!("{}", found.as_text());
    }
    Ok(if found.counts() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn measure(plan: Plan) -> Result<Found> {
    let temporary = tempfile::tempdir()?;
    let data = temporary.path().join("data");
    let key = key::create(&data, "workspace_scope", "svc_bench", &[Role::Writer], "bench")?;
    let target = Target::start(&data)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(load::fund(target.address, &key, plan))?;
    let measured = runtime.block_on(load::run(target.address, &key, plan))?;
    let resident_bytes = target.resident_bytes();
    target.stop()?;
    let again = Target::start(&data)?;
    let restarted_in = again.started_in;
    again.stop()?;
    let rebuilt = rebuild(&data, true)?;
    let conserved = fold_all(&data)?.ledger().verify_conservation().is_ok();
    Ok(Found { plan, measured, resident_bytes, restarted_in, rebuilt, conserved })
}
