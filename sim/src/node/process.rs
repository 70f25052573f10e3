//! A process between its start and its end: kernel, log writer and deliveries, as steps.
//!
//! The engine, the log, the codec and the scheduler are the product's. What is here is the order of
//! their steps as docs/internals/engine.md has it, so that the world can stop between any two: to
//! decide, to write, to sync, to release. It is the seam behind which the product's own steps go.

use super::log_time::LogTime;
use super::opening::Opened;
use std::collections::VecDeque;
use zentra_delivery::{Scheduler, StartRate, Times};
use zentra_engine::{BatchItem, Engine, EntrySink, IntentBatch, ItemOutcome, Outcome, Request};
use zentra_events::codec::FrameBytes;
use zentra_events::frame_builder::FrameBuilder;
use zentra_events::{Entry, EntryRef, Position, Refusal, RequestId, Timestamp};
use zentra_log::{LogWriter, PendingFrame};

/// Inputs that one step decides at most: few, so that frames are many.
const STEP_INPUTS_MAX: usize = 8;
/// Inputs that may wait: beyond it a request is told to come again.
const INBOX_MAX: usize = 64;
/// Attempts under way at most.
const PLACES: u32 = 256;

/// What a process is asked.
#[derive(Clone)]
pub(crate) enum Input {
    Command(Box<Request>),
    Intents(Box<IntentBatch>),
}

impl Input {
    /// Says which sending it is.
    pub(crate) fn set_request_id(&mut self, id: RequestId) {
        match self {
            Input::Command(request) => request.request_id = id,
            Input::Intents(batch) => batch.request_id = id,
        }
    }

    /// What is asked, and of which scope.
    pub(crate) fn words(&self) -> String {
        match self {
            Input::Command(request) => format!("{:?}: {:?}", request.scope, request.command),
            Input::Intents(batch) => batch_words(batch),
        }
    }
}

/// The items of a batch, each linked one with a plus.
fn batch_words(batch: &IntentBatch) -> String {
    let item = |item: &BatchItem| {
        let (id, linked) = (item.id.of(&batch.text), if item.linked { "+" } else { "" });
        format!("{id}: {}{linked}", item.amount.0)
    };
    let items: Vec<String> = batch.items.iter().map(item).collect();
    format!("{:?}: intents {}", batch.scope, items.join(", "))
}

/// An input on its way to be decided.
pub(crate) struct Asked {
    /// Which sending of a request it is.
    pub(crate) sending: u64,
    pub(crate) input: Input,
}

/// What became of an input.
pub(crate) enum Answer {
    Entry(Box<Entry>),
    Repeat(Position),
    Refused(Refusal),
    /// Of a batch: each item's outcome, and the entries that it made.
    Items(Vec<ItemOutcome>, Vec<Entry>),
}

/// An input that was decided: to be told once it is durable.
pub(crate) struct Decided {
    pub(crate) sending: u64,
    /// The position that its first entry has or would have had.
    pub(crate) at: Position,
    /// The log's time when it was decided.
    pub(crate) now: Timestamp,
    pub(crate) answer: Answer,
}

/// What goes to the writer together.
#[derive(Default)]
struct Batch {
    frames: Vec<FrameBytes>,
    decided: Vec<Decided>,
}

/// A process.
pub(crate) struct Node {
    engine: Engine,
    log: Box<dyn LogWriter>,
    time: LogTime,
    inbox: VecDeque<Asked>,
    /// Decided, and not written.
    batch: Batch,
    /// Written, and not synced.
    written: Option<Vec<Decided>>,
    pub(super) scheduler: Scheduler,
    pub(super) start_rate: StartRate,
}

impl Node {
    /// A process that has just opened its log.
    pub(crate) fn start(opened: Opened, system: u64, monotonic: u64) -> Node {
        let Opened { engine, log, .. } = opened;
        let last = engine.last_recorded_at();
        let times = Times { log: last.max(Timestamp(system)), waiting: Timestamp(monotonic) };
        let scheduler = Scheduler::from_state(engine.deliveries(), times, PLACES);
        Node {
            time: LogTime::after(last, monotonic),
            engine,
            log,
            inbox: VecDeque::new(),
            batch: Batch::default(),
            written: None,
            scheduler,
            start_rate: StartRate::of(1),
        }
    }

    /// Takes an input in. False when too much waits: then nothing was decided.
    pub(crate) fn take(&mut self, asked: Asked) -> bool {
        let has_room = self.inbox.len() < INBOX_MAX;
        if has_room {
            self.inbox.push_back(asked);
        }
        has_room
    }

    /// Decides what waits, as much as one step does. False when nothing waits.
    pub(crate) fn decide(&mut self, system: u64, monotonic: u64) -> bool {
        let mut framer = Framer::default();
        let mut taken = 0;
        while taken < STEP_INPUTS_MAX
            && let Some(Asked { sending, input }) = self.inbox.pop_front()
        {
            taken += 1;
            let at = self.engine.next_position();
            let now = self.time.now(system, monotonic);
            let answer = match input {
                Input::Command(request) => self.command(now, &request, &mut framer),
                Input::Intents(batch) => self.intents(now, &batch, &mut framer),
            };
            self.batch.decided.push(Decided { sending, at, now, answer });
        }
        framer.cut();
        self.batch.frames.append(&mut framer.frames);
        taken > 0
    }

    fn command(&mut self, now: Timestamp, request: &Request, framer: &mut Framer) -> Answer {
        match self.engine.handle(now, request) {
            Outcome::Entry(entry) => {
                framer.add(&entry.borrow());
                Answer::Entry(Box::new(entry))
            }
            Outcome::Repeat(position) => Answer::Repeat(position),
            Outcome::Refused(refusal) => Answer::Refused(refusal),
        }
    }

    fn intents(&mut self, now: Timestamp, batch: &IntentBatch, framer: &mut Framer) -> Answer {
        let mut outcomes = Vec::new();
        while !self.engine.batch_slice(now, batch, &mut outcomes, framer) {}
        Answer::Items(outcomes, std::mem::take(&mut framer.told))
    }

    /// Whether there is something to write, and nothing is being synced.
    pub(crate) fn can_write(&self) -> bool {
        let is_empty = self.batch.frames.is_empty() && self.batch.decided.is_empty();
        self.written.is_none() && !is_empty
    }

    /// Writes what was decided.
    ///
    /// # Errors
    /// When the disk fails: the process ends.
    pub(crate) fn write(&mut self) -> Result<(), String> {
        let Batch { frames, decided } = std::mem::take(&mut self.batch);
        let frames: Vec<PendingFrame> = frames.into_iter().map(PendingFrame::from).collect();
        if !frames.is_empty() {
            self.log.append(&frames).map_err(|error| error.to_string())?;
        }
        self.written = Some(decided);
        Ok(())
    }

    /// Makes what was written durable: what may be told now, in the order of its deciding.
    ///
    /// # Errors
    /// When the disk fails: the process ends.
    pub(crate) fn sync(&mut self) -> Result<Vec<Decided>, String> {
        self.log.sync().map_err(|error| error.to_string())?;
        Ok(self.written.take().unwrap_or_default())
    }

    /// Where the log ends that is durable, and the chain there.
    pub(crate) fn durable(&self) -> (Position, [u8; 32]) {
        let head = self.log.head();
        (head.next, head.chain)
    }

    /// Whether all that was decided is durable.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.inbox.is_empty() && !self.can_write() && self.written.is_none()
    }

    /// The state, which may be ahead of what is durable.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }
}

/// Puts entries together into frames: one a step, and one a linked group.
#[derive(Default)]
struct Framer {
    builder: FrameBuilder,
    frames: Vec<FrameBytes>,
    /// Entries of batches.
    told: Vec<Entry>,
}

impl Framer {
    fn add(&mut self, entry: &EntryRef<'_>) {
        self.builder.entry(entry).expect("what the engine decides can be stored");
    }

    fn cut(&mut self) {
        if !self.builder.is_empty() {
            let frame = self.builder.finish().expect("what the engine decides can be stored");
            self.frames.push(frame);
        }
    }
}

impl EntrySink for Framer {
    fn entry(&mut self, entry: EntryRef<'_>) {
        self.add(&entry);
        self.told.push(entry.into_entry());
    }

    fn group_starts(&mut self) {
        self.cut();
    }

    fn group_ends(&mut self) {
        self.cut();
    }
}
