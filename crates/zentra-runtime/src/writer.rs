//! The log-writer thread: everything that waits becomes one write and one sync.
//!
//! Answers, names, subscriptions and the durable position move only after the sync. A failed write
//! or sync is fatal: nothing after it is answered. Must not decide anything.

use crate::framer::Framed;
use crate::kernel::Batch;
use crate::names::SharedNames;
use crate::quota::ScopeLimits;
use crate::subscription::Recent;
use crate::tail::Tail;
use crossbeam_channel::Receiver;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use zentra_env::Env;
use zentra_events::Position;
use zentra_events::codec::FrameBytes;
use zentra_log::{AppendError, LogWriter, PendingFrame};

/// Frames that one write takes at most before it is synced.
const WRITE_FRAMES_MAX: usize = 512;

/// Where durable entries go.
pub(crate) struct Outlets {
    pub(crate) names: Arc<SharedNames>,
    pub(crate) limits: Arc<ScopeLimits>,
    pub(crate) recent: Arc<Recent>,
    pub(crate) tail: Arc<Tail>,
    pub(crate) durable: watch::Sender<Position>,
    /// Dropped with the rest when the writer ends: nobody is answered any more.
    pub(crate) _ended: watch::Sender<()>,
}

/// Runs until the kernel is gone. Returns the store, or what went wrong.
pub(crate) fn run(
    env: &Env,
    mut store: Box<dyn LogWriter>,
    batches: &Receiver<Batch>,
    outlets: &Outlets,
) -> Result<Box<dyn LogWriter>, AppendError> {
    while let Ok(first) = batches.recv() {
        let mut waiting = first;
        while waiting.framed.frames.len() < WRITE_FRAMES_MAX
            && let Ok(mut next) = batches.try_recv()
        {
            waiting.framed.append(next.framed);
            waiting.releases.append(&mut next.releases);
        }
        let Framed { frames, entries, spans } = waiting.framed;
        if !frames.is_empty() {
            let count: usize = frames.iter().map(|frame| frame.ends.len()).sum();
            let began = env.passed();
            let durable = make_durable(store.as_mut(), frames)?;
            tell(count, env.passed().saturating_sub(began));
            outlets.names.fold(entries.iter().map(AsRef::as_ref));
            outlets.limits.fold(entries.iter().map(AsRef::as_ref));
            outlets.recent.push(entries, durable);
            outlets.tail.push(spans);
            outlets.durable.send_replace(durable);
        }
        for release in waiting.releases {
            release();
        }
    }
    Ok(store)
}

/// Tells how many entries one write and sync made durable, and how long it took.
fn tell(entries: usize, took: Duration) {
    metrics::histogram!("zentra_log_sync_entries").record(entries as f64);
    metrics::histogram!("zentra_log_sync_seconds").record(took);
}

fn make_durable(
    store: &mut dyn LogWriter,
    frames: Vec<FrameBytes>,
) -> Result<Position, AppendError> {
    let frames: Vec<PendingFrame> = frames.into_iter().map(PendingFrame::from).collect();
    store.append(&frames)?;
    store.sync()
}
