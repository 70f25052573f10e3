//! The kernel thread: takes what waits in the inbox, decides it, hands entries to the writer.
//!
//! It decides the next batch while the writer syncs the one before. A broken invariant panics, and
//! the panic stops the process: nothing is written from a wrong state. Must not do IO.

use crate::clock::Clock;
use crossbeam_channel::{Receiver, Sender};
use std::sync::Arc;
use tokio::sync::oneshot;
use zentra_engine::{Engine, Outcome, Refusal, Request};
use zentra_events::{Entry, Position};

/// Commands and queries that one batch takes at most.
const BATCH_INPUTS_MAX: usize = 8_192;

/// What the kernel is told.
pub(super) enum Input {
    Command { request: Box<Request>, reply: oneshot::Sender<Reply> },
    Query(Query),
    Stop,
}

pub(super) type Query = Box<dyn FnOnce(&Engine) -> Release + Send>;
pub(super) type Release = Box<dyn FnOnce() + Send>;

/// What a command is answered, once durable.
pub(super) enum Reply {
    Entry(Arc<Entry>),
    Repeat(Position),
    Refused(Refusal),
}

/// What the kernel hands to the writer: entries to make durable, then answers to release.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) entries: Vec<Arc<Entry>>,
    pub(super) releases: Vec<Release>,
}

/// Runs until it is told to stop or nobody can tell it anything. Returns the engine.
pub(super) fn run(mut engine: Engine, inbox: &Receiver<Input>, writer: &Sender<Batch>) -> Engine {
    let clock = Clock;
    while let Ok(first) = inbox.recv() {
        let mut batch = Batch::default();
        let mut next = Some(first);
        let mut taken = 0;
        let mut stop = false;
        while let Some(input) = next {
            stop = take(&mut engine, clock, input, &mut batch);
            taken += 1;
            next = if stop || taken >= BATCH_INPUTS_MAX { None } else { inbox.try_recv().ok() };
        }
        if writer.send(batch).is_err() || stop {
            break;
        }
    }
    engine
}

fn take(engine: &mut Engine, clock: Clock, input: Input, batch: &mut Batch) -> bool {
    match input {
        Input::Command { request, reply } => {
            let answer = match engine.handle(clock.now(), &request) {
                Outcome::Entry(entry) => {
                    let entry = Arc::new(entry);
                    batch.entries.push(Arc::clone(&entry));
                    Reply::Entry(entry)
                }
                Outcome::Repeat(position) => Reply::Repeat(position),
                Outcome::Refused(refusal) => Reply::Refused(refusal),
            };
            batch.releases.push(Box::new(move || {
                // A caller that went away needs no answer.
                let _gone = reply.send(answer).is_err();
            }));
            false
        }
        Input::Query(ask) => {
            batch.releases.push(ask(engine));
            false
        }
        Input::Stop => true,
    }
}
