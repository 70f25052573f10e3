//! `zentra rebuild`: folds the log from zero and shows each projection's digest and the rate.
//!
//! With `--verify` it compares with the newest snapshot at the snapshot's own position. Reads the
//! log without its lock, so it may run beside a server.

use crate::args::RebuildArgs;
use crate::cmd::open::open_reader;
use crate::output::{hex, say};
use anyhow::Result;
use serde_json::json;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use zentra_engine::Engine;
use zentra_engine::snapshot::Snapshot;
use zentra_env::Env;
use zentra_events::Position;
use zentra_ledger::ConservationError;
use zentra_runtime::{DataFolder, LogAccess, fold, newest_snapshot};
use zentra_server::server::PARTITION;

/// What a rebuild found.
pub(crate) struct Rebuilt {
    /// Where the log ends.
    pub(crate) next: Position,
    /// Name and digest of each projection at `next`.
    pub(crate) digests: Vec<(&'static str, [u8; 32])>,
    /// Bytes of the log's frames.
    pub(crate) log_bytes: u64,
    /// Whether money is conserved at `next`.
    pub(crate) conserved: Result<(), ConservationError>,
    /// Entries folded per second.
    pub(crate) entries_per_second: u64,
    /// The state at `next`.
    pub(crate) engine: Engine,
    /// The snapshot's position and each projection's digest, stored and folded.
    pub(crate) compared: Option<(Position, Vec<Compared>)>,
}

/// One projection at the snapshot's position.
pub(crate) struct Compared {
    pub(crate) name: String,
    pub(crate) stored: [u8; 32],
    pub(crate) folded: [u8; 32],
}

impl Rebuilt {
    /// Whether every compared digest is the same.
    pub(crate) fn agrees(&self) -> bool {
        self.compared.iter().flat_map(|(_, compared)| compared).all(|one| one.stored == one.folded)
    }
}

pub(crate) fn run(env: &Env, args: &RebuildArgs) -> Result<ExitCode> {
    let rebuilt = rebuild(env, &args.data, args.verify)?;
    if args.json {
        say!("{}", serde_json::to_string_pretty(&as_json(&rebuilt))?)?;
    } else {
        print(&rebuilt)?;
    }
    if args.verify && rebuilt.compared.is_none() {
        eprintln!("zentra: there is no snapshot to compare with; a clean stop leaves one");
        return Ok(ExitCode::FAILURE);
    }
    Ok(if rebuilt.agrees() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Folds the log of a data folder from zero.
pub(crate) fn rebuild(env: &Env, data: &Path, compare: bool) -> Result<Rebuilt> {
    let snapshot = if compare { newest_snapshot(&DataFolder::new(data), None)? } else { None };
    fold_from_zero(&open_reader(env, data)?, snapshot.map(|(_, found)| found))
}

/// Folds a log from zero, and compares with a snapshot on the way.
pub(crate) fn fold_from_zero(log: &LogAccess, snapshot: Option<Snapshot>) -> Result<Rebuilt> {
    // Only the digests are kept: the bytes are as large as the state.
    let snapshot = snapshot.map(|found| Digests {
        next: found.next,
        all: found.sections.into_iter().map(|(name, digest, _)| (name, digest)).collect(),
    });
    let mut engine = Engine::new(PARTITION);
    let mut compared = None;
    let mut log_bytes = 0;
    let (env, mut comparing) = (log.env(), Duration::ZERO);
    let started = env.passed();
    fold(log, &mut engine, &mut |engine, frame_bytes| {
        log_bytes += frame_bytes as u64;
        if let Some(found) = &snapshot
            && found.next == engine.next_position()
        {
            let before = env.passed();
            compared = Some((found.next, compare_sections(found, engine)));
            comparing += env.passed().saturating_sub(before);
        }
        ControlFlow::Continue(())
    })?;
    let took = env.passed().saturating_sub(started).saturating_sub(comparing).as_nanos().max(1);
    let next = engine.next_position();
    let rate = u128::from(next.get()) * 1_000_000_000 / took;
    Ok(Rebuilt {
        next,
        digests: engine.digests(),
        entries_per_second: u64::try_from(rate).unwrap_or(u64::MAX),
        compared,
        log_bytes,
        conserved: engine.ledger().verify_conservation(),
        engine,
    })
}

/// What a snapshot says of its projections.
struct Digests {
    next: Position,
    all: Vec<(String, [u8; 32])>,
}

fn compare_sections(snapshot: &Digests, engine: &Engine) -> Vec<Compared> {
    let folded = engine.digests();
    let one = |(name, stored): &(String, [u8; 32])| {
        let found = folded.iter().find(|(known, _)| known == name);
        let folded = found.map_or([0; 32], |(_, digest)| *digest);
        Compared { name: name.clone(), stored: *stored, folded }
    };
    snapshot.all.iter().map(one).collect()
}

fn print(rebuilt: &Rebuilt) -> Result<()> {
    say!(
        "folded {} entries from zero, {} a second",
        rebuilt.next.get(),
        rebuilt.entries_per_second
    )?;
    say!("{:<16} {:>10}  digest", "projection", "position")?;
    for (name, digest) in &rebuilt.digests {
        say!("{name:<16} {:>10}  {}", rebuilt.next.get(), hex(digest))?;
    }
    let Some((position, compared)) = &rebuilt.compared else { return Ok(()) };
    say!("compared with the snapshot at position {}:", position.get())?;
    for one in compared {
        let word = if one.stored == one.folded { "same" } else { "DIFFERS" };
        say!("{:<16} {:>10}  {} {word}", one.name, position.get(), hex(&one.folded))?;
    }
    Ok(())
}

fn as_json(rebuilt: &Rebuilt) -> serde_json::Value {
    let digests: Vec<_> = rebuilt
        .digests
        .iter()
        .map(|(name, digest)| json!({ "projection": name, "digest": hex(digest) }))
        .collect();
    let compared = rebuilt.compared.as_ref().map(|(position, compared)| {
        let rows: Vec<_> = compared
            .iter()
            .map(|one| {
                json!({
                    "projection": one.name,
                    "snapshot": hex(&one.stored),
                    "folded": hex(&one.folded),
                    "same": one.stored == one.folded,
                })
            })
            .collect();
        json!({ "position": position.get(), "projections": rows })
    });
    json!({
        "position": rebuilt.next.get(),
        "entries_per_second": rebuilt.entries_per_second,
        "projections": digests,
        "compared": compared,
        "agrees": rebuilt.agrees(),
    })
}
