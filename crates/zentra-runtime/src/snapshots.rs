//! Snapshot files: written whole, synced, renamed; the newest that checks is used.
//!
//! Owns their names (`<next position, 20 digits>.zsnap`). A snapshot is only a shortcut: the log
//! has everything, and one that was not written with the deployment's key is not used. Must not
//! know what is in the sections.

use crate::folder::DataFolder;
use bytes::Bytes;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use zentra_engine::snapshot::{self, ReadView, Snapshot, SnapshotKey};
use zentra_events::Position;
use zentra_store::files;

/// How the names of snapshots end.
const ENDING: &str = "zsnap";
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
    let dir = folder.snapshots();
    let path = dir.join(format!("{:020}.{ENDING}", next.get()));
    let temporary = path.with_extension("tmp");
    let failed = |source| SnapshotFileError { path: path.clone(), source };
    files::make_folder(&dir).map_err(failed)?;
    // Only one is written at a time: others were cut off with their process.
    for left in list(folder, "tmp")? {
        fs::remove_file(left).map_err(failed)?;
    }
    let file = files::create_new(&temporary).map_err(failed)?;
    let mut file = InStretches { file, written: 0, rest };
    let written = view.write(chain, key, &mut file).and_then(|()| file.file.sync_all());
    if let Err(error) = written {
        // What is not whole is of no use; the next one of this name would replace it.
        let _kept = fs::remove_file(&temporary).is_err();
        return Err(failed(error));
    }
    fs::rename(&temporary, &path).map_err(failed)?;
    File::open(&dir).and_then(|dir| dir.sync_all()).map_err(failed)?;
    let files = list(folder, ENDING)?;
    for old in files.iter().rev().skip(KEPT) {
        fs::remove_file(old).map_err(failed)?;
    }
    Ok(())
}

/// Bytes after which a file is synced, and its writer rests: a large file that is synced at once
/// would keep the log from the disk.
const STRETCH_BYTES: usize = 4 * 1024 * 1024;

/// A file that is written in stretches.
struct InStretches<'a> {
    file: File,
    written: usize,
    rest: &'a mut dyn FnMut() -> io::Result<()>,
}

impl io::Write for InStretches<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.written += written;
        if self.written >= STRETCH_BYTES {
            self.written = 0;
            self.file.sync_data()?;
            (self.rest)()?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
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
    for path in list(folder, ENDING)?.into_iter().rev() {
        if let Some(found) = one(&path, key)? {
            return Ok(Some((path, found)));
        }
    }
    Ok(None)
}

/// As [`newest`], of one file.
///
/// # Errors
/// When the file cannot be read.
pub fn one(path: &Path, key: Option<&SnapshotKey>) -> Result<Option<Snapshot>, SnapshotFileError> {
    let found = read(path, key);
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
    path: &Path,
    key: Option<&SnapshotKey>,
) -> io::Result<Result<Snapshot, snapshot::SnapshotError>> {
    let short = Ok(Err(snapshot::SnapshotError::Damaged("it is too short")));
    let mut file = files::open(path)?;
    let length = file.metadata()?.len();
    let (mut header, mut tail) = ([0; snapshot::HEADER_BYTES], [0; snapshot::TAIL_BYTES]);
    let Some(tail_at) = length.checked_sub(tail.len() as u64) else { return short };
    if length < header.len() as u64 {
        return short;
    }
    file.read_exact_at(&mut header, 0)?;
    file.read_exact_at(&mut tail, tail_at)?;
    let frame = match snapshot::frame(&header, &tail, length, key) {
        Ok(frame) => frame,
        Err(error) => return Ok(Err(error)),
    };
    let mut bytes = Vec::new();
    let room = usize::try_from(length).ok().and_then(|room| bytes.try_reserve_exact(room).ok());
    if room.is_none() {
        return Ok(Err(snapshot::SnapshotError::Damaged("there is no memory for it")));
    }
    file.read_to_end(&mut bytes)?;
    Ok(frame.read(&Bytes::from(bytes)))
}

/// The snapshots of a folder and the position after each, oldest first. They may not check.
///
/// # Errors
/// When the folder cannot be listed.
pub fn files(folder: &DataFolder) -> Result<Vec<(Position, PathBuf)>, SnapshotFileError> {
    let named = |path: PathBuf| {
        let digits = path.file_stem()?.to_str()?.parse().ok()?;
        Some((Position(digits), path))
    };
    Ok(list(folder, ENDING)?.into_iter().filter_map(named).collect())
}

/// The files with an ending, in the order of their positions.
fn list(folder: &DataFolder, ending: &str) -> Result<Vec<PathBuf>, SnapshotFileError> {
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
        if path.extension().is_some_and(|extension| extension == ending) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
