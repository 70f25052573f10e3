//! Threads of low priority, for what follows the log and may come later.
//!
//! List views, evidence and snapshots take what the command path leaves: on a busy machine they
//! fall behind, and catch up from the log. Owns how much less they count. Must not know what runs
//! on them.

use crate::files::store_share;
use crate::runtime::Handle;
use fjall::{Database, KeyspaceCreateOptions};
use std::fmt::Display;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::watch;
use zentra_env::clock::{Clock, WaitingClock};
use zentra_events::{Position, Span, Timestamp};

/// The nice value of a follower: about a thirtieth of a normal thread's share.
const NICENESS: i32 = 15;

/// Runs a task to its end on a thread of its own, with a runtime of its own: what the task hands to
/// other threads is of low priority, too.
///
/// # Errors
/// When the system gives no thread.
pub fn spawn<F: Future<Output = ()> + Send + 'static>(
    name: &'static str,
    task: F,
) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        step_back();
        match tokio::runtime::Builder::new_current_thread().thread_name(name).enable_time().build()
        {
            Ok(runtime) => runtime.block_on(task),
            Err(error) => tracing::error!(%error, "a follower has no runtime"),
        }
    })
}

/// What the cache of a follower's store takes of memory.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

/// Opens a follower's store: one thread, a small cache, and its share of the process's files.
///
/// # Errors
/// When the store does not open.
pub(crate) fn open_store(path: &Path) -> Result<Database, fjall::Error> {
    Database::builder(path)
        .worker_threads(1)
        .cache_size(CACHE_BYTES)
        .max_cached_files(Some(store_share()))
        .open()
}

/// The settings of a follower's tables: what is not written yet takes little memory, too.
pub(crate) fn small_buffers() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default().max_memtable_size(8 * 1024 * 1024)
}

/// A store of a follower, which may open after the server: requests that need it wait a little.
pub struct Late<T> {
    slot: watch::Sender<Option<Arc<T>>>,
    state: Mutex<PartState>,
}

/// How a part of the server stands that may open late.
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

impl<T> Default for Late<T> {
    fn default() -> Late<T> {
        Late { slot: watch::Sender::new(None), state: Mutex::new(PartState::Opening) }
    }
}

impl<T> Late<T> {
    /// One that is open already.
    pub fn open(store: Arc<T>) -> Late<T> {
        let late = Late::default();
        late.set(store);
        late
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
    (what, late): (&'static str, Arc<Late<T>>),
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
                late.set(Arc::clone(&store));
                match work(Arc::clone(&store)).await {
                    Ended::Stopped => return,
                    Ended::Halted => return late.tell(PartState::Halted),
                    Ended::Failed(error) => {
                        late.close(store).await;
                        error
                    }
                }
            }
            Err(error) => {
                late.tell(PartState::Failed);
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

/// Tells how many entries a follower lacks: none once it has caught up.
pub(crate) fn tell_behind(name: &'static str, entries: u64) {
    metrics::gauge!("zentra_follower_behind_entries", "follower" => name).set(entries as f64);
}

/// How often a follower that must not write says how far it is behind.
const TOLD_EVERY: Duration = Duration::from_secs(1);

/// Waits until the disk has space for what a follower writes: false when the server stops. Tells
/// meanwhile how far it is behind, and does what must go on all the same.
pub(crate) async fn may_write(
    (name, reached): (&'static str, Position),
    handle: &Handle,
    stopping: &mut watch::Receiver<bool>,
    mut meanwhile: impl FnMut(),
) -> bool {
    let (mut may, durable) = (handle.followers_may_write(), handle.durable());
    while !*may.borrow() {
        tell_behind(name, durable.borrow().get().saturating_sub(reached.get()));
        meanwhile();
        tokio::select! {
            biased;
            // A sender that is gone ends it as well.
            _ = stopping.wait_for(|stop| *stop) => return false,
            _ = tokio::time::timeout(TOLD_EVERY, may.wait_for(|may| *may)) => {}
        }
    }
    true
}

/// Lets a follower rest while the log grows about as fast as it follows, or faster.
pub struct Pace {
    name: &'static str,
    reached: Position,
    durable: watch::Receiver<Position>,
    before: Position,
    started: Timestamp,
}

/// How many times as long as it worked a follower rests.
pub(crate) const FOLLOWER_RESTS: u32 = 12;
/// A log that grows by this part of what a follower follows meanwhile is busy.
const BUSY_PART: u64 = 4;

impl Pace {
    /// The follower begins a stretch of work at a position; tells how far it is behind.
    pub fn start(name: &'static str, reached: Position, handle: &Handle) -> Pace {
        let durable = handle.durable();
        let before = *durable.borrow();
        tell_behind(name, before.get().saturating_sub(reached.get()));
        Pace { name, reached, durable, before, started: Clock.now() }
    }

    /// It has followed so many entries, and rests so many times as long as that took if the log is
    /// busy. Resting is cut short when the log closes.
    pub async fn rest(mut self, followed: u64, times: u32) {
        let durable = self.durable.borrow().get();
        let now = self.reached.get().saturating_add(followed);
        tell_behind(self.name, durable.saturating_sub(now));
        let grown = durable.saturating_sub(self.before.get());
        if grown <= followed / BUSY_PART {
            return;
        }
        let worked = Duration::from_nanos(Clock.now().since(self.started).0);
        let closed = self.durable.wait_for(|_| false);
        // Nothing is ever found: it ends by the time, or with the log.
        let _over = tokio::time::timeout(worked * times, closed).await;
    }
}

/// How long a thread of low priority works before it lets go.
const WORKED: Span = Span(250_000);

/// Work of low priority in short stretches. Whoever has a core keeps it for a time slice of some
/// milliseconds, also when a thread of higher priority wakes up meanwhile; so it lets go by itself.
pub(crate) struct Stretches {
    clock: WaitingClock,
    since: Timestamp,
}

impl Stretches {
    pub(crate) fn begin() -> Stretches {
        let clock = WaitingClock::start();
        Stretches { since: clock.now(), clock }
    }

    /// A small step is done: lets others have the core if it worked for long enough.
    pub(crate) fn step(&mut self) {
        if self.clock.now().since(self.since) >= WORKED {
            thread::yield_now();
            self.since = self.clock.now();
        }
    }
}

/// The nice value of a thread that reads for callers: about a third of a normal thread's share.
const READER_NICENESS: i32 = 5;

/// Lets the threads that decide, write and serve go first.
pub(crate) fn step_back_a_little() {
    step_back_by(READER_NICENESS);
}

fn step_back() {
    step_back_by(NICENESS);
}

fn step_back_by(niceness: i32) {
    // On Linux this is about the calling thread. Without it all is well but slower.
    if let Err(error) = rustix::process::setpriority_process(None, niceness) {
        tracing::debug!(%error, "a follower keeps its priority");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[tokio::test]
    async fn a_part_that_fails_is_opened_again_and_one_that_halts_is_not() {
        let late = Arc::new(Late::default());
        let (_stop, stopping) = watch::channel(false);
        let (opened, worked) = (Cell::new(0), Cell::new(0));
        let open = || {
            opened.set(opened.get() + 1);
            let result = if opened.get() == 1 { Err("no files") } else { Ok(opened.get()) };
            async move { result }
        };
        let work = |store: Arc<u32>| {
            worked.set(worked.get() + 1);
            let (late, last) = (&late, worked.get() == 2);
            async move {
                assert_eq!(late.state(), PartState::Ready);
                assert_eq!(late.within(Duration::ZERO).await.as_deref(), Some(&*store));
                if last { Ended::Halted } else { Ended::Failed("a table".into()) }
            }
        };
        assert_eq!(late.state(), PartState::Opening);
        keep(("numbers", Arc::clone(&late)), stopping, open, work).await;
        assert_eq!((opened.get(), worked.get()), (3, 2));
        assert_eq!(late.state(), PartState::Halted);
        assert!(late.within(Duration::ZERO).await.is_some(), "what there is may be shown");
    }
}
