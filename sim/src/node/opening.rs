//! Opening what is on the disk as the product does, and reading what is in its log.

use crate::disk::Disk;
use std::ops::ControlFlow;
use zentra_env::Env;
use zentra_events::frame::FrameReader;
use zentra_events::{Entry, Position};
use zentra_log::{LogReader, StoredFrame};
use zentra_runtime::{OpenError, Opened};

/// Bytes of a segment: small, so that a run fills several.
const SEGMENT_BYTES: u64 = 64 * 1024;

/// Opens the data folder of a disk, or makes one.
///
/// # Errors
/// Why it does not open.
pub(crate) fn open(env: &Env, disk: &Disk) -> Result<Opened, OpenError> {
    zentra_runtime::open(env, &disk.data_folder(), 0, SEGMENT_BYTES)
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
