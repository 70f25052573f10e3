//! Background snapshots: a moment of the state, written beside the kernel.
//!
//! The kernel gives a moment in microseconds and goes on; what it changes meanwhile it copies first,
//! so that a snapshot costs memory only for what changes while it is written. Owns when one is due.
//! Must not run more than once at a time.

use crate::log_access::LogAccess;
use crate::runtime::{self, DataFolder, Handle, SnapshotFileError, write_snapshot};
use tokio::sync::watch;
use zentra_engine::snapshot::Moment;
use zentra_events::Position;
use zentra_store::ReadError;

/// A snapshot is written again after this part of the log came in since the last, at the least: so
/// all snapshots together cost a few times what the last one does.
const GROWTH_PART: u64 = 4;

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
enum BackgroundError {
    #[error("the log cannot be read: {0}")]
    Read(#[from] ReadError),
    #[error("no frame ends before position {}", .0.get())]
    NoFrameEnd(Position),
    #[error(transparent)]
    File(#[from] SnapshotFileError),
}

/// Makes a snapshot each time `every` entries, and a quarter of the log, came in since the last;
/// never when `every` is 0.
pub async fn snapshots(
    folder: DataFolder,
    handle: Handle,
    every: u64,
    mut stopping: watch::Receiver<bool>,
) {
    if every == 0 {
        return;
    }
    let mut durable = handle.durable();
    let mut last = *durable.borrow();
    loop {
        let due = Position(last.get() + every.max(last.get() / GROWTH_PART));
        tokio::select! {
            reached = durable.wait_for(|durable| *durable >= due) => {
                if reached.is_err() {
                    return;
                }
            }
            _ = stopping.wait_for(|stop| *stop) => return,
        }
        let Ok(moment) = handle.moment().await else { return };
        match write(&folder, handle.log(), &moment) {
            Ok(()) => {
                tracing::info!(position = moment.next_position().get(), "snapshot written");
            }
            Err(error) => tracing::error!(%error, "no snapshot; the next try is later"),
        }
        last = moment.next_position();
    }
}

fn write(folder: &DataFolder, log: &LogAccess, moment: &Moment) -> Result<(), BackgroundError> {
    let next = moment.next_position();
    let chain = runtime::chain_before(log.reader(), next)?;
    let chain = chain.ok_or(BackgroundError::NoFrameEnd(next))?;
    Ok(write_snapshot(folder, moment, chain)?)
}
