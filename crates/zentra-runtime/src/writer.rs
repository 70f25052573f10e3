//! The log writer: everything that waits becomes one write and one sync.
//!
//! Answers, names, subscriptions and the durable position move only after the sync. A failed write
//! or sync is fatal: nothing after it is answered. Must not decide anything.

use crate::framer::Framed;
use crate::kernel::{Batch, Release};
use crate::names::SharedNames;
use crate::quota::ScopeLimits;
use crate::step::Step;
use crate::subscription::Recent;
use crate::tail::{ScopeSpans, Tail};
use crossbeam_channel::{Receiver, TryRecvError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use zentra_env::Env;
use zentra_events::{Entry, Position};
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
pub(crate) fn run(mut writer: Writer) -> Result<Box<dyn LogWriter>, AppendError> {
    loop {
        match writer.step()? {
            Step::Idle => writer.wait(),
            Step::Ended => return Ok(writer.into_store()),
            Step::Done | Step::Yield | Step::Full => {}
        }
    }
}

/// The log writer: what the kernel has decided becomes durable, and is told and answered then.
///
/// A group takes four steps: it is written, synced, told to who follows the log, and answered.
pub struct Writer {
    env: Env,
    batches: Receiver<Batch>,
    store: Box<dyn LogWriter>,
    outlets: Outlets,
    /// What came in while it waited.
    first: Option<Batch>,
    next: Next,
}

/// What the writer does next.
enum Next {
    Write,
    Sync(Written),
    Tell(Written, Position),
    Answer(Vec<Release>),
    /// The disk has failed.
    Nothing,
}

/// A group that is in the log.
struct Written {
    entries: Vec<Arc<Entry>>,
    spans: ScopeSpans,
    releases: Vec<Release>,
    count: usize,
    began: Duration,
}

impl Writer {
    /// The writer of a log to which nothing was added yet.
    pub(crate) fn new(
        env: &Env,
        store: Box<dyn LogWriter>,
        batches: Receiver<Batch>,
        outlets: Outlets,
    ) -> Writer {
        Writer { env: env.clone(), batches, store, outlets, first: None, next: Next::Write }
    }

    /// The next of the four steps. Never waits, but for the disk.
    ///
    /// # Errors
    /// When the disk fails now, or has before: nobody is answered any more.
    pub fn step(&mut self) -> Result<Step, AppendError> {
        self.next = match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Write => match self.first.take().map_or_else(|| self.batches.try_recv(), Ok) {
                Ok(first) => self.write(first)?,
                Err(why) => {
                    self.next = Next::Write;
                    let is_ended = why == TryRecvError::Disconnected;
                    return Ok(if is_ended { Step::Ended } else { Step::Idle });
                }
            },
            Next::Sync(written) => {
                let durable = self.store.sync()?;
                measure(written.count, self.env.passed().saturating_sub(written.began));
                Next::Tell(written, durable)
            }
            Next::Tell(written, durable) => Next::Answer(self.outlets.tell(written, durable)),
            Next::Answer(releases) => {
                for release in releases {
                    release();
                }
                Next::Write
            }
            Next::Nothing => return Err(AppendError::Poisoned),
        };
        Ok(Step::Done)
    }

    /// The log; all that the writer took is in it.
    pub fn into_store(self) -> Box<dyn LogWriter> {
        self.store
    }

    /// Waits until the kernel hands something over, or is gone.
    fn wait(&mut self) {
        self.first = self.batches.recv().ok();
    }

    /// Writes everything that waits.
    fn write(&mut self, first: Batch) -> Result<Next, AppendError> {
        let mut waiting = first;
        while waiting.framed.frames.len() < WRITE_FRAMES_MAX
            && let Ok(mut next) = self.batches.try_recv()
        {
            waiting.framed.append(next.framed);
            waiting.releases.append(&mut next.releases);
        }
        let Batch { framed: Framed { frames, entries, spans }, releases } = waiting;
        if frames.is_empty() {
            return Ok(Next::Answer(releases));
        }
        let count = frames.iter().map(|frame| frame.ends.len()).sum();
        let began = self.env.passed();
        let frames: Vec<PendingFrame> = frames.into_iter().map(PendingFrame::from).collect();
        self.store.append(&frames)?;
        Ok(Next::Sync(Written { entries, spans, releases, count, began }))
    }
}

impl Outlets {
    /// Lets everybody see a group; its answers are released next.
    fn tell(&self, written: Written, durable: Position) -> Vec<Release> {
        let Written { entries, spans, releases, .. } = written;
        self.names.fold(entries.iter().map(AsRef::as_ref));
        self.limits.fold(entries.iter().map(AsRef::as_ref));
        self.recent.push(entries, durable);
        self.tail.push(spans);
        self.durable.send_replace(durable);
        releases
    }
}

/// Tells how many entries one write and sync made durable, and how long it took.
fn measure(entries: usize, took: Duration) {
    metrics::histogram!("zentra_log_sync_entries").record(entries as f64);
    metrics::histogram!("zentra_log_sync_seconds").record(took);
}
