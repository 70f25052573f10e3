//! Background snapshots: the newest snapshot and the durable tail, folded beside the kernel.
//!
//! Never touches the kernel's state, so commands do not wait for it. Costs a second state in memory
//! while it runs. Must not run more than once at a time.

use crate::runtime::{self, DataFolder, Handle, newest_snapshot, write_snapshot};
use tokio::sync::watch;
use zentra_engine::{Engine, snapshot};
use zentra_events::Position;

/// Makes a snapshot each time `every` entries came in since the last; never when `every` is 0.
pub async fn snapshots(
    folder: DataFolder,
    handle: Handle,
    every: u64,
    mut stopping: watch::Receiver<bool>,
) {
    if every == 0 {
        return;
    }
    let mut last = *handle.durable().borrow();
    let mut durable = handle.durable();
    loop {
        let due = Position(last.get().saturating_add(every));
        tokio::select! {
            reached = durable.wait_for(|durable| *durable >= due) => {
                if reached.is_err() {
                    return;
                }
            }
            _ = stopping.wait_for(|stop| *stop) => return,
        }
        let (folder, handle) = (folder.clone(), handle.clone());
        let made = tokio::task::spawn_blocking(move || make(&folder, &handle)).await;
        match made {
            Ok(Ok(position)) => {
                tracing::info!(position = position.get(), "snapshot written");
                last = position;
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "no snapshot; the next try is later");
                last = *durable.borrow();
            }
            Err(error) => {
                tracing::error!(%error, "the snapshot task ended");
                return;
            }
        }
    }
}

fn make(folder: &DataFolder, handle: &Handle) -> Result<Position, runtime::OpenError> {
    let log = handle.log();
    let newest = newest_snapshot(folder)?;
    let engine = newest.and_then(|(_, found)| found.into_engine().ok());
    let mut engine = engine.unwrap_or_else(|| Engine::new(handle.partition()));
    let chain = runtime::fold_to_frame_end(log, &mut engine)?;
    let next = engine.next_position();
    write_snapshot(folder, next, &snapshot::encode(&engine, chain))?;
    Ok(next)
}
