//! The kernel: takes what waits in the inbox, decides it, hands entries to the writer.
//!
//! A thread of its own steps it: it decides the next batch while the writer syncs the one before.
//! What is light is decided as it comes; what is heavy, and what goes over its scope's share, has
//! its turn after that, and a large batch of intents in slices. A broken invariant panics, and the
//! panic stops the process: nothing is written from a wrong state. Must not do IO, nor know whose
//! turn it is.

use crate::framer::{Framed, Framer};
use crate::shares::{SHARE, Shares};
use crate::step::Step;
use crate::waiting::{Waiting, Weight};
use crossbeam_channel::{Receiver, Sender, TryRecvError, TrySendError};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use tokio::sync::oneshot;
use zentra_engine::snapshot::ReadView;
use zentra_engine::{
    Engine, EntrySink, IntentBatch, ItemOutcome, Outcome, Refusal, Request, Space,
};
use zentra_env::{Env, LogClock};
use zentra_events::{Entry, Position, ScopeNo};

/// Commands and queries that one batch takes at most.
const BATCH_INPUTS_MAX: usize = 8_192;
/// Events of a command, or items of a batch with their deliveries, up to which it is light.
const LIGHT_MAX: usize = 128;

/// What the kernel is told.
pub(crate) enum Input {
    Command { request: Box<Request>, reply: oneshot::Sender<Reply> },
    Intents { batch: Box<IntentBatch>, reply: oneshot::Sender<Vec<ItemOutcome>> },
    Query(Query),
    ReadView(oneshot::Sender<ReadView>),
    Space(Space),
    Stop,
}

pub(crate) type Query = Box<dyn FnOnce(&Engine) -> Release + Send>;
pub(crate) type Release = Box<dyn FnOnce() + Send>;

/// What a command is answered, once durable.
pub(crate) enum Reply {
    Entry(Arc<Entry>),
    Repeat(Position),
    Refused(Refusal),
    /// Too much of its scope waits; nothing was decided.
    Overloaded,
}

/// What the kernel hands to the writer: frames to make durable, then answers to release.
pub(crate) struct Batch {
    pub(crate) framed: Framed,
    pub(crate) releases: Vec<Release>,
}

/// Runs until it is told to stop or nobody can tell it anything. Returns the engine.
pub(crate) fn run(mut kernel: Kernel) -> Engine {
    loop {
        match kernel.step() {
            Step::Done => {}
            // The writer and those who serve others may wait for this core, which would be taken
            // from here only after a time slice.
            Step::Yield => thread::yield_now(),
            Step::Idle => kernel.wait(),
            Step::Full => kernel.wait_for_writer(),
            Step::Ended => return kernel.into_engine(),
        }
    }
}

/// The kernel: what it decides waits in its inbox, and goes to the writer.
///
/// What is light is taken first, and on its way to the writer before the next scope has its turn:
/// nobody who asks for little waits for more than one turn of who asks for much. So its steps are
/// two in turns: it takes what came in, then one scope has its turn, and after each what is decided
/// is handed over.
pub struct Kernel {
    inbox: Receiver<Input>,
    writer: Sender<Batch>,
    /// Tells others how much waits for its turn.
    deferred: Arc<AtomicUsize>,
    engine: Engine,
    clock: LogClock,
    framer: Framer,
    releases: Vec<Release>,
    waiting: Waiting<Work>,
    shares: Shares,
    /// What came in while it waited.
    first: Option<Input>,
    /// What the writer had no room for.
    unsent: Option<Batch>,
    next: Next,
}

/// What the kernel does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Take,
    Turn,
    /// It was told to stop: only what waits is decided.
    End,
    Ended,
}

/// What is to be decided.
enum Work {
    Command {
        request: Box<Request>,
        reply: oneshot::Sender<Reply>,
    },
    /// A batch of intents, of which some items may be decided.
    Intents {
        batch: Box<IntentBatch>,
        outcomes: Vec<ItemOutcome>,
        reply: oneshot::Sender<Vec<ItemOutcome>>,
    },
}

impl Kernel {
    /// The kernel of an engine, of which nothing was asked yet.
    pub(crate) fn new(
        env: &Env,
        engine: Engine,
        (inbox, writer): (Receiver<Input>, Sender<Batch>),
        deferred: Arc<AtomicUsize>,
    ) -> Kernel {
        Kernel {
            clock: LogClock::after(env, engine.last_recorded_at()),
            engine,
            framer: Framer::default(),
            releases: Vec::new(),
            waiting: Waiting::new(inbox.capacity().unwrap_or(usize::MAX)),
            shares: Shares::default(),
            inbox,
            writer,
            deferred,
            first: None,
            unsent: None,
            next: Next::Take,
        }
    }

    /// Takes what came in and decides what of it is light; or decides what one scope has waiting.
    /// What is decided goes to the writer, while it has room. Never waits.
    pub fn step(&mut self) -> Step {
        if let Some(unsent) = self.unsent.take()
            && let Err(step) = self.send(unsent)
        {
            return step;
        }
        match self.next {
            Next::Take => self.take_inputs(),
            Next::Turn => self.give_turn(Next::Take),
            Next::End => self.give_turn(Next::End),
            Next::Ended => Step::Ended,
        }
    }

    /// The state; all of it is durable once the writer has ended, too.
    pub fn into_engine(self) -> Engine {
        self.engine
    }

    /// Waits until something comes in, or nobody is left who could ask anything.
    fn wait(&mut self) {
        self.first = self.inbox.recv().ok();
    }

    /// Waits until the writer has taken what it had no room for.
    fn wait_for_writer(&mut self) {
        if let Some(unsent) = self.unsent.take()
            && self.writer.send(unsent).is_err()
        {
            self.end();
        }
    }

    fn take_inputs(&mut self) -> Step {
        let first = self.first.take().map_or_else(|| self.inbox.try_recv(), Ok);
        match first {
            Err(TryRecvError::Empty) if self.waiting.is_empty() => return Step::Idle,
            Err(TryRecvError::Disconnected) if self.waiting.is_empty() => return self.end(),
            Ok(_) | Err(_) => {}
        }
        self.next = if self.inputs(first.ok()) { Next::End } else { Next::Turn };
        self.hand_over().err().unwrap_or(Step::Done)
    }

    fn give_turn(&mut self, then: Next) -> Step {
        let any = self.turn();
        self.deferred.store(self.waiting.len(), Ordering::Relaxed);
        self.next = if then == Next::End && !any { Next::Ended } else { then };
        let step = if any { Step::Yield } else { Step::Done };
        self.hand_over().err().unwrap_or(step)
    }

    fn end(&mut self) -> Step {
        self.next = Next::Ended;
        Step::Ended
    }

    /// Takes what waits, until there is enough for the writer. True when it is told to stop.
    fn inputs(&mut self, first: Option<Input>) -> bool {
        self.shares.renew(self.engine.directory().scopes_len());
        let mut next = first;
        let mut taken = 0;
        while let Some(input) = next {
            if self.take(input) {
                return true;
            }
            taken += 1;
            let full = taken >= BATCH_INPUTS_MAX || self.framer.is_full();
            next = if full { None } else { self.inbox.try_recv().ok() };
        }
        false
    }

    fn take(&mut self, input: Input) -> bool {
        match input {
            Input::Command { request, reply } => {
                let (scope, weight) = (request.scope, self.engine.weight(&request));
                self.came(scope, weight, Work::Command { request, reply });
            }
            Input::Intents { batch, reply } => {
                let (scope, weight) = (batch.scope, self.engine.batch_weight(&batch));
                let outcomes = Vec::with_capacity(batch.items.len());
                self.came(scope, weight, Work::Intents { batch, outcomes, reply });
            }
            Input::ReadView(reply) => {
                // A snapshot is bound to the chain, which has a value only where a frame ends.
                self.framer.cut();
                release(&mut self.releases, reply, self.engine.read_view());
            }
            Input::Space(space) => self.engine.set_space(space),
            Input::Query(ask) => self.releases.push(ask(&self.engine)),
            Input::Stop => return true,
        }
        false
    }

    /// Decides what is light, while its scope has something of its share left. The rest waits.
    fn came(&mut self, scope: ScopeNo, weight: usize, work: Work) {
        if weight > LIGHT_MAX {
            self.put_off(scope, Weight::Heavy, work);
        } else if self.waiting.has_light(scope) || !self.shares.is_left(scope) {
            self.put_off(scope, Weight::Light, work);
        } else {
            let (used, rest) = self.decide(work);
            self.shares.charge(scope, used);
            if let Some(rest) = rest {
                self.waiting.push(scope, Weight::Heavy, rest);
            }
        }
    }

    fn put_off(&mut self, scope: ScopeNo, weight: Weight, work: Work) {
        match work {
            // How many items of batches wait is bounded where they come from.
            Work::Command { reply, .. } if !self.waiting.has_room(scope) => {
                // A caller that went away needs no answer.
                let _gone = reply.send(Reply::Overloaded).is_err();
            }
            work => self.waiting.push(scope, weight, work),
        }
    }

    /// One scope's turn: what of it is light, up to its share, and one thing that is heavy. False
    /// when nothing waits.
    fn turn(&mut self) -> bool {
        let Some((scope, mut lines)) = self.waiting.next() else { return false };
        let mut used = 0;
        while used < SHARE
            && !self.framer.is_full()
            && let Some(work) = lines.light.pop_front()
        {
            let (more, rest) = self.decide(work);
            used += more;
            lines.heavy.extend(rest);
        }
        if let Some(work) = lines.heavy.pop_front()
            && let (_, Some(rest)) = self.decide(work)
        {
            lines.heavy.push_front(rest);
        }
        self.waiting.put_back(scope, lines);
        true
    }

    /// Decides something, of a batch a slice. Says how much of its scope's share that used, and
    /// what is left.
    fn decide(&mut self, work: Work) -> (usize, Option<Work>) {
        let before = self.framer.load();
        let rest = match work {
            Work::Command { request, reply } => {
                self.command(&request, reply);
                None
            }
            Work::Intents { batch, outcomes, reply } => self.slice(batch, outcomes, reply),
        };
        let used = self.framer.load() - before;
        (used.max(1), rest)
    }

    fn command(&mut self, request: &Request, reply: oneshot::Sender<Reply>) {
        let Kernel { engine, clock, framer, releases, .. } = self;
        let answer = match engine.handle(clock.now(), request) {
            Outcome::Entry(entry) => {
                let entry = Arc::new(entry);
                framer.held(&entry);
                engine.logged(entry.header.scope, framer.take_grown());
                Reply::Entry(entry)
            }
            Outcome::Repeat(position) => Reply::Repeat(position),
            Outcome::Refused(refusal) => Reply::Refused(refusal),
        };
        release(releases, reply, answer);
    }

    /// Decides a slice of a batch, and releases its answer after the last. The rest, if any.
    fn slice(
        &mut self,
        batch: Box<IntentBatch>,
        mut outcomes: Vec<ItemOutcome>,
        reply: oneshot::Sender<Vec<ItemOutcome>>,
    ) -> Option<Work> {
        let now = self.clock.now();
        let done = self.engine.batch_slice(now, &batch, &mut outcomes, &mut self.framer);
        self.engine.logged(batch.scope, self.framer.take_grown());
        if done {
            release(&mut self.releases, reply, outcomes);
            return None;
        }
        Some(Work::Intents { batch, outcomes, reply })
    }

    /// Gives the writer what there is, or keeps it while something waits that can be decided
    /// meanwhile, there is not enough, and the writer is busy or nobody waits for an answer.
    fn hand_over(&mut self) -> Result<(), Step> {
        let in_time = self.releases.is_empty()
            || (self.writer.is_full() && self.releases.len() < BATCH_INPUTS_MAX);
        if in_time && !self.waiting.is_empty() && self.framer.goes_on() {
            return Ok(());
        }
        let framed = self.framer.finish();
        let releases = std::mem::take(&mut self.releases);
        if framed.frames.is_empty() && releases.is_empty() {
            return Ok(());
        }
        self.send(Batch { framed, releases })
    }

    fn send(&mut self, batch: Batch) -> Result<(), Step> {
        match self.writer.try_send(batch) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(batch)) => {
                self.unsent = Some(batch);
                Err(Step::Full)
            }
            // The writer is gone, and the log with it.
            Err(TrySendError::Disconnected(_)) => Err(self.end()),
        }
    }
}

fn release<T: Send + 'static>(releases: &mut Vec<Release>, reply: oneshot::Sender<T>, answer: T) {
    releases.push(Box::new(move || {
        // A caller that went away needs no answer.
        let _gone = reply.send(answer).is_err();
    }));
}

#[cfg(test)]
mod tests;
