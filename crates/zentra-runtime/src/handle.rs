//! The shell's way to the kernel: commands, queries, and what is durable.
//!
//! Owns the bounded inbox's near end. A full inbox refuses; nothing queues without limit. Must not
//! know HTTP.

use crate::kernel::{Input, Reply};
use crate::log_access::{LogAccess, LogError};
use crate::names::SharedNames;
use crate::notices::Notices;
use crate::quota::ScopeLimits;
use crate::stretches::Stretches;
use crate::subscription::{Recent, Subscription};
use crate::tail::{ScopeSpans, ScopeTail, Tail};
use crossbeam_channel::{Sender, TrySendError};
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{oneshot, watch};
use zentra_engine::snapshot::ReadView;
use zentra_engine::{Engine, IntentBatch, ItemOutcome, Refusal, Request, Space};
use zentra_env::Env;
use zentra_events::{Entry, Position, ScopeNo, Timestamp};

/// The durable answer to a command.
#[derive(Clone, Debug)]
pub enum Answer {
    /// New facts.
    Entry(Arc<Entry>),
    /// The entry at this position answered the same request before.
    Repeat(Position),
    /// Refused; nothing was recorded.
    Refused(Refusal),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// Too much waits already.
    #[error("too many commands wait; try again in {retry_after_seconds} s")]
    Overloaded {
        /// When to try again.
        retry_after_seconds: u64,
    },
    /// The kernel has stopped. The command may or may not be in the log.
    #[error("the kernel has stopped")]
    Stopped,
}

/// A cheap handle on a running log.
#[derive(Clone)]
pub struct Handle {
    pub(crate) env: Env,
    pub(crate) inbox: Sender<Input>,
    /// How much of what the kernel has taken waits for its turn.
    pub(crate) deferred: Arc<AtomicUsize>,
    pub(crate) log: Arc<LogAccess>,
    pub(crate) names: Arc<SharedNames>,
    pub(crate) limits: Arc<ScopeLimits>,
    pub(crate) notices: Arc<Notices>,
    pub(crate) durable: watch::Receiver<Position>,
    /// Nothing is ever sent on it; its end is the pipeline's.
    pub(crate) ended: watch::Receiver<()>,
    pub(crate) recent: Arc<Recent>,
    pub(crate) tail: Arc<Tail>,
    pub(crate) bulk: Arc<Bulk>,
    /// How much space the disk had when it was last looked at.
    pub(crate) space: Arc<RwLock<Space>>,
    /// Whether it had space then for what follows the log.
    pub(crate) followed: Arc<watch::Sender<bool>>,
    pub(crate) partition: u16,
    #[cfg(any(test, feature = "test-util"))]
    pub(crate) costs: crate::costs::Costs,
}

const OVERLOADED: SubmitError = SubmitError::Overloaded { retry_after_seconds: 1 };

/// Scopes that are looked at in one turn of the kernel.
const SCOPES_AT_ONCE: u32 = 64;
/// Spans that are held at once while the log is read for them.
const FOUND_AT_ONCE: usize = 64 * 1_024;

/// Items of batches that may be under way at once.
const BULK_ITEMS_MAX: usize = 512 * 1_024;

/// How many items of batches are under way.
#[derive(Default)]
pub(crate) struct Bulk {
    items: AtomicUsize,
}

/// Items that count until this is dropped.
struct Waiting<'a> {
    bulk: &'a Bulk,
    items: usize,
}

impl Bulk {
    fn enter(&self, items: usize) -> Option<Waiting<'_>> {
        let waiting = Waiting { bulk: self, items };
        let before = self.items.fetch_add(items, Ordering::Relaxed);
        (before == 0 || before.saturating_add(items) <= BULK_ITEMS_MAX).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.bulk.items.fetch_sub(self.items, Ordering::Relaxed);
    }
}

impl Handle {
    /// Sends a command through the kernel; resolves when the answer is durable.
    ///
    /// # Errors
    /// When the inbox is full, too much of the scope waits for its turn, or the kernel has stopped.
    pub async fn submit(&self, request: Request) -> Result<Answer, SubmitError> {
        let (reply, answer) = oneshot::channel();
        self.send(Input::Command { request: Box::new(request), reply })?;
        match self.answered(answer).await? {
            Reply::Entry(entry) => Ok(Answer::Entry(entry)),
            Reply::Refused(refusal) => Ok(Answer::Refused(refusal)),
            Reply::Overloaded => Err(OVERLOADED),
            Reply::Repeat(position) => Ok(Answer::Repeat(position)),
        }
    }

    /// Sends a batch of intents through the kernel; resolves when every outcome is durable.
    ///
    /// # Errors
    /// When too much waits, or the kernel has stopped.
    pub async fn submit_batch(&self, batch: IntentBatch) -> Result<Vec<ItemOutcome>, SubmitError> {
        let items = batch.items.len();
        let _waiting = self.bulk.enter(items).ok_or(OVERLOADED)?;
        let (reply, answer) = oneshot::channel();
        self.send(Input::Intents { batch: Box::new(batch), reply })?;
        self.answered(answer).await
    }

    /// Runs `ask` on the kernel thread; resolves when everything that it saw is durable. Keep it
    /// short: look-ups by id.
    ///
    /// # Errors
    /// When the inbox is full or the kernel has stopped.
    pub async fn query<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Engine) -> T + Send + 'static,
    ) -> Result<T, SubmitError> {
        #[cfg(any(test, feature = "test-util"))]
        let ask = self.costs.counted(ask);
        let (reply, answer) = oneshot::channel();
        self.send(Input::Query(Box::new(move |engine| {
            let told = ask(engine);
            Box::new(move || {
                // A caller that went away needs no answer.
                let _gone = reply.send(told).is_err();
            })
        })))?;
        self.answered(answer).await
    }

    /// Asks about all scopes, few in a turn of the kernel; the answers for each few, in order.
    ///
    /// # Errors
    /// As for [`Handle::query`].
    pub async fn query_scopes<T: Send + 'static>(
        &self,
        ask: impl Fn(&Engine, Range<u32>) -> T + Clone + Send + 'static,
    ) -> Result<Vec<T>, SubmitError> {
        #[cfg(any(test, feature = "test-util"))]
        let ask = self.costs.counted_scopes(ask);
        let (mut all, mut from) = (Vec::new(), 0);
        loop {
            let ask = ask.clone();
            let told = self.query(move |engine| {
                let count = engine.directory().scopes_len() as u32;
                let to = count.min(from + SCOPES_AT_ONCE);
                (ask(engine, from..to), to, to == count)
            });
            let (some, to, done) = told.await?;
            all.push(some);
            if done {
                return Ok(all);
            }
            from = to;
        }
    }

    /// The state at a position where a frame ends; resolves when all of it is durable.
    ///
    /// # Errors
    /// As for [`Handle::query`].
    pub async fn read_view(&self) -> Result<ReadView, SubmitError> {
        let (reply, answer) = oneshot::channel();
        self.send(Input::ReadView(reply))?;
        self.answered(answer).await
    }

    /// The same handle, whose queries somebody counts.
    #[cfg(any(test, feature = "test-util"))]
    #[must_use]
    pub fn counted_by(&self, counter: crate::Counter) -> Handle {
        Handle { costs: crate::costs::Costs(Some(counter)), ..self.clone() }
    }

    /// Durable entries.
    pub fn log(&self) -> &Arc<LogAccess> {
        &self.log
    }

    /// Durable names.
    pub fn names(&self) -> &Arc<SharedNames> {
        &self.names
    }

    /// What an operator is warned of.
    pub fn notices(&self) -> &Arc<Notices> {
        &self.notices
    }

    /// The limits of each scope.
    pub fn limits(&self) -> &Arc<ScopeLimits> {
        &self.limits
    }

    /// How many commands and queries wait at the kernel: those that it has not looked at, and those
    /// that wait for their scope's turn.
    pub fn inbox_depth(&self) -> usize {
        self.inbox.len().saturating_add(self.deferred.load(Ordering::Relaxed))
    }

    /// How much space the disk has.
    pub fn space(&self) -> Space {
        *self.space.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the kernel how much space the disk has. False when it must be told again.
    pub fn set_space(&self, space: Space) -> bool {
        let told = self.send(Input::Space(space)).is_ok();
        if told {
            *self.space.write().unwrap_or_else(PoisonError::into_inner) = space;
        }
        told
    }

    /// Says whether the disk has space for what follows the log. True when that is new.
    pub fn let_followers_write(&self, may: bool) -> bool {
        self.followed.send_if_modified(|before| std::mem::replace(before, may) != may)
    }

    /// Whether what follows the log may write, as it changes.
    pub fn followers_may_write(&self) -> watch::Receiver<bool> {
        self.followed.subscribe()
    }

    /// The exclusive upper bound of durable positions, as it moves.
    pub fn durable(&self) -> watch::Receiver<Position> {
        self.durable.clone()
    }

    /// Every durable entry from a position on, in order, once.
    pub fn subscribe(&self, from: Position) -> Subscription {
        Subscription::new(
            from,
            self.durable.clone(),
            Arc::clone(&self.recent),
            Arc::clone(&self.log),
        )
    }

    /// Where the newest durable entries of a scope are.
    pub fn tail(&self, scope: ScopeNo) -> ScopeTail {
        self.tail.of(scope)
    }

    /// Finds in the log where each scope's entries are from a position on, up to where this server
    /// began: so lists need not wait until the views have folded them. Reads all of it.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn find_tail(&self, from: Position) -> Result<(), LogError> {
        let (found, to) = (Tail::at(from), self.tail.from());
        let mut spans = ScopeSpans::default();
        let mut stretches = Stretches::on(&self.env);
        self.log.scan_headers(from, &mut |header| {
            stretches.step();
            if header.position >= to {
                return ControlFlow::Break(());
            }
            spans.add(header.scope, header.position);
            if spans.len() >= FOUND_AT_ONCE {
                found.push(std::mem::take(&mut spans));
            }
            ControlFlow::Continue(())
        })?;
        found.push(spans);
        if from < to {
            self.tail.put_before(found, to);
        }
        Ok(())
    }

    /// What is before a position is in the views: it need not be found any other way.
    pub fn forget_tail(&self, before: Position) {
        self.tail.forget(before);
    }

    /// The machine that it runs on.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// Now, by the system's clock.
    pub fn now(&self) -> Timestamp {
        self.env.now()
    }

    /// The partition of this log.
    pub fn partition(&self) -> u16 {
        self.partition
    }

    /// Waits for an answer, or for the end of the pipeline: what is still queued then is never
    /// answered, and a queue keeps what is in it when its reader goes.
    async fn answered<T>(&self, answer: oneshot::Receiver<T>) -> Result<T, SubmitError> {
        let mut ended = self.ended.clone();
        tokio::select! {
            biased;
            answer = answer => answer.map_err(|_| SubmitError::Stopped),
            _ = ended.changed() => Err(SubmitError::Stopped),
        }
    }

    fn send(&self, input: Input) -> Result<(), SubmitError> {
        self.inbox.try_send(input).map_err(|error| match error {
            TrySendError::Full(_) => OVERLOADED,
            TrySendError::Disconnected(_) => SubmitError::Stopped,
        })
    }
}
