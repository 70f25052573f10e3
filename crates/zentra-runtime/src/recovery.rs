//! Opening a data folder: lock, read the key, recover the log, load the newest snapshot, fold the
//! tail, check that the key is the log's.
//!
//! Owns the order of these steps. A snapshot that does not belong to this log is refused as a
//! shortcut, and the log is folded from zero. Must not start threads.

use crate::chain::chain_before;
use crate::fold::{FoldError, fold};
use crate::folder::DataFolder;
use crate::identity::{self, IdentityError};
use crate::log_access::{LogAccess, LogError};
use crate::open_folder::FolderPart;
use crate::proof::{self, Proof, ProofError};
use crate::snapshots::{self, SnapshotFileError};
use std::ops::ControlFlow;
use std::sync::Arc;
use zentra_engine::Engine;
use zentra_engine::snapshot::Snapshot;
use zentra_env::Env;
use zentra_events::Position;
use zentra_keyring::{Keyring, KeyringError};
use zentra_log::{LogReader, LogWriter, ReadError};
use zentra_store::{Fault, LogOptions, RecoverError, RecoveryReport, UnrecoveredLog};

/// Why a data folder does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The log does not open: it is locked, damaged, or not ours.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The snapshots cannot be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotFileError),
    /// The log does not fold.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The log has lost entries, or is another.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The master key cannot be read or made.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The master key is missing or another.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl From<ReadError> for OpenError {
    fn from(error: ReadError) -> OpenError {
        OpenError::Log(error.into())
    }
}

/// What opening found and did.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// What the log's recovery did.
    pub log: RecoveryReport,
    /// The snapshot's next position; none when the log was folded from zero.
    pub snapshot: Option<Position>,
    /// How many entries were folded.
    pub folded: u64,
}

/// An open data folder: the engine at the log's end, and the log to write on.
pub struct Opened {
    /// The machine that it was opened on.
    pub env: Env,
    /// The state at the log's end.
    pub engine: Engine,
    /// The log.
    pub store: Box<dyn LogWriter>,
    /// The master key that the log is written with.
    pub keyring: Arc<Keyring>,
    /// What opening did.
    pub recovered: Recovered,
}

/// Opens (or makes) a data folder.
///
/// # Errors
/// When another process has it, the log is damaged, an entry does not follow, the log ends before
/// what was durable, or the master key is not the one that the log was written with.
pub fn open(
    env: &Env,
    folder: &DataFolder,
    partition: u16,
    segment_bytes: u64,
) -> Result<Opened, OpenError> {
    let storage = folder.to_write(FolderPart::Log)?;
    let options = LogOptions {
        segment_bytes,
        partition,
        log_id: env.random_bytes(),
        known_durable: Position::ZERO,
    };
    let mut log = UnrecoveredLog::open(storage, options)?;
    let keyring = folder.key()?;
    let key = keyring.as_ref().map(Keyring::snapshot_key);
    // A snapshot is a shortcut only for who can tell that it is ours.
    let newest = match &key {
        Some(key) => snapshots::newest(folder, Some(key))?,
        None => None,
    };
    // What a snapshot or the mark knows was durable: a log that ends before has lost entries.
    let mut proofs = match &keyring {
        Some(keyring) => proof::marked(folder, Some(keyring))?,
        None => Vec::new(),
    };
    proofs.extend(newest.as_ref().map(|(by, found)| Proof {
        by: by.clone(),
        position: found.next,
        chain: None,
    }));
    for proof in &proofs {
        log.known_durable(proof.position);
    }
    let (store, report) = log.recover().map_err(|error| lost(error, &proofs))?;
    let store: Box<dyn LogWriter> = Box::new(store);
    let reader = store.reader();
    proof::must_continue(reader.as_ref(), &proofs)?;
    let engine = match newest {
        Some((path, found)) => {
            let engine = usable(found, reader.as_ref(), partition)?;
            if engine.is_none() {
                tracing::warn!(path = %path.display(), "a snapshot is not of this log; unused");
            }
            engine
        }
        None => None,
    };
    let snapshot = engine.as_ref().map(Engine::next_position);
    let mut engine = engine.unwrap_or_else(|| Engine::new(partition));
    let from = engine.next_position();
    let log = LogAccess::new(env, reader);
    fold(&log, &mut engine, &mut |_, _| ControlFlow::Continue(()))?;
    identity::check(keyring.as_ref(), &engine, &log)?;
    let keyring = match keyring {
        Some(keyring) => keyring,
        None => folder.make_key(env)?,
    };
    let folded = engine.next_position().get() - from.get();
    let recovered = Recovered { log: report, snapshot, folded };
    Ok(Opened { env: env.clone(), engine, store, keyring: Arc::new(keyring), recovered })
}

/// A log that does not open because it ends too early, said with what knows more.
fn lost(error: RecoverError, proofs: &[Proof]) -> OpenError {
    if let RecoverError::Corrupt(corruption) = &error
        && let Fault::End { found } = corruption.fault
        && let Err(lost) = proof::must_reach(Position(found), proofs)
    {
        return lost.into();
    }
    error.into()
}

fn usable(
    found: Snapshot,
    reader: &dyn LogReader,
    partition: u16,
) -> Result<Option<Engine>, OpenError> {
    if found.partition != partition {
        return Ok(None);
    }
    let expected = found.chain;
    let chain = chain_before(reader, found.next)?;
    if chain != Some(expected) {
        return Ok(None);
    }
    match found.into_engine() {
        Ok(engine) => Ok(Some(engine)),
        Err(error) => {
            tracing::warn!(%error, "a snapshot does not decode; folding from zero");
            Ok(None)
        }
    }
}
