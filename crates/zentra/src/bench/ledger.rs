//! `zentra bench ledger`: a load of intents on a real server, and what is true of it afterwards.
//!
//! A run counts only if a rebuild from zero gives the digests of the snapshot that the server left,
//! and money is conserved.

use crate::args::{Ids, LedgerBenchArgs, Role};
use crate::bench::load;
use crate::bench::plan::Plan;
use crate::bench::reads;
use crate::bench::report::Found;
use crate::bench::target::Target;
use crate::cmd::key;
use crate::cmd::rebuild::rebuild;
use crate::output::{put, say};
use anyhow::{Result, bail};
use std::path::Path;
use std::process::ExitCode;
use zentra_batch::wire::ITEMS_MAX;
use zentra_env::Env;

pub(crate) fn run(env: &Env, args: &LedgerBenchArgs) -> Result<ExitCode> {
    let plan = plan(args)?;
    let temporary;
    let data = match &args.data {
        Some(data) => data.clone(),
        None => {
            temporary = tempfile::tempdir()?;
            temporary.path().join("data")
        }
    };
    let found = measure(env, plan, &data)?;
    if args.json {
        say!("{}", serde_json::to_string_pretty(&found.as_json())?)?;
    } else {
        put(&found.as_text())?;
    }
    Ok(if found.counts() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the flags ask for.
pub(crate) fn plan(args: &LedgerBenchArgs) -> Result<Plan> {
    let plan = Plan {
        intents: args.transfers,
        accounts: args.accounts,
        batch: if args.single { 1 } else { args.batch },
        connections: args.connections,
        random_ids: args.ids == Ids::Random,
        single: args.single,
    };
    if plan.accounts < 2 || plan.connections == 0 || plan.intents == 0 || plan.batch == 0 {
        bail!("two accounts, and one transfer, batch item and connection are the least");
    }
    if plan.batch > ITEMS_MAX as u64 {
        bail!("a batch has at most {ITEMS_MAX} intents");
    }
    Ok(plan)
}

/// Runs the whole of it on a new data folder.
pub(crate) fn measure(env: &Env, plan: Plan, data: &Path) -> Result<Found> {
    let key = key::create(env, data, "workspace_scope", "svc_bench", &[Role::Writer], "bench")?;
    let target = Target::start(env, data)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let first = runtime.block_on(load::fund(target.address, &key, plan))?;
    let idle_bytes = target.resident_bytes();
    let measured = runtime.block_on(load::run(env, target.address, &key, plan, first))?;
    let resident_bytes = target.resident_bytes();
    target.kill()?;
    let after_kill = Target::start(env, data)?;
    let killed_in = after_kill.started_in;
    after_kill.stop()?;
    let again = Target::start(env, data)?;
    let restarted_in = again.started_in;
    let ids = load::ids(plan)?;
    let reads = runtime.block_on(reads::run(env, again.address, &key, &ids))?;
    again.stop()?;
    let rebuilt = rebuild(env, data, true)?;
    Ok(Found {
        plan,
        measured,
        idle_bytes,
        resident_bytes,
        killed_in,
        restarted_in,
        reads,
        rebuilt,
    })
}
