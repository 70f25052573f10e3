//! The log-writer thread: everything that waits becomes one write and one sync.
//!
//! Answers, names, the feed and the durable position move only after the sync. A failed write or
//! sync is fatal: nothing after it is answered. Must not decide anything.

use crate::names::SharedNames;
use crate::runtime::feed::Recent;
use crate::runtime::kernel::Batch;
use crossbeam_channel::Receiver;
use std::sync::Arc;
use tokio::sync::watch;
use zentra_events::codec::{CODEC, CodecError, encode_frame};
use zentra_events::{Entry, Position};
use zentra_store::{AppendError, EventStore, PendingFrame};

/// Entries in one frame. A single entry stays under 1 MiB, so a frame stays under the store's
/// limit.
const FRAME_ENTRIES_MAX: usize = 48;
/// Entries that one write takes at most before it is synced.
const WRITE_ENTRIES_MAX: usize = 65_536;

/// Why the writer cannot go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum WriteError {
    #[error(transparent)]
    Append(#[from] AppendError),
    #[error(transparent)]
    Codec(#[from] CodecError),
}

/// Where durable entries go.
pub(super) struct Outlets {
    pub(super) names: Arc<SharedNames>,
    pub(super) recent: Arc<Recent>,
    pub(super) durable: watch::Sender<Position>,
    /// Dropped with the rest when the writer ends: nobody is answered any more.
    pub(super) _ended: watch::Sender<()>,
}

/// Runs until the kernel is gone. Returns the store, or what went wrong.
pub(super) fn run(
    mut store: Box<dyn EventStore>,
    batches: &Receiver<Batch>,
    outlets: &Outlets,
) -> Result<Box<dyn EventStore>, WriteError> {
    while let Ok(first) = batches.recv() {
        let mut waiting = first;
        while waiting.entries.len() < WRITE_ENTRIES_MAX
            && let Ok(mut next) = batches.try_recv()
        {
            waiting.entries.append(&mut next.entries);
            waiting.releases.append(&mut next.releases);
        }
        if !waiting.entries.is_empty() {
            let durable = make_durable(store.as_mut(), &waiting.entries)?;
            outlets.names.fold(waiting.entries.iter().map(AsRef::as_ref));
            outlets.recent.push(waiting.entries);
            outlets.durable.send_replace(durable);
        }
        for release in waiting.releases {
            release();
        }
    }
    Ok(store)
}

fn make_durable(
    store: &mut dyn EventStore,
    entries: &[Arc<Entry>],
) -> Result<Position, WriteError> {
    let frames = entries
        .chunks(FRAME_ENTRIES_MAX)
        .map(|chunk| {
            let bytes = encode_frame(chunk.iter().map(AsRef::as_ref))?;
            let (shared, payloads, ends) = (bytes.shared, bytes.payloads, bytes.ends);
            Ok(PendingFrame { codec: CODEC, shared, payloads, ends })
        })
        .collect::<Result<Vec<_>, CodecError>>()?;
    store.append(&frames)?;
    Ok(store.sync()?)
}
