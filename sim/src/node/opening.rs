//! Opening what is on the disk: recovery by the real log, then a fold of all of it.

use crate::disk::Disk;
use std::ops::ControlFlow;
use std::sync::Arc;
use zentra_engine::Engine;
use zentra_env::Env;
use zentra_events::frame::FrameReader;
use zentra_events::{Entry, Position};
use zentra_keyring::Keyring;
use zentra_log::{LogReader, LogWriter, StoredFrame};
use zentra_runtime::{Opened, Recovered};
use zentra_store::{LogOptions, RecoverError, UnrecoveredLog};

/// Bytes of a segment: small, so that a run fills several.
const SEGMENT_BYTES: u64 = 64 * 1024;

/// Opens the log, or makes one. Everything before `marked` is known to have been durable.
///
/// # Errors
/// Why it does not open.
pub(crate) fn open(env: &Env, disk: &Disk, marked: Position) -> Result<Opened, String> {
    let options = LogOptions {
        segment_bytes: SEGMENT_BYTES,
        partition: 0,
        log_id: *b"a simulated log.",
        known_durable: marked,
    };
    let recovered = UnrecoveredLog::open(Box::new(disk.clone()), options)
        .and_then(UnrecoveredLog::recover)
        .map_err(|error: RecoverError| error.to_string())?;
    let (log, report) = recovered;
    let store: Box<dyn LogWriter> = Box::new(log);
    let mut engine = Engine::new(0);
    reread(store.reader().as_ref(), Position::ZERO, &mut |_, entry| {
        engine.apply(&entry.borrow()).map_err(|error| error.to_string())
    })?;
    engine.index(1).map_err(|error| error.to_string())?;
    let folded = engine.next_position().get();
    let recovered = Recovered { log: report, snapshot: None, folded };
    let keyring = Arc::new(Keyring::from_key([1; 32]));
    Ok(Opened { env: env.clone(), engine, store, keyring, recovered })
}

/// Reads every durable entry from a position on, each with the frame that it stands in.
///
/// # Errors
/// What cannot be read, or what the visitor says.
pub(crate) fn reread(
    reader: &dyn LogReader,
    from: Position,
    visit: &mut dyn FnMut(&StoredFrame, &Entry) -> Result<(), String>,
) -> Result<(), String> {
    let mut outcome = Ok(());
    let scanned = reader.scan(from, &mut |stored| {
        outcome = each(stored, from, visit);
        if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    scanned.map_err(|error| error.to_string())?;
    outcome
}

fn each(
    stored: &StoredFrame,
    from: Position,
    visit: &mut dyn FnMut(&StoredFrame, &Entry) -> Result<(), String>,
) -> Result<(), String> {
    let frame = FrameReader::new(stored.codec, &stored.shared).map_err(|e| e.to_string())?;
    for (position, payload) in stored.payloads().filter(|(position, _)| *position >= from) {
        let entry = frame.entry(position, payload).map_err(|e| e.to_string())?;
        visit(stored, &entry)?;
    }
    Ok(())
}
