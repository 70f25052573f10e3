//! The kernel thread: takes what waits in the inbox, decides it, hands entries to the writer.
//!
//! It decides the next batch while the writer syncs the one before. A broken invariant panics, and
//! the panic stops the process: nothing is written from a wrong state. Must not do IO.

use crate::clock::Clock;
use crate::runtime::framer::Framer;
use crossbeam_channel::{Receiver, Sender};
use std::sync::Arc;
use tokio::sync::oneshot;
use zentra_engine::snapshot::Moment;
use zentra_engine::{Engine, IntentBatch, ItemOutcome, Outcome, Refusal, Request};
use zentra_events::codec::FrameBytes;
use zentra_events::{Entry, OwnedRun, Position};

/// Commands and queries that one batch takes at most.
const BATCH_INPUTS_MAX: usize = 8_192;
/// Entries after which a batch goes to the writer.
const BATCH_ENTRIES_ENOUGH: usize = 8_192;

/// What the kernel is told.
pub(super) enum Input {
    Command { request: Box<Request>, reply: oneshot::Sender<Reply> },
    Intents { batch: Box<IntentBatch>, reply: oneshot::Sender<Vec<ItemOutcome>> },
    Query(Query),
    Moment(oneshot::Sender<Moment>),
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
    pub(super) frames: Vec<FrameBytes>,
    /// The whole entries in the frames; runs are not among them.
    pub(super) entries: Vec<Arc<Entry>>,
    pub(super) releases: Vec<Release>,
}

/// Runs until it is told to stop or nobody can tell it anything. Returns the engine.
pub(super) fn run(mut engine: Engine, inbox: &Receiver<Input>, writer: &Sender<Batch>) -> Engine {
    let clock = Clock;
    let mut framer = Framer::default();
    while let Ok(first) = inbox.recv() {
        let mut releases = Vec::new();
        let mut next = Some(first);
        let mut stop = false;
        while let Some(input) = next {
            stop = take(&mut engine, clock, input, &mut framer, &mut releases);
            let full = releases.len() >= BATCH_INPUTS_MAX || framer.count() >= BATCH_ENTRIES_ENOUGH;
            next = if stop || full { None } else { inbox.try_recv().ok() };
        }
        let (frames, entries) = framer.finish();
        if writer.send(Batch { frames, entries, releases }).is_err() || stop {
            break;
        }
    }
    engine
}

fn take(
    engine: &mut Engine,
    clock: Clock,
    input: Input,
    framer: &mut Framer,
    releases: &mut Vec<Release>,
) -> bool {
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
                    zentra_engine::EntrySink::run(framer, &run.borrow());
                    engine.logged(run.header.scope, framer.take_grown());
                    Reply::Run(run)
                }
                Outcome::Repeat(position) => Reply::Repeat(position),
                Outcome::Refused(refusal) => Reply::Refused(refusal),
            };
            release(releases, reply, answer);
        }
        Input::Intents { batch, reply } => {
            let outcomes = engine.handle_batch(clock.now(), &batch, framer);
            engine.logged(batch.scope, framer.take_grown());
            release(releases, reply, outcomes);
        }
        Input::Moment(reply) => {
            // A snapshot is bound to the chain, which has a value only where a frame ends.
            framer.cut();
            release(releases, reply, engine.moment());
        }
        Input::Query(ask) => releases.push(ask(engine)),
        Input::Stop => return true,
    }
    false
}

fn release<T: Send + 'static>(releases: &mut Vec<Release>, reply: oneshot::Sender<T>, answer: T) {
    releases.push(Box::new(move || {
        // A caller that went away needs no answer.
        let _gone = reply.send(answer).is_err();
    }));
}
