//! Background snapshots: a read view of the state, written beside the kernel.
//!
//! The kernel gives a view in microseconds and goes on; what it changes meanwhile it copies
//! first, so that a snapshot costs memory only for what changes while it is written. It is written
//! in stretches, with rests while the log grows. Owns when one is due. Must not run more than once
//! at a time.

use super::throttle::{Throttle, tell_behind};
use crate::chain::chain_before;
use crate::folder::DataFolder;
use crate::handle::Handle;
use crate::snapshots::{self as files, SnapshotFileError};
use std::io;
use tokio::sync::watch;
use zentra_engine::Space;
use zentra_engine::snapshot::{ReadView, SnapshotKey};
use zentra_events::Position;
use zentra_log::ReadError;
use zeroize::Zeroizing;

/// A snapshot is written again after this part of the log came in since the last, at the least: so
/// all snapshots together cost a few times what the last one does.
const GROWTH_PART: u64 = 3;

/// How many times as long as it wrote a snapshot rests while the log grows: it takes the disk that
/// the log needs, and nobody waits for it.
const RESTS: u32 = 20;

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

/// Makes a snapshot each time `every` entries, and a part of the log, came in since the last, which
/// was at `newest`; never when `every` is 0.
pub async fn snapshots(
    (folder, key): (DataFolder, Zeroizing<SnapshotKey>),
    handle: Handle,
    every: u64,
    newest: Position,
    mut stopping: watch::Receiver<bool>,
) {
    if every == 0 {
        return;
    }
    let (mut durable, mut last) = (handle.durable(), newest);
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
        if handle.space() != Space::Enough {
            // The log has everything: what there is of space is its.
            last = *durable.borrow();
            continue;
        }
        let Ok(view) = handle.read_view().await else { return };
        last = view.next_position();
        let (folder, handle, stopping) = (folder.clone(), handle.clone(), stopping.clone());
        let key = key.clone();
        let written =
            tokio::task::spawn_blocking(move || write(&folder, &key, &handle, &view, stopping));
        let written = written.await;
        // None is being written any more.
        tell_behind("snapshots", 0);
        match written {
            Ok(Ok(())) => tracing::info!(position = last.get(), "snapshot written"),
            Ok(Err(error)) => tracing::warn!(%error, "no snapshot; the next try is later"),
            Err(error) => tracing::error!(%error, "the snapshot task ended"),
        }
    }
}

fn write(
    folder: &DataFolder,
    key: &SnapshotKey,
    handle: &Handle,
    view: &ReadView,
    mut stopping: watch::Receiver<bool>,
) -> Result<(), BackgroundError> {
    let next = view.next_position();
    let chain = chain_before(handle.log().reader(), next)?;
    let chain = chain.ok_or(BackgroundError::NoFrameEnd(next))?;
    let runtime = tokio::runtime::Handle::current();
    let begin = || Throttle::start("snapshots", next, handle);
    let mut throttle = Some(begin());
    Ok(files::write(folder, view, chain, key, &mut || {
        // A stretch is done: the log comes first, and a stop ends it.
        let stretch = throttle.take().unwrap_or_else(begin);
        let goes_on = runtime.block_on(stretch.rest((0, RESTS), &mut stopping));
        throttle = Some(begin());
        if goes_on { Ok(()) } else { Err(io::Error::other("the server stops")) }
    })?)
}
