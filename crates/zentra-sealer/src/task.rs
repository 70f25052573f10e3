//! The sealer's task: the loop around [`Sealing`], on a thread of low priority.
//!
//! Owns when it waits: for more of the log, for time, or for space on the disk. Must not know what
//! is sealed.

use crate::evidence::Evidence;
use crate::sealing::{CHUNK_ENTRIES_MAX, SealOptions, Sealing};
use std::sync::Arc;
use tokio::sync::watch;
use zentra_runtime::Handle;
use zentra_runtime::background::{Ended, FOLLOWER_RESTS, Throttle, may_write};

/// Its name in the metrics.
const FOLLOWER: &str = "sealer";

/// Seals until told to stop. What is not sealed by then is sealed after the next start.
pub async fn run(
    evidence: Arc<Evidence>,
    handle: Handle,
    options: SealOptions,
    mut stopping: watch::Receiver<bool>,
) -> Ended {
    let mut durable = handle.durable();
    let mut sealing = Sealing::new(handle.env(), evidence, options);
    while !*stopping.borrow() {
        let reached = sealing.reached();
        if !may_write((FOLLOWER, reached), &handle, &mut stopping, || sealing.mark(true)).await {
            return Ended::Stopped;
        }
        let throttle = Throttle::start(FOLLOWER, reached, &handle);
        let folded = tokio::task::spawn_blocking(move || {
            let folded = sealing.fold();
            (sealing, folded)
        });
        let followed = match folded.await {
            Ok((back, Ok(followed))) => {
                sealing = back;
                followed
            }
            Ok((_, Err(error))) if error.may_pass() => return Ended::Failed(error.to_string()),
            Ok((_, Err(error))) => {
                tracing::error!(%error, "sealing stops; evidence stays at the last checkpoint");
                return Ended::Halted;
            }
            Err(error) => {
                tracing::error!(%error, "sealing stopped");
                return Ended::Halted;
            }
        };
        let behind = followed == CHUNK_ENTRIES_MAX;
        for scope in sealing.due(behind) {
            if let Some(request) = sealing.request(scope) {
                let answer = handle.submit(request).await;
                sealing.answered(scope, answer);
            }
        }
        throttle.rest((followed as u64, FOLLOWER_RESTS), &mut stopping).await;
        if behind {
            continue;
        }
        let reached = sealing.reached();
        tokio::select! {
            biased;
            // A sender that is gone ends it as well.
            _ = stopping.wait_for(|stop| *stop) => return Ended::Stopped,
            more = durable.wait_for(|durable| *durable > reached) => {
                if more.is_err() { return Ended::Stopped; }
            }
            () = handle.env().wait(sealing.wait()) => {}
        }
    }
    Ended::Stopped
}
