//! The task that keeps the views up with the log.
//!
//! Owns how much is folded at once, and when it rests. Must not know what is folded.

use crate::error::ViewError;
use crate::views::Views;
use std::ops::ControlFlow;
use std::sync::Arc;
use tokio::sync::watch;
use zentra_runtime::background::{Ended, FOLLOWER_RESTS, Throttle, may_write};
use zentra_runtime::{Handle, Stretches};

/// Its name in the metrics.
const FOLLOWER: &str = "views";
/// Entries that are folded in at once.
const CHUNK_ENTRIES_MAX: usize = 1_024;
/// Events after which no more is: an entry of a large replay has thousands.
const CHUNK_EVENTS_ENOUGH: usize = 8_192;

/// Keeps the views up with the log until it is told to stop or the log closes, or they fail: the
/// log has everything, and they can be opened again.
pub async fn run(views: Arc<Views>, handle: Handle, mut stopping: watch::Receiver<bool>) -> Ended {
    let mut durable = handle.durable();
    let mut wanted = views.wanted();
    let (finding, behind) = (handle.clone(), views.position());
    let found = tokio::task::spawn_blocking(move || finding.find_tail(behind)).await;
    if let Ok(Err(error)) = found {
        return Ended::Failed(error.to_string());
    }
    handle.forget_tail(behind);
    loop {
        let reached = views.position();
        tokio::select! {
            biased;
            // A sender that is gone ends it as well.
            _ = stopping.wait_for(|stop| *stop) => return Ended::Stopped,
            more = durable.wait_for(|durable| *durable > reached) => {
                if more.is_err() {
                    return Ended::Stopped;
                }
            }
        }
        if !may_write((FOLLOWER, reached), &handle, &mut stopping, || ()).await {
            return Ended::Stopped;
        }
        let throttle = Throttle::start(FOLLOWER, reached, &handle);
        let (folding, follows) = (Arc::clone(&views), handle.clone());
        let folded = tokio::task::spawn_blocking(move || folding.follow(&follows)).await;
        match folded {
            Ok(Ok(followed)) => {
                tokio::select! {
                    // The next round sees a stop.
                    _ = throttle.rest((followed, FOLLOWER_RESTS), &mut stopping) => {}
                    // The sender lives as long as the views.
                    _ = wanted.wait_for(|wanted| *wanted > 0) => {}
                }
            }
            Ok(Err(error)) => return Ended::Failed(error.to_string()),
            Err(error) => return Ended::Failed(error.to_string()),
        }
    }
}

impl Views {
    /// Folds the next durable entries in, at most a chunk of them, and forgets what was found of
    /// them elsewhere; gives their number. One step of following; another one must not run.
    ///
    /// # Errors
    /// When the log cannot be read or the store fails; nothing of the entries is in then.
    pub fn follow(&self, handle: &Handle) -> Result<u64, ViewError> {
        let reached = self.position();
        let (mut entries, mut events) = (Vec::new(), 0);
        let mut stretches = Stretches::on(handle.env());
        handle.log().scan(reached, &mut |entry, _| {
            stretches.step();
            entries.push(Arc::clone(entry));
            events += entry.events().len();
            if entries.len() < CHUNK_ENTRIES_MAX && events < CHUNK_EVENTS_ENOUGH {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })?;
        self.fold(&entries)?;
        let now = self.position();
        handle.forget_tail(now);
        self.forget_ahead();
        Ok(now.get() - reached.get())
    }
}
