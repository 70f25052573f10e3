//! Snapshot files: written whole, synced, renamed; the newest that checks is used.
//!
//! Owns their names (`<next position, 20 digits>.zsnap`). A snapshot is only a shortcut: the log
//! has everything, and one that was not written with the deployment's key is not used. Must not
//! know what is in the sections.

use crate::folder::DataFolder;
use crate::open_folder::{FolderPart, io_error};
use bytes::Bytes;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zentra_engine::snapshot::{self, ReadView, Snapshot, SnapshotError, SnapshotKey};
use zentra_events::Position;
use zentra_store::{FileStorage, Storage, StorageFile};

/// How the names of snapshots end.
const ENDING: &str = "zsnap";
/// How the name of one ends that is being written.
const TEMPORARY: &str = "tmp";
/// Snapshots kept; older ones are removed.
const KEPT: usize = 2;

/// Why a snapshot could not be written or listed.
#[derive(Debug, thiserror::Error)]
#[error("snapshot {path}: {source}")]
pub struct SnapshotFileError {
    path: PathBuf,
    source: io::Error,
}

/// Writes the snapshot of a view durably, then removes those that are too old. `rest` is called
/// after every few MiB, and ends the writing by an error.
///
/// # Errors
/// When the file system refuses, or `rest` does; then no snapshot is left.
pub fn write(
    folder: &DataFolder,
    view: &ReadView,
    chain: [u8; 32],
    key: &SnapshotKey,
    rest: &mut dyn FnMut() -> io::Result<()>,
) -> Result<(), SnapshotFileError> {
    let next = view.next_position();
    let name = format!("{:020}.{ENDING}", next.get());
    let path = folder.snapshots().join(&name);
    let failed = |source| SnapshotFileError { path: path.clone(), source };
    let dir = folder.to_write(FolderPart::Snapshots).map_err(io_error).map_err(failed)?;
    // Only one is written at a time: others were cut off with their process.
    for left in list(dir.as_ref(), TEMPORARY).map_err(failed)? {
        dir.remove(&left).map_err(failed)?;
    }
    let temporary = format!("{:020}.{TEMPORARY}", next.get());
    let file = dir.create(&temporary, 0).map_err(failed)?;
    let mut file = InStretches { file, length: 0, unsynced: 0, rest };
    let written = view.write(chain, key, &mut file).and_then(|()| file.file.sync_data());
    if let Err(error) = written {
        // What is not whole is of no use; the next one of this name would replace it.
        let _kept = dir.remove(&temporary).is_err();
        return Err(failed(error));
    }
    dir.rename(&temporary, &name).map_err(failed)?;
    dir.sync_dir().map_err(failed)?;
    for old in list(dir.as_ref(), ENDING).map_err(failed)?.iter().rev().skip(KEPT) {
        dir.remove(old).map_err(failed)?;
    }
    Ok(())
}

/// Bytes after which a file is synced, and its writer rests: a large file that is synced at once
/// would keep the log from the disk.
const STRETCH_BYTES: usize = 4 * 1024 * 1024;

/// A file that is written in stretches.
struct InStretches<'a> {
    file: Arc<dyn StorageFile>,
    length: u64,
    unsynced: usize,
    rest: &'a mut dyn FnMut() -> io::Result<()>,
}

impl io::Write for InStretches<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_at(self.length, bytes)?;
        self.length += bytes.len() as u64;
        self.unsynced += bytes.len();
        if self.unsynced >= STRETCH_BYTES {
            self.unsynced = 0;
            self.file.sync_data()?;
            (self.rest)()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The newest snapshot that was written with this key and whose every sum holds, with its file;
/// others are said and skipped. Without a key it is not told who wrote it: good for a comparison,
/// and for nothing else.
///
/// # Errors
/// When the folder cannot be listed, or a file in it not be read.
pub fn newest(
    folder: &DataFolder,
    key: Option<&SnapshotKey>,
) -> Result<Option<(PathBuf, Snapshot)>, SnapshotFileError> {
    let path = folder.snapshots();
    let failed = |source| SnapshotFileError { path: path.clone(), source };
    let dir = folder.to_read(FolderPart::Snapshots).map_err(io_error).map_err(failed)?;
    let Some(dir) = dir else { return Ok(None) };
    for name in list(dir.as_ref(), ENDING).map_err(failed)?.into_iter().rev() {
        let path = path.join(&name);
        if let Some(found) = checked(dir.as_ref(), (&name, &path), key)? {
            return Ok(Some((path, found)));
        }
    }
    Ok(None)
}

/// As [`newest`], of one file, wherever it is.
///
/// # Errors
/// When the file cannot be read.
pub fn one(path: &Path, key: Option<&SnapshotKey>) -> Result<Option<Snapshot>, SnapshotFileError> {
    let failed = |source| SnapshotFileError { path: path.to_owned(), source };
    let (Some(dir), Some(name)) = (path.parent(), path.file_name().and_then(OsStr::to_str)) else {
        return Err(failed(io::ErrorKind::NotFound.into()));
    };
    let dir = FileStorage::open_read_only(dir).map_err(io_error).map_err(failed)?;
    checked(&dir, (name, path), key)
}

fn checked(
    dir: &dyn Storage,
    (name, path): (&str, &Path),
    key: Option<&SnapshotKey>,
) -> Result<Option<Snapshot>, SnapshotFileError> {
    let found = read(dir, name, key);
    match found.map_err(|source| SnapshotFileError { path: path.to_owned(), source })? {
        Ok(found) => Ok(Some(found)),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "a snapshot is not used");
            Ok(None)
        }
    }
}

/// Reads a snapshot. Memory for it is taken only when its first and last bytes say that it is ours.
fn read(
    dir: &dyn Storage,
    name: &str,
    key: Option<&SnapshotKey>,
) -> io::Result<Result<Snapshot, SnapshotError>> {
    let short = Ok(Err(SnapshotError::Damaged("it is too short")));
    let file = dir.open(name)?;
    let length = file.len_bytes()?;
    let (mut header, mut tail) = ([0; snapshot::HEADER_BYTES], [0; snapshot::TAIL_BYTES]);
    let Some(tail_at) = length.checked_sub(tail.len() as u64) else { return short };
    if length < header.len() as u64 {
        return short;
    }
    read_all(file.as_ref(), 0, &mut header)?;
    read_all(file.as_ref(), tail_at, &mut tail)?;
    let frame = match snapshot::frame(&header, &tail, length, key) {
        Ok(frame) => frame,
        Err(error) => return Ok(Err(error)),
    };
    let mut bytes = Vec::new();
    let room = usize::try_from(length).ok();
    let Some(room) = room.filter(|room| bytes.try_reserve_exact(*room).is_ok()) else {
        return Ok(Err(SnapshotError::Damaged("there is no memory for it")));
    };
    bytes.resize(room, 0);
    read_all(file.as_ref(), 0, &mut bytes)?;
    Ok(frame.read(&Bytes::from(bytes)))
}

fn read_all(file: &dyn StorageFile, at: u64, bytes: &mut [u8]) -> io::Result<()> {
    if file.read_at(at, bytes)? < bytes.len() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

/// The snapshots of a folder and the position after each, oldest first. They may not check.
///
/// # Errors
/// When the folder cannot be listed.
pub fn files(folder: &DataFolder) -> Result<Vec<(Position, PathBuf)>, SnapshotFileError> {
    let path = folder.snapshots();
    let failed = |source| SnapshotFileError { path: path.clone(), source };
    let dir = folder.to_read(FolderPart::Snapshots).map_err(io_error).map_err(failed)?;
    let Some(dir) = dir else { return Ok(Vec::new()) };
    let named = |name: String| {
        let digits = name.split('.').next()?.parse().ok()?;
        Some((Position(digits), path.join(name)))
    };
    let names = list(dir.as_ref(), ENDING).map_err(failed)?;
    Ok(names.into_iter().filter_map(named).collect())
}

/// The files with an ending, in the order of their positions.
fn list(dir: &dyn Storage, ending: &str) -> io::Result<Vec<String>> {
    let mut names = dir.list()?;
    names.retain(|name| name.rsplit_once('.').is_some_and(|(_, found)| found == ending));
    names.sort();
    Ok(names)
}
