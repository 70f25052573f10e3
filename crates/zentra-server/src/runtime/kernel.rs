//! The kernel thread: takes what waits in the inbox, decides it, hands entries to the writer.
//!
//! It decides the next batch while the writer syncs the one before, and a large batch of intents in
//! slices, between which others have their turn. A broken invariant panics, and
//! the panic stops the process: nothing is written from a wrong state. Must not do IO.

use crate::clock::LogClock;
use crate::runtime::framer::{Framed, Framer};
use crossbeam_channel::{Receiver, Sender};
use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;
use tokio::sync::oneshot;
use zentra_engine::snapshot::Moment;
use zentra_engine::{
    Engine, EntrySink, IntentBatch, ItemOutcome, Outcome, Refusal, Request, Space,
};
use zentra_events::{Entry, OwnedRun, Position};

/// Commands and queries that one batch takes at most.
const BATCH_INPUTS_MAX: usize = 8_192;

/// What the kernel is told.
pub(super) enum Input {
    Command { request: Box<Request>, reply: oneshot::Sender<Reply> },
    Intents { batch: Box<IntentBatch>, reply: oneshot::Sender<Vec<ItemOutcome>> },
    Query(Query),
    Moment(oneshot::Sender<Moment>),
    Space(Space),
    Stop,
}

pub(super) type Query = Box<dyn FnOnce(&Engine) -> Release + Send>;
pub(super) type Release = Box<dyn FnOnce() + Send>;

/// What a command is answered, once durable.
pub(super) enum Reply {
    Entry(Arc<Entry>),
    Run(Box<OwnedRun>),
    Repeat(Position),
    Refused(Refusal),
}

/// What the kernel hands to the writer: frames to make durable, then answers to release.
pub(super) struct Batch {
    pub(super) framed: Framed,
    pub(super) releases: Vec<Release>,
}

/// Runs until it is told to stop or nobody can tell it anything. Returns the engine.
///
/// What waits is taken first, then a slice of one batch that is under way, in turns: a large batch
/// keeps nobody waiting for more than a slice.
pub(super) fn run(engine: Engine, inbox: &Receiver<Input>, writer: &Sender<Batch>) -> Engine {
    let mut kernel = Kernel {
        clock: LogClock::after(engine.last_recorded_at()),
        engine,
        framer: Framer::default(),
        releases: Vec::new(),
        under_way: VecDeque::new(),
    };
    loop {
        let first =
            if kernel.under_way.is_empty() { inbox.recv().ok() } else { inbox.try_recv().ok() };
        if first.is_none() && kernel.under_way.is_empty() {
            break;
        }
        let stop = kernel.inputs(first, inbox);
        if !kernel.hand_over(writer) {
            break;
        }
        if let Some(work) = kernel.under_way.pop_front() {
            kernel.slice(work);
            if !kernel.hand_over(writer) {
                break;
            }
            // The writer and those who serve others may wait for this core, which would be taken
            // from here only after a time slice.
            thread::yield_now();
        }
        if stop {
            kernel.end(writer);
            break;
        }
    }
    kernel.engine
}

/// The kernel between two hand-overs to the writer.
struct Kernel {
    engine: Engine,
    clock: LogClock,
    framer: Framer,
    releases: Vec<Release>,
    /// Batches of which some items are decided, in the order of their next slices.
    under_way: VecDeque<Work>,
}

/// A batch of intents under way.
struct Work {
    batch: Box<IntentBatch>,
    outcomes: Vec<ItemOutcome>,
    reply: oneshot::Sender<Vec<ItemOutcome>>,
}

impl Kernel {
    /// Takes what waits, until there is enough for the writer. True when it is told to stop.
    fn inputs(&mut self, first: Option<Input>, inbox: &Receiver<Input>) -> bool {
        let mut next = first;
        let mut taken = 0;
        while let Some(input) = next {
            if self.take(input) {
                return true;
            }
            taken += 1;
            let full = taken >= BATCH_INPUTS_MAX || self.framer.is_full();
            next = if full { None } else { inbox.try_recv().ok() };
        }
        false
    }

    fn take(&mut self, input: Input) -> bool {
        let Kernel { engine, clock, framer, releases, .. } = self;
        match input {
            Input::Command { request, reply } => {
                let answer = match engine.handle(clock.now(), &request) {
                    Outcome::Entry(entry) => {
                        let entry = Arc::new(entry);
                        framer.whole(Arc::clone(&entry));
                        engine.logged(entry.header.scope, framer.take_grown());
                        Reply::Entry(entry)
                    }
                    Outcome::Run(run) => {
                        framer.run(&run.borrow());
                        engine.logged(run.header.scope, framer.take_grown());
                        Reply::Run(run)
                    }
                    Outcome::Repeat(position) => Reply::Repeat(position),
                    Outcome::Refused(refusal) => Reply::Refused(refusal),
                };
                release(releases, reply, answer);
            }
            Input::Intents { batch, reply } => {
                let outcomes = Vec::with_capacity(batch.items.len());
                let work = Work { batch, outcomes, reply };
                // Where none waits its turn, it has it now.
                if self.under_way.is_empty() {
                    self.slice(work);
                } else {
                    self.under_way.push_back(work);
                }
            }
            Input::Moment(reply) => {
                // A snapshot is bound to the chain, which has a value only where a frame ends.
                framer.cut();
                release(releases, reply, engine.moment());
            }
            Input::Space(space) => engine.set_space(space),
            Input::Query(ask) => releases.push(ask(engine)),
            Input::Stop => return true,
        }
        false
    }

    /// Decides a slice of a batch, and releases its answer after the last.
    fn slice(&mut self, mut work: Work) {
        let Work { batch, outcomes, .. } = &mut work;
        let now = self.clock.now();
        let done = self.engine.batch_slice(now, batch, outcomes, &mut self.framer);
        self.engine.logged(batch.scope, self.framer.take_grown());
        if done {
            release(&mut self.releases, work.reply, work.outcomes);
        } else {
            self.under_way.push_back(work);
        }
    }

    /// Decides the rest of what is under way.
    fn end(&mut self, writer: &Sender<Batch>) {
        while let Some(work) = self.under_way.pop_front() {
            self.slice(work);
            if !self.hand_over(writer) {
                return;
            }
        }
    }

    /// Gives the writer what there is. False when it is gone.
    fn hand_over(&mut self, writer: &Sender<Batch>) -> bool {
        let framed = self.framer.finish();
        let releases = std::mem::take(&mut self.releases);
        if framed.frames.is_empty() && releases.is_empty() {
            return true;
        }
        writer.send(Batch { framed, releases }).is_ok()
    }
}

fn release<T: Send + 'static>(releases: &mut Vec<Release>, reply: oneshot::Sender<T>, answer: T) {
    releases.push(Box::new(move || {
        // A caller that went away needs no answer.
        let _gone = reply.send(answer).is_err();
    }));
}
