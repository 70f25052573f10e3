//! What is in a backup as its manifest tells it: these files, the log's each up to its length.
//!
//! A backup that was cut off leaves more in the folder than the manifest in it knows: longer
//! segments, and new ones. A restore takes none of that, and so nobody may read it. Owns that
//! bound. Must not know segments or frames, and changes nothing.

use crate::error::BackupError;
use crate::manifest::Manifest;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;
use zentra_engine::snapshot::Snapshot;
use zentra_env::Env;
use zentra_runtime::{LogAccess, read_snapshot};
use zentra_store::{FileStorage, LockError, ReadOnlyLog, Storage, StorageFile};

/// The files of the log that a manifest names, for reading.
pub(crate) struct WithinManifest {
    folder: FileStorage,
    lengths: BTreeMap<String, u64>,
}

impl WithinManifest {
    /// The log of this backup.
    pub(crate) fn open(backup: &Path, manifest: &Manifest) -> Result<WithinManifest, BackupError> {
        let folder = FileStorage::open_read_only(&backup.join("log"))?;
        let of_log = |path: &str| path.strip_prefix("log/").map(str::to_owned);
        let lengths = manifest.files.iter();
        let lengths = lengths.filter_map(|file| Some((of_log(&file.path)?, file.bytes))).collect();
        Ok(WithinManifest { folder, lengths })
    }
}

/// The entries of a backup, as far as its manifest says.
///
/// # Errors
/// When there is no log, or it is damaged.
pub fn log_of(env: &Env, backup: &Path, manifest: &Manifest) -> Result<LogAccess, BackupError> {
    let storage = WithinManifest::open(backup, manifest)?;
    Ok(LogAccess::new(env, ReadOnlyLog::open(Box::new(storage))?.reader()))
}

/// The snapshot of a backup; none when it has none, or it does not read. It is not told who wrote
/// it: good for a comparison, and for nothing else.
///
/// # Errors
/// When its file cannot be read.
pub fn snapshot_of(backup: &Path, manifest: &Manifest) -> Result<Option<Snapshot>, BackupError> {
    let mut files = manifest.files.iter();
    match files.rfind(|file| file.path.starts_with("snapshots/")) {
        Some(file) => Ok(read_snapshot(&backup.join(&file.path), None)?),
        None => Ok(None),
    }
}

fn for_reading_only() -> io::Error {
    io::Error::new(ErrorKind::PermissionDenied, "a backup is open for reading only")
}

impl Storage for WithinManifest {
    fn location(&self) -> String {
        self.folder.location()
    }

    fn lock(&self) -> Result<(), LockError> {
        Err(for_reading_only().into())
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = self.folder.list()?;
        names.retain(|name| self.lengths.contains_key(name));
        Ok(names)
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        let bytes = *self.lengths.get(name).ok_or(ErrorKind::NotFound)?;
        Ok(Arc::new(UpTo { file: self.folder.open(name)?, bytes }))
    }

    fn create(&self, _: &str, _: u64) -> io::Result<Arc<dyn StorageFile>> {
        Err(for_reading_only())
    }

    fn rename(&self, _: &str, _: &str) -> io::Result<()> {
        Err(for_reading_only())
    }

    fn remove(&self, _: &str) -> io::Result<()> {
        Err(for_reading_only())
    }

    fn sync_dir(&self) -> io::Result<()> {
        Err(for_reading_only())
    }
}

/// The first bytes of a file.
struct UpTo {
    file: Arc<dyn StorageFile>,
    bytes: u64,
}

impl StorageFile for UpTo {
    fn len_bytes(&self) -> io::Result<u64> {
        Ok(self.file.len_bytes()?.min(self.bytes))
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.bytes.saturating_sub(offset)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        self.file.read_at(offset, &mut buffer[..wanted])
    }

    fn write_at(&self, _: u64, _: &[u8]) -> io::Result<()> {
        Err(for_reading_only())
    }

    fn set_len(&self, _: u64) -> io::Result<()> {
        Err(for_reading_only())
    }

    fn sync_data(&self) -> io::Result<()> {
        Err(for_reading_only())
    }
}
