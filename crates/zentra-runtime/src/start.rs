//! Starting and stopping the pipeline's threads.
//!
//! Owns their life: a stop drains what was taken in, syncs, and leaves a snapshot. A thread that
//! fails ends the process through [`Fatal`]. Must not know who uses the handle.

use crate::folder::DataFolder;
use crate::handle::Handle;
use crate::kernel::{self, Input};
use crate::log_access::LogAccess;
use crate::names::SharedNames;
use crate::notices::Notices;
use crate::quota::ScopeLimits;
use crate::recovery::Opened;
use crate::snapshots::{self, SnapshotFileError};
use crate::subscription::Recent;
use crate::tail::Tail;
use crate::writer::{self, Outlets};
use crossbeam_channel::{Sender, bounded};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, RwLock};
use std::thread::{self, JoinHandle};
use tokio::sync::watch;
use zentra_engine::{Engine, Space};
use zentra_events::Position;
use zentra_keyring::Keyring;
use zentra_log::LogWriter;

/// What is called when the pipeline cannot go on. It should end the process: what was acknowledged
/// is safe, and only a restart gets a right state again.
pub type Fatal = Arc<dyn Fn(&str) + Send + Sync>;

/// How the pipeline runs.
#[derive(Clone)]
pub struct RuntimeOptions {
    /// Commands and queries that may wait.
    pub inbox_max: usize,
    /// What ends the process.
    pub fatal: Fatal,
}

/// A running pipeline.
pub struct Runtime {
    handle: Handle,
    folder: DataFolder,
    keyring: Arc<Keyring>,
    inbox: Sender<Input>,
    kernel: JoinHandle<Option<Engine>>,
    writer: JoinHandle<Option<Box<dyn LogWriter>>>,
}

/// Starts the threads of an opened log.
///
/// # Errors
/// When the system gives no threads.
pub fn start(
    folder: DataFolder,
    opened: Opened,
    options: &RuntimeOptions,
) -> Result<Runtime, std::io::Error> {
    let Opened { env, engine, store, keyring, .. } = opened;
    let log = Arc::new(LogAccess::new(&env, store.reader()));
    let names = Arc::new(SharedNames::of(&engine));
    let limits = Arc::new(ScopeLimits::of(&engine));
    let recent = Arc::new(Recent::at(engine.next_position()));
    let tail = Arc::new(Tail::at(engine.next_position()));
    let (durable_in, durable) = watch::channel(engine.next_position());
    let (ended_in, ended) = watch::channel(());
    let (inbox, commands) = bounded(options.inbox_max);
    let (to_writer, batches) = bounded(2);
    let (partition, space) = (engine.partition(), engine.space());

    let deferred = Arc::new(AtomicUsize::new(0));
    let (fatal, told, on) = (Arc::clone(&options.fatal), Arc::clone(&deferred), env.clone());
    let kernel = thread::Builder::new().name("kernel".into()).spawn(move || {
        guarded("the kernel", &fatal, || Ok(kernel::run(&on, engine, &commands, &to_writer, &told)))
    })?;
    let (fatal, on) = (Arc::clone(&options.fatal), env.clone());
    let outlets = Outlets {
        names: Arc::clone(&names),
        limits: Arc::clone(&limits),
        recent: Arc::clone(&recent),
        tail: Arc::clone(&tail),
        durable: durable_in,
        _ended: ended_in,
    };
    let writer = thread::Builder::new().name("log-writer".into()).spawn(move || {
        guarded("the log writer", &fatal, || {
            writer::run(&on, store, &batches, &outlets).map_err(|error| error.to_string())
        })
    })?;
    let (bulk, space) = (Arc::default(), Arc::new(RwLock::new(space)));
    let handle = Handle {
        notices: Arc::new(Notices::new(&env, Arc::clone(&names))),
        env,
        inbox: inbox.clone(),
        deferred,
        log,
        names,
        limits,
        durable,
        ended,
        recent,
        tail,
        bulk,
        space,
        followed: Arc::new(watch::Sender::new(true)),
        partition,
        #[cfg(any(test, feature = "test-util"))]
        costs: crate::costs::Costs::default(),
    };
    Ok(Runtime { handle, folder, keyring, inbox, kernel, writer })
}

impl Runtime {
    /// A handle for the shell.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Stops taking commands, makes what was taken durable, and writes a snapshot. Blocks.
    ///
    /// # Errors
    /// When the snapshot cannot be written; the log is complete all the same.
    pub fn stop(self) -> Result<Option<Position>, SnapshotFileError> {
        let Runtime { handle, folder, keyring, inbox, kernel, writer } = self;
        let (Some(mut engine), Some(store)) = end(&inbox, kernel, writer) else { return Ok(None) };
        let head = store.head();
        if head.next != engine.next_position() || head.next == Position::ZERO {
            return Ok(None);
        }
        match handle.space() {
            Space::Enough => {}
            Space::Low | Space::Full => {
                tracing::warn!("no snapshot: the disk has no space for it");
                return Ok(None);
            }
            Space::ReadOnly => {
                tracing::info!("no snapshot: the server is read-only");
                return Ok(None);
            }
        }
        let key = keyring.snapshot_key();
        snapshots::write(&folder, &engine.read_view(), head.chain, &key, &mut || Ok(()))?;
        Ok(Some(head.next))
    }

    /// As [`Runtime::stop`], while a snapshot may be under way: none is written.
    pub fn stop_without_snapshot(self) {
        let Runtime { inbox, kernel, writer, .. } = self;
        let _ended = end(&inbox, kernel, writer);
    }
}

/// Ends the threads; what was taken is durable then.
fn end(
    inbox: &Sender<Input>,
    kernel: JoinHandle<Option<Engine>>,
    writer: JoinHandle<Option<Box<dyn LogWriter>>>,
) -> (Option<Engine>, Option<Box<dyn LogWriter>>) {
    // A kernel that is gone already needs no word.
    let _gone = inbox.send(Input::Stop).is_err();
    (kernel.join().ok().flatten(), writer.join().ok().flatten())
}

fn guarded<T>(name: &str, fatal: &Fatal, work: impl FnOnce() -> Result<T, String>) -> Option<T> {
    let reason = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => return Some(value),
        Ok(Err(error)) => format!("{name} failed: {error}"),
        Err(_) => format!("{name} met a broken invariant"),
    };
    tracing::error!(%reason, "stopping: nothing more is written");
    fatal(&reason);
    None
}
