//! Starting and stopping the pipeline's threads.
//!
//! Owns their life: a stop drains what was taken in, syncs, and leaves a snapshot. A thread that
//! fails ends the process through [`Fatal`]. Must not know who uses the handle.

use crate::folder::DataFolder;
use crate::handle::Handle;
use crate::kernel;
use crate::pipeline::Pipeline;
use crate::recovery::Opened;
use crate::snapshots::{self, SnapshotFileError};
use crate::writer;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
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
    let keyring = Arc::clone(&opened.keyring);
    let Pipeline { kernel, writer, handle } = Pipeline::of(opened, options.inbox_max);
    let fatal = Arc::clone(&options.fatal);
    let kernel = thread::Builder::new()
        .name("kernel".into())
        .spawn(move || guarded("the kernel", &fatal, || Ok(kernel::run(kernel))))?;
    let fatal = Arc::clone(&options.fatal);
    let writer = thread::Builder::new().name("log-writer".into()).spawn(move || {
        guarded("the log writer", &fatal, || writer::run(writer).map_err(|error| error.to_string()))
    })?;
    Ok(Runtime { handle, folder, keyring, kernel, writer })
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
        let Runtime { handle, folder, keyring, kernel, writer } = self;
        match end(&handle, kernel, writer) {
            (Some(engine), Some(store)) => {
                last_snapshot(&folder, &keyring, handle.space(), (engine, store.as_ref()))
            }
            _ => Ok(None),
        }
    }

    /// As [`Runtime::stop`], while a snapshot may be under way: none is written.
    pub fn stop_without_snapshot(self) {
        let Runtime { handle, kernel, writer, .. } = self;
        let _ended = end(&handle, kernel, writer);
    }
}

/// Ends the threads; what was taken is durable then.
fn end(
    handle: &Handle,
    kernel: JoinHandle<Option<Engine>>,
    writer: JoinHandle<Option<Box<dyn LogWriter>>>,
) -> (Option<Engine>, Option<Box<dyn LogWriter>>) {
    handle.stop();
    (kernel.join().ok().flatten(), writer.join().ok().flatten())
}

/// The snapshot that a stop leaves, of what the kernel and the writer ended with: its position;
/// none when there is no space for it, or nothing in the log.
///
/// # Errors
/// When it cannot be written; the log is complete all the same.
pub fn last_snapshot(
    folder: &DataFolder,
    keyring: &Keyring,
    space: Space,
    (mut engine, log): (Engine, &dyn LogWriter),
) -> Result<Option<Position>, SnapshotFileError> {
    let head = log.head();
    if head.next != engine.next_position() || head.next == Position::ZERO {
        return Ok(None);
    }
    match space {
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
    snapshots::write(folder, &engine.read_view(), head.chain, &key, &mut || Ok(()))?;
    Ok(Some(head.next))
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
