//! Why a backup is not made, does not check or is not restored.

use std::path::{Path, PathBuf};
use zentra_events::Position;
use zentra_runtime::SnapshotFileError;
use zentra_store::RecoverError;

/// Why a backup is not made, does not check or is not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file system refused.
    #[error("{path}: {source}")]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The log of the data folder, or of the backup, does not check.
    #[error(transparent)]
    Log(#[from] RecoverError),
    /// The snapshots cannot be listed.
    #[error(transparent)]
    Snapshots(#[from] SnapshotFileError),
    /// The folder holds no backup.
    #[error("{0} holds no backup: there is no backup.json in it")]
    NoBackup(PathBuf),
    /// The folder holds something else.
    #[error("{0} is not empty and holds no backup; name a new folder")]
    NotABackup(PathBuf),
    /// The manifest does not read.
    #[error("the manifest {path} does not read: {reason}")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The copy would be a part of what is copied.
    #[error("{inner} is inside of {outer}; name a folder beside it")]
    Inside {
        /// Where the copy would go.
        inner: PathBuf,
        /// What is copied.
        outer: PathBuf,
    },
    /// Another process writes this backup.
    #[error("another backup into {0} is under way")]
    Busy(PathBuf),
    /// The backup is of another log.
    #[error("{0} holds a backup of another log; name a new folder")]
    OtherLog(PathBuf),
    /// The backup holds what the data folder does not: acknowledged entries are lost there.
    #[error(
        "the backup reaches position {backup} and the log ends at {log}: the log has lost entries \
         that were durable; keep the backup as it is and make the next one in a new folder"
    )]
    Behind {
        /// The backup's position.
        backup: u64,
        /// The log's.
        log: u64,
    },
    /// The backup is of another history of the same log: one that was restored or cut meanwhile.
    #[error(
        "the backup's {file} is of another history of this log, which was restored or cut since; \
         make the next backup in a new folder"
    )]
    OtherHistory {
        /// The first file that differs.
        file: String,
    },
    /// A file of a backup is not as it was written.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What does not check.
        what: String,
    },
    /// The log of a backup ends elsewhere than its manifest says.
    #[error("the log in the backup ends at {}; its manifest says {}", found.get(), expected.get())]
    End {
        /// What the manifest says.
        expected: Position,
        /// Where the log ends.
        found: Position,
    },
    /// A restore goes into a folder that is not there yet, or is empty.
    #[error("{0} is not empty; a restore wants a new folder")]
    NotEmpty(PathBuf),
}

impl BackupError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> BackupError + use<> {
        let path = path.to_owned();
        move |source| BackupError::Io { path, source }
    }

    pub(crate) fn damaged(path: &Path, what: impl Into<String>) -> BackupError {
        BackupError::Damaged { path: path.to_owned(), what: what.into() }
    }
}
