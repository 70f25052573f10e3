//! A part of the server that may open after the server, and is opened again when it fails.
//!
//! Owns how it stands, and who may have it meanwhile. Must not know what the part is.

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// A store of a follower, which may open after the server: requests that need it wait a little.
pub struct Deferred<T> {
    slot: watch::Sender<Option<Arc<T>>>,
    state: Mutex<PartState>,
}

/// How a part of the server stands that may open deferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartState {
    /// It is being opened.
    Opening,
    /// It follows the log.
    Ready,
    /// It failed, and is opened again.
    Failed,
    /// It shows what it has, and follows no more.
    Halted,
}

impl PartState {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            PartState::Opening => "opening",
            PartState::Ready => "ready",
            PartState::Failed => "failed",
            PartState::Halted => "halted",
        }
    }
}

/// How the work on an open store ended.
#[derive(Debug)]
pub enum Ended {
    /// It was told to.
    Stopped,
    /// Going on would be wrong; what there is may be shown.
    Halted,
    /// The store, or what it is made of, failed.
    Failed(String),
}

impl<T> Default for Deferred<T> {
    fn default() -> Deferred<T> {
        Deferred { slot: watch::Sender::new(None), state: Mutex::new(PartState::Opening) }
    }
}

impl<T> Deferred<T> {
    /// One that is open already.
    pub fn open(store: Arc<T>) -> Deferred<T> {
        let deferred = Deferred::default();
        deferred.set(store);
        deferred
    }

    /// Opens it.
    fn set(&self, store: Arc<T>) {
        self.slot.send_replace(Some(store));
        self.tell(PartState::Ready);
    }

    /// How it stands.
    pub fn state(&self) -> PartState {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store, once it is open; none when it does not open in time.
    pub async fn within(&self, time: Duration) -> Option<Arc<T>> {
        let mut slot = self.slot.subscribe();
        let opened = tokio::time::timeout(time, slot.wait_for(Option::is_some)).await;
        opened.ok()?.ok()?.clone()
    }

    fn tell(&self, state: PartState) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Takes the store away from requests, and waits until none of them has it any more.
    async fn close(&self, store: Arc<T>) {
        self.slot.send_replace(None);
        self.tell(PartState::Failed);
        while Arc::strong_count(&store) > 1 {
            tokio::time::sleep(FREED_EVERY).await;
        }
    }
}

/// How long a part that failed waits at first, and at most, before it is opened again.
const AGAIN_AFTER: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(60));
/// How often a store is looked at that requests still have.
const FREED_EVERY: Duration = Duration::from_millis(50);

/// Opens a store and works on it, again and again while it fails, until it is told to stop.
pub async fn keep<T, E: Display, Opening, Work>(
    (what, deferred): (&'static str, Arc<Deferred<T>>),
    mut stopping: watch::Receiver<bool>,
    mut open: impl FnMut() -> Opening,
    mut work: impl FnMut(Arc<T>) -> Work,
) where
    Opening: Future<Output = Result<T, E>>,
    Work: Future<Output = Ended>,
{
    let (first, most) = AGAIN_AFTER;
    let mut wait = first;
    loop {
        let failed = match open().await {
            Ok(store) => {
                let store = Arc::new(store);
                deferred.set(Arc::clone(&store));
                match work(Arc::clone(&store)).await {
                    Ended::Stopped => return,
                    Ended::Halted => return deferred.tell(PartState::Halted),
                    Ended::Failed(error) => {
                        deferred.close(store).await;
                        error
                    }
                }
            }
            Err(error) => {
                deferred.tell(PartState::Failed);
                error.to_string()
            }
        };
        let seconds = wait.as_secs_f32();
        tracing::error!(error = failed, seconds, "{what} failed and are opened again");
        // A sender that is gone ends it as well.
        if tokio::time::timeout(wait, stopping.wait_for(|stop| *stop)).await.is_ok() {
            return;
        }
        wait = (wait * 2).min(most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[tokio::test]
    async fn a_part_that_fails_is_opened_again_and_one_that_halts_is_not() {
        let deferred = Arc::new(Deferred::default());
        let (_stop, stopping) = watch::channel(false);
        let (opened, worked) = (Cell::new(0), Cell::new(0));
        let open = || {
            opened.set(opened.get() + 1);
            let result = if opened.get() == 1 { Err("no files") } else { Ok(opened.get()) };
            async move { result }
        };
        let work = |store: Arc<u32>| {
            worked.set(worked.get() + 1);
            let (deferred, last) = (&deferred, worked.get() == 2);
            async move {
                assert_eq!(deferred.state(), PartState::Ready);
                assert_eq!(deferred.within(Duration::ZERO).await.as_deref(), Some(&*store));
                if last { Ended::Halted } else { Ended::Failed("a table".into()) }
            }
        };
        assert_eq!(deferred.state(), PartState::Opening);
        keep(("numbers", Arc::clone(&deferred)), stopping, open, work).await;
        assert_eq!((opened.get(), worked.get()), (3, 2));
        assert_eq!(deferred.state(), PartState::Halted);
        assert!(deferred.within(Duration::ZERO).await.is_some(), "what there is may be shown");
    }
}
