//! `zentra log`: looks into a log without a server and without its lock.
//!
//! Owns how entries and findings are printed. Must not change the log: a torn tail is told, never
//! cut.

use crate::args::{LogArgs, LogCommand};
use crate::cmd::journal;
use crate::cmd::open::open_reader;
use crate::cmd::rebuild::rebuild;
use crate::output::{put, say};
use anyhow::Result;
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use zentra_env::Env;
use zentra_events::{Entry, Position};
use zentra_keyring::Keyring;
use zentra_runtime::{DataFolder, check_identity, must_continue, must_reach, proofs};
use zentra_store::{FileStorage, verify};

pub(crate) fn run(env: &Env, args: &LogArgs) -> Result<ExitCode> {
    match &args.command {
        LogCommand::Inspect { data, from, limit } => inspect(env, data, Position(*from), *limit),
        LogCommand::Verify { data } => verify_log(env, data),
        LogCommand::Journal { data, scope } => {
            put(&journal::of_scope(env, data, scope)?)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn inspect(env: &Env, data: &Path, from: Position, limit: u64) -> Result<ExitCode> {
    let log = open_reader(env, data)?;
    let (mut shown, mut said) = (0, Ok(()));
    if limit > 0 {
        log.scan(from, &mut |entry, _| {
            said = say!("{}", entry_json(entry));
            shown += 1;
            if said.is_ok() && shown < limit {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })?;
    }
    said?;
    Ok(ExitCode::SUCCESS)
}

fn verify_log(env: &Env, data: &Path) -> Result<ExitCode> {
    let folder = DataFolder::new(data);
    let keyring = Keyring::read(folder.root())?;
    // Before the log is read: a server may be writing both.
    let proofs = proofs(&folder, keyring.as_ref())?;
    let storage = FileStorage::open_read_only(&folder.log())?;
    let report = verify(&storage)?;
    say!(
        "frames: {} in {} segments, {} entries, next position {}",
        report.frames,
        report.segments,
        report.entries,
        report.next.get()
    )?;
    say!("chain:  {}", crate::output::hex(&report.chain))?;
    if let Some(torn) = &report.torn {
        say!(
            "torn:   {} bytes at byte {} of {} (never acknowledged; a server cuts them when it \
             opens the log)",
            torn.dropped_bytes,
            torn.offset,
            torn.segment
        )?;
    }
    must_reach(report.next, &proofs)?;
    let log = open_reader(env, data)?;
    must_continue(log.reader(), &proofs)?;
    let unchecked = if keyring.is_none() { ", unchecked: there is no master.key" } else { "" };
    for proof in &proofs {
        say!("proof:  {} ({}{unchecked})", proof.position.get(), proof.by.display())?;
    }
    let rebuilt = rebuild(env, data, false)?;
    rebuilt.conserved?;
    say!("fold:   every entry follows from the one before; money is conserved")?;
    if let Some(keyring) = &keyring {
        check_identity(Some(keyring), &rebuilt.engine, &log)?;
        say!("key:    master.key is the key that the log was written with")?;
    }
    say!("ok")?;
    Ok(ExitCode::SUCCESS)
}

fn entry_json(entry: &Entry) -> Value {
    let header = &entry.header;
    let events: Vec<Value> = entry
        .events()
        .iter()
        .map(|recorded| {
            json!({
                "type": recorded.event.type_name(),
                "version": recorded.event.version(),
                "prev": recorded.prev.map(Position::get),
                "data": recorded.event,
            })
        })
        .collect();
    json!({
        "position": header.position.get(),
        "scope": header.scope,
        "scope_number": header.scope_number,
        "recorded_at": header.recorded_at,
        "actor": header.actor,
        "request_id": crate::output::hex(&header.request_id.0),
        "cause": header.cause.map(Position::get),
        "idempotent": header.idempotency.is_some(),
        "events": events,
    })
}
