//! `zentra bench ceiling`: a load on a real server, and beside it what bounds any server, measured
//! in the same run on the same machine.
//!
//! Owns the three bounds and their ratios. A ratio can be compared between machines, a rate cannot.

use crate::args::LedgerBenchArgs;
use crate::bench::bodies::Bodies;
use crate::bench::ledger::{self, plan};
use crate::bench::load;
use crate::bench::plan::Plan;
use crate::bench::report::{Found, rate};
use crate::bench::trivial::Trivial;
use crate::output::{put, say};
use anyhow::Result;
use hashbrown::HashTable;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use zentra_env::Env;
use zentra_events::Span;

/// Syncs that are measured, at least and at most.
const SYNCS: (u64, u64) = (32, 2_000);

/// One thing that an intent cannot be faster than.
struct Ceiling {
    what: &'static str,
    intents: u64,
    took: Span,
}

impl Ceiling {
    fn per_second(&self) -> u64 {
        rate(self.intents, self.took.0)
    }
}

pub(crate) fn run(env: &Env, args: &LedgerBenchArgs) -> Result<ExitCode> {
    let folder = tempfile::tempdir()?;
    // On the disk that the log is on.
    let beside = match args.data.as_deref().and_then(Path::parent) {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => folder.path(),
    };
    // Whole batches only: what answers without looking answers each alike.
    let plan = plan(args)?;
    let plan = Plan { intents: plan.intents.next_multiple_of(plan.batch), ..plan };
    let data = args.data.clone().unwrap_or_else(|| folder.path().join("data"));
    let found = ledger::measure(env, plan, &data)?;
    let ceilings =
        [http(env, plan)?, syncs(env, plan, found.log_bytes(), beside)?, hashes(env, plan)?];
    if args.json {
        say!("{}", serde_json::to_string_pretty(&as_json(&found, &ceilings))?)?;
    } else {
        put(&as_text(&found, &ceilings)?)?;
    }
    Ok(if found.counts() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The same client with the same bodies, against a server that reads a body and answers.
fn http(env: &Env, plan: Plan) -> Result<Ceiling> {
    let trivial = Trivial::start(plan)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let measured = runtime.block_on(load::run(env, trivial.address, "no_key", plan, 0))?;
    let what = "HTTP loop, same client and bodies";
    Ok(Ceiling { what, intents: plan.intents, took: measured.took })
}

/// As many bytes as the log has for one group of intents, appended and synced, one after the other.
fn syncs(env: &Env, plan: Plan, bytes_per_intent: u64, folder: &Path) -> Result<Ceiling> {
    // What can wait for one sync at most: everything that is under way.
    let group = plan.batch * plan.connections;
    let bytes = vec![0x5a; usize::try_from(group * bytes_per_intent)?];
    let count = (plan.intents / group).clamp(SYNCS.0, SYNCS.1);
    let mut file = tempfile::tempfile_in(folder)?;
    file.sync_all()?;
    let started = env.now();
    for _ in 0..count {
        append(&mut file, &bytes)?;
    }
    let took = env.now().since(started);
    Ok(Ceiling { what: "append + fdatasync of all under way", intents: group * count, took })
}

fn append(file: &mut File, bytes: &[u8]) -> Result<()> {
    file.write_all(bytes)?;
    Ok(file.sync_data()?)
}

/// Each id hashed, missed, put into a table and found again, on one core.
fn hashes(env: &Env, plan: Plan) -> Result<Ceiling> {
    let mut ids = Bodies::new(plan, 0);
    let mut table: HashTable<u64> = HashTable::new();
    let mut found = 0;
    let started = env.now();
    for number in 0..plan.intents {
        let sum = blake3::hash(ids.id(number)?);
        let key = sum.as_bytes().first_chunk().map_or(0, |head| u64::from_le_bytes(*head));
        if table.find(key, |other| *other == key).is_none() {
            table.insert_unique(key, key, |key| *key);
        }
        found += u64::from(table.find(key, |other| *other == key).is_some());
    }
    let took = env.now().since(started);
    Ok(Ceiling { what: "hash, insert and look-up, one core", intents: found, took })
}

/// How much of a ceiling was reached, in percent.
fn reached(found: &Found, ceiling: &Ceiling) -> u64 {
    found.per_second() * 100 / ceiling.per_second().max(1)
}

fn as_json(found: &Found, ceilings: &[Ceiling]) -> Value {
    let told = |one: &Ceiling| {
        json!({
            "what": one.what,
            "intents_per_second": one.per_second(),
            "reached_percent": reached(found, one),
        })
    };
    let mut all = found.as_json();
    all["ceilings"] = ceilings.iter().map(told).collect();
    all
}

fn as_text(found: &Found, ceilings: &[Ceiling]) -> Result<String> {
    let mut text = found.as_text();
    writeln!(text, "\n{:<36} {:>12} {:>9}", "ceiling", "intents/s", "reached")?;
    for one in ceilings {
        let (rate, reached) = (one.per_second(), reached(found, one));
        writeln!(text, "{:<36} {rate:>12} {reached:>7} %", one.what)?;
    }
    Ok(text)
}
