//! Snapshot files: written whole, synced, renamed; the newest that checks is used.
//!
//! Owns their names (`<next position, 20 digits>.zsnap`). A snapshot is only a shortcut: the log
//! has everything. Must not know what is in the sections.

use crate::runtime::folder::DataFolder;
use bytes::Bytes;
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use zentra_engine::snapshot::{self, Moment, Snapshot};

/// Snapshots kept; older ones are removed.
const KEPT: usize = 2;

/// Why a snapshot could not be written or listed.
#[derive(Debug, thiserror::Error)]
#[error("snapshot {path}: {source}")]
pub struct SnapshotFileError {
    path: PathBuf,
    source: io::Error,
}

/// Writes the snapshot of a moment durably, then removes those that are too old.
///
/// # Errors
/// When the file system refuses.
pub fn write(
    folder: &DataFolder,
    moment: &Moment,
    chain: [u8; 32],
) -> Result<(), SnapshotFileError> {
    let next = moment.next_position();
    let dir = folder.snapshots();
    let path = dir.join(format!("{:020}.zsnap", next.get()));
    let temporary = path.with_extension("tmp");
    let failed = |source| SnapshotFileError { path: path.clone(), source };
    fs::create_dir_all(&dir).map_err(failed)?;
    let mut file = File::create(&temporary).map_err(failed)?;
    moment.write(chain, &mut file).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    fs::rename(&temporary, &path).map_err(failed)?;
    File::open(&dir).and_then(|dir| dir.sync_all()).map_err(failed)?;
    let files = list(folder)?;
    for old in files.iter().rev().skip(KEPT) {
        fs::remove_file(old).map_err(failed)?;
    }
    Ok(())
}

/// The newest snapshot whose every sum holds, with its file; damaged ones are said and skipped.
///
/// # Errors
/// When the folder cannot be listed.
pub fn newest(folder: &DataFolder) -> Result<Option<(PathBuf, Snapshot)>, SnapshotFileError> {
    for path in list(folder)?.into_iter().rev() {
        let bytes =
            fs::read(&path).map_err(|source| SnapshotFileError { path: path.clone(), source })?;
        match snapshot::read(&Bytes::from(bytes)) {
            Ok(found) => return Ok(Some((path, found))),
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "skipping a damaged snapshot");
            }
        }
    }
    Ok(None)
}

fn list(folder: &DataFolder) -> Result<Vec<PathBuf>, SnapshotFileError> {
    let dir = folder.snapshots();
    let failed = |source| SnapshotFileError { path: dir.clone(), source };
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "zsnap") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
