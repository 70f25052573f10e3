//! A process between its start and its end: the product's pipeline and scheduler, as steps.
//!
//! Kernel and writer are the product's own (docs/internals/steps.md); the world steps them, and can
//! stop between any two steps. Owns who waits for an answer, and in which order they were answered:
//! the order in which the writer releases them is the order in which they were decided.

use super::asking::{Asked, Input};
use super::opening::reread;
use super::viewing::Viewing;
use crate::disk::Disk;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use zentra_delivery::{Scheduler, StartRate, Times};
use zentra_engine::{Engine, ItemOutcome, Space};
use zentra_env::Env;
use zentra_events::{Entry, Position, Timestamp};
use zentra_keyring::Keyring;
use zentra_log::LogReader;
use zentra_runtime::{
    Answer, DataFolder, Handle, Kernel, Mark, Marker, Opened, Pipeline, Step, SubmitError, Writer,
    chain_before,
};

/// Inputs that may wait: beyond it a request is told to come again.
pub(super) const INBOX_MAX: usize = 64;
/// Attempts under way at most.
pub(crate) const PLACES: u32 = 256;

/// What came back from the pipeline.
pub(crate) enum Output {
    Command(Result<Answer, SubmitError>),
    Items(Result<Vec<ItemOutcome>, SubmitError>),
}

type Waiting = Pin<Box<dyn Future<Output = Output>>>;

/// Who was answered, in this order.
type Woken = Arc<Mutex<Vec<u64>>>;

struct OnWake {
    sending: u64,
    woken: Woken,
}

impl Wake for OnWake {
    fn wake(self: Arc<Self>) {
        self.woken.lock().unwrap_or_else(PoisonError::into_inner).push(self.sending);
    }
}

/// A process.
pub(crate) struct Node {
    /// None once it has ended.
    kernel: Option<Kernel>,
    /// What it ended with.
    pub(super) ended: Option<Engine>,
    pub(super) writer: Writer,
    pub(super) handle: Handle,
    pub(super) waiting: BTreeMap<u64, (Waiting, Waker)>,
    /// What it was told of space, and where in that each sending came.
    pub(super) spaces: Vec<Space>,
    pub(super) asked_at: BTreeMap<u64, usize>,
    /// Who waited when it was told to stop.
    pub(super) owed: Option<BTreeSet<u64>>,
    woken: Woken,
    pub(super) folder: DataFolder,
    pub(super) viewing: Option<Viewing>,
    pub(super) keyring: Arc<Keyring>,
    marker: Marker,
    pub(super) scheduler: Scheduler,
    pub(super) start_rate: StartRate,
}

impl Node {
    /// A process that has just opened what is on a disk.
    pub(crate) fn start(env: &Env, disk: &Disk, opened: Opened) -> Node {
        let keyring = Arc::clone(&opened.keyring);
        let last = opened.engine.last_recorded_at();
        let waiting = Timestamp(u64::try_from(env.passed().as_nanos()).unwrap_or(u64::MAX));
        let times = Times { log: last.max(env.now()), waiting };
        let scheduler = Scheduler::from_state(opened.engine.deliveries(), times, PLACES);
        let Pipeline { kernel, writer, handle } = Pipeline::of(opened, INBOX_MAX);
        let handle_space = handle.space();
        Node {
            kernel: Some(kernel),
            ended: None,
            writer,
            waiting: BTreeMap::new(),
            handle,
            owed: None,
            spaces: vec![handle_space],
            asked_at: BTreeMap::new(),
            woken: Woken::default(),
            folder: disk.data_folder(),
            viewing: None,
            marker: Marker::new(disk.data_folder(), Arc::clone(&keyring)),
            keyring,
            scheduler,
            start_rate: StartRate::of(1),
        }
    }

    /// Asks. False when too much waits: then nothing was decided.
    pub(crate) fn take(&mut self, asked: Asked) -> bool {
        let (handle, Asked { sending, input }) = (self.handle.clone(), asked);
        self.asked_at.insert(sending, self.spaces.len() - 1);
        let waiting: Waiting = match input {
            Input::Command(request) => {
                Box::pin(async move { Output::Command(handle.submit(*request).await) })
            }
            Input::Intents(batch) => {
                Box::pin(async move { Output::Items(handle.submit_batch(*batch).await) })
            }
        };
        self.waits(sending, waiting)
    }

    fn waits(&mut self, sending: u64, mut waiting: Waiting) -> bool {
        let waker = Waker::from(Arc::new(OnWake { sending, woken: Arc::clone(&self.woken) }));
        let is_waiting = waiting.as_mut().poll(&mut Context::from_waker(&waker)).is_pending();
        if is_waiting {
            self.waiting.insert(sending, (waiting, waker));
        }
        is_waiting
    }

    /// A step of the kernel.
    pub(crate) fn decides(&mut self) -> Step {
        let Some(kernel) = &mut self.kernel else { return Step::Ended };
        let step = kernel.step();
        if step == Step::Ended {
            self.ended = self.kernel.take().map(Kernel::into_engine);
        }
        step
    }

    /// A step of the writer.
    ///
    /// # Errors
    /// When the disk fails: the process ends.
    pub(crate) fn writes(&mut self) -> Result<Step, String> {
        self.writer.step().map_err(|error| error.to_string())
    }

    /// Who was answered since this was last asked, in the order of the answers.
    pub(crate) fn answered(&mut self) -> Vec<(u64, Output)> {
        let woken = std::mem::take(&mut *self.woken.lock().unwrap_or_else(PoisonError::into_inner));
        let mut answered = Vec::new();
        for sending in woken {
            let Some((waiting, waker)) = self.waiting.get_mut(&sending) else { continue };
            if let Poll::Ready(output) = waiting.as_mut().poll(&mut Context::from_waker(waker)) {
                self.waiting.remove(&sending);
                answered.push((sending, output));
            }
        }
        answered
    }

    /// The handle on its log.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// What can be read of the log.
    pub(crate) fn reader(&self) -> &dyn LogReader {
        self.handle.log().reader()
    }

    /// The durable entries from a position on, and the chain after the last frame.
    ///
    /// # Errors
    /// When an open log cannot be read.
    pub(crate) fn entries(&self, from: Position) -> Result<(Vec<Entry>, Option<[u8; 32]>), String> {
        let (mut entries, mut chain) = (Vec::new(), None);
        reread(self.reader(), from, &mut |frame, entry| {
            chain = Some(frame.chain);
            entries.push(entry.clone());
            Ok(())
        })?;
        Ok((entries, chain))
    }

    /// Reads what it can of its log, and says how many entries that were and why no more. Each must
    /// be as it is known.
    ///
    /// # Errors
    /// When one is another.
    pub(crate) fn reads_no_other(
        &self,
        known: &[Entry],
    ) -> Result<(usize, Option<String>), String> {
        let (mut count, mut other) = (0, None);
        let read = reread(self.reader(), Position::ZERO, &mut |_, entry| {
            if known.get(count) != Some(entry) {
                other = Some(entry.header.position.get());
                return Err("another entry".to_owned());
            }
            count += 1;
            Ok(())
        });
        match other {
            Some(position) => Err(format!("entry {position} is read as another")),
            None => Ok((count, read.err())),
        }
    }

    /// Marks the end of the log, and says where that is; none when nothing is in it.
    ///
    /// # Errors
    /// When the disk fails, or the log cannot be read.
    pub(crate) fn marks(&self) -> Result<Option<Position>, String> {
        let next = self.handle.log().durable();
        let chain = chain_before(self.reader(), next).map_err(|error| error.to_string())?;
        let Some(chain) = chain else { return Ok(None) };
        self.marker.write(&Mark { next, chain }).map_err(|error| error.to_string())?;
        Ok(Some(next))
    }

    /// Whether nobody waits for an answer.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Ends as it does when it is told to: what waits is decided and written. Gives the state.
    ///
    /// # Errors
    /// When the disk fails, or the parts do not end.
    pub(crate) fn stop(self) -> Result<Engine, String> {
        let mut node = self;
        node.handle.stop();
        for _ in 0..1_000 {
            let decided = node.decides();
            let written = node.writes()?;
            if decided == Step::Ended && written == Step::Ended {
                return node.ended.ok_or_else(|| "the kernel left no state".to_owned());
            }
        }
        Err("kernel and writer do not end".to_owned())
    }
}
