//! Making a backup, also beside a server that writes: only what is durable is copied.
//!
//! Segments that are full are copied once; of the last one, what came in since the last backup. The
//! manifest is replaced at the end, so a backup that is cut off leaves the one before it whole: no
//! byte that a manifest names is changed while it does. Owns this order, and the refusal of a
//! backup that the log does not go on from.

use crate::check::sum_holds;
use crate::copy::{Step, copy, sum};
use crate::error::BackupError;
use crate::manifest::{BackupFile, Manifest, sync_folder};
use crate::place::refuse_inside;
use data_encoding::HEXLOWER;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use zentra_events::{Position, Timestamp};
use zentra_runtime::{DataFolder, snapshot_files};
use zentra_store::files;
use zentra_store::{FileStorage, LogParts, SegmentPart, parts};

/// The file that keeps two processes from writing one backup.
const LOCK: &str = "backup.lock";
/// Where snapshots are.
const SNAPSHOTS: &str = "snapshots/";

/// What a backup took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// What the backup holds.
    pub manifest: Manifest,
    /// Bytes that were copied now.
    pub copied_bytes: u64,
}

/// Makes a backup of a data folder up to `upto`, which must be durable, or of all that is whole in
/// it when no server has it open. `target` is a new folder, or one with an earlier backup of the
/// same log; it may be a link to one, but no file in it may, nor have another name. The master key
/// is not part of it.
///
/// # Errors
/// When the log does not check or does not go on from the earlier backup, or the file system
/// refuses. The earlier backup is left as it was.
pub fn make(
    data: &DataFolder,
    target: &Path,
    upto: Option<Position>,
    now: Timestamp,
) -> Result<Made, BackupError> {
    make_in_steps(data, target, upto, now, &mut || Ok(()))
}

/// As [`make`]; `step` is called before each change.
pub(crate) fn make_in_steps(
    data: &DataFolder,
    target: &Path,
    upto: Option<Position>,
    now: Timestamp,
    step: &mut Step,
) -> Result<Made, BackupError> {
    refuse_inside(target, data.root())?;
    files::make_root(target).map_err(BackupError::io(target))?;
    let before = Manifest::read(target)?;
    if before.is_none() && holds_something(target)? {
        return Err(BackupError::NotABackup(target.to_owned()));
    }
    let _lock = lock(target)?;
    let storage = FileStorage::open_read_only(&data.log())?;
    let log = parts(&storage, upto, &|name, chain| known(before.as_ref(), name, chain))?;
    if let Some(before) = &before {
        goes_on(before, &log, target)?;
    }
    let mut copier = Copier { data, target, before: before.as_ref(), copied_bytes: 0, step };
    let mut manifest = Manifest::new(HEXLOWER.encode(&log.log_id), log.partition, now.to_string());
    manifest.position = log.next.get();
    manifest.chain = HEXLOWER.encode(&log.chain);
    files::make_folder(&target.join("log")).map_err(BackupError::io(target))?;
    for segment in &log.segments {
        manifest.files.push(copier.segment(segment)?);
    }
    manifest.files.push(copier.whole("log/meta")?);
    manifest.files.extend(copier.snapshot(log.next)?);
    manifest.files.sort_by(|one, other| one.path.cmp(&other.path));
    for folder in ["log", "snapshots"] {
        let folder = target.join(folder);
        if folder.is_dir() {
            sync_folder(&folder)?;
        }
    }
    copier.step(target)?;
    manifest.write(target)?;
    copier.remove_others(&manifest)?;
    Ok(Made { manifest, copied_bytes: copier.copied_bytes })
}

/// The bytes of a sealed segment that the backup has already.
fn known(before: Option<&Manifest>, name: &str, chain: [u8; 32]) -> Option<u64> {
    let file = before?.file(&format!("log/{name}"))?;
    let same = file.chain_before.as_deref() == Some(HEXLOWER.encode(&chain).as_str());
    (same && file.sealed).then_some(file.bytes)
}

/// Refuses a log that does not begin with what the backup holds.
fn goes_on(before: &Manifest, log: &LogParts, target: &Path) -> Result<(), BackupError> {
    if before.log_id != HEXLOWER.encode(&log.log_id) || before.partition != log.partition {
        return Err(BackupError::OtherLog(target.to_owned()));
    }
    for file in before.files.iter().filter(|file| file.chain_before.is_some()) {
        let now = log.segments.iter().find(|segment| format!("log/{}", segment.name) == file.path);
        let now = now.map(|segment| HEXLOWER.encode(&segment.chain_before));
        if now.is_some() && now != file.chain_before {
            return Err(BackupError::OtherHistory { file: file.path.clone() });
        }
    }
    if log.next.get() < before.position {
        return Err(BackupError::Behind { backup: before.position, log: log.next.get() });
    }
    Ok(())
}

struct Copier<'a> {
    data: &'a DataFolder,
    target: &'a Path,
    before: Option<&'a Manifest>,
    copied_bytes: u64,
    step: &'a mut Step<'a>,
}

impl Copier<'_> {
    fn step(&mut self, path: &Path) -> Result<(), BackupError> {
        (self.step)().map_err(BackupError::io(path))
    }

    fn segment(&mut self, part: &SegmentPart) -> Result<BackupFile, BackupError> {
        let path = format!("log/{}", part.name);
        let before = self.before.and_then(|before| before.file(&path));
        if let Some(kept) = before.filter(|before| before.sealed && part.sealed) {
            return Ok(kept.clone());
        }
        let had = before.map_or(0, |before| before.bytes);
        self.step(&self.target.join(&path))?;
        let (from, to) = (self.data.root().join(&path), self.target.join(&path));
        let mut source = files::open(&from).map_err(BackupError::io(&from))?;
        let mut target = files::open_or_create(&to).map_err(BackupError::io(&to))?;
        // What was copied before must still begin the segment: both files are read again.
        let mut hasher = sum(&mut source, had).map_err(BackupError::io(&from))?;
        if let Some(before) = before {
            if hex(&hasher) != before.blake3 {
                return Err(BackupError::OtherHistory { file: path });
            }
            let kept = sum(&mut target, had).map_err(BackupError::io(&to))?;
            if kept.finalize() != hasher.finalize() {
                return Err(BackupError::damaged(&to, "its sum differs from the manifest's"));
            }
        }
        copy(&mut source, &mut target, (had, part.used_bytes), &mut hasher, self.step)
            .and_then(|()| (self.step)())
            .and_then(|()| target.set_len(part.used_bytes))
            .and_then(|()| target.sync_all())
            .map_err(BackupError::io(&to))?;
        self.copied_bytes += part.used_bytes.saturating_sub(had);
        Ok(BackupFile {
            path,
            bytes: part.used_bytes,
            restored_bytes: part.len_bytes,
            blake3: hex(&hasher),
            chain_before: Some(HEXLOWER.encode(&part.chain_before)),
            sealed: part.sealed,
        })
    }

    fn whole(&mut self, path: &str) -> Result<BackupFile, BackupError> {
        let from = self.data.root().join(path);
        let source = files::open(&from).map_err(BackupError::io(&from))?;
        self.opened(path, source)
    }

    /// Copies a whole file that is open already, so that it may be removed meanwhile. One that the
    /// backup has already is not written again.
    fn opened(&mut self, path: &str, mut source: File) -> Result<BackupFile, BackupError> {
        let (from, to) = (self.data.root().join(path), self.target.join(path));
        let bytes = source.metadata().map_err(BackupError::io(&from))?.len();
        let hasher = sum(&mut source, bytes).map_err(BackupError::io(&from))?;
        let file = BackupFile {
            path: path.to_owned(),
            bytes,
            restored_bytes: bytes,
            blake3: hex(&hasher),
            chain_before: None,
            sealed: false,
        };
        if let Some(before) = self.before.and_then(|before| before.file(path)) {
            if *before != file {
                self.forget(path)?;
            } else if sum_holds(self.target, before)?.is_ok() {
                return Ok(file);
            }
        }
        self.step(&to)?;
        let mut copied = blake3::Hasher::new();
        files::replace(&to, |target| {
            copy(&mut source, target, (0, bytes), &mut copied, self.step)?;
            (self.step)()
        })
        .map_err(BackupError::io(&to))?;
        if copied.finalize() != hasher.finalize() {
            return Err(BackupError::damaged(&from, "it changed while it was copied"));
        }
        self.copied_bytes += bytes;
        Ok(file)
    }

    /// Writes the manifest before without a snapshot whose bytes will be others: the log in it has
    /// everything. What names the log never changes.
    fn forget(&mut self, path: &str) -> Result<(), BackupError> {
        if !path.starts_with(SNAPSHOTS) {
            return Err(BackupError::OtherHistory { file: path.to_owned() });
        }
        if let Some(mut before) = self.before.cloned() {
            before.files.retain(|file| file.path != path);
            self.step(self.target)?;
            before.write(self.target)?;
        }
        Ok(())
    }

    /// The newest snapshot that is not beyond the backup's position. There may be none: the log has
    /// everything.
    fn snapshot(&mut self, upto: Position) -> Result<Option<BackupFile>, BackupError> {
        for (next, from) in snapshot_files(self.data)?.into_iter().rev() {
            if next > upto {
                continue;
            }
            let source = match files::open(&from) {
                Ok(source) => source,
                // The server has removed it for a newer one.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(BackupError::io(&from)(error)),
            };
            let folder = self.target.join("snapshots");
            files::make_folder(&folder).map_err(BackupError::io(&folder))?;
            let name = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return self.opened(&format!("{SNAPSHOTS}{name}"), source).map(Some);
        }
        Ok(None)
    }

    /// Removes the snapshots of earlier backups.
    fn remove_others(&mut self, manifest: &Manifest) -> Result<(), BackupError> {
        let folder = self.target.join("snapshots");
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(BackupError::io(&folder)(error)),
        };
        for entry in entries {
            let entry = entry.map_err(BackupError::io(&folder))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if manifest.file(&format!("{SNAPSHOTS}{name}")).is_none() {
                self.step(&entry.path())?;
                fs::remove_file(entry.path()).map_err(BackupError::io(&entry.path()))?;
            }
        }
        Ok(())
    }
}

fn hex(hasher: &blake3::Hasher) -> String {
    HEXLOWER.encode(hasher.finalize().as_bytes())
}

fn holds_something(target: &Path) -> Result<bool, BackupError> {
    let mut entries = fs::read_dir(target).map_err(BackupError::io(target))?;
    // A first backup that was cut off leaves its lock and its log.
    let foreign = |name: &str| !["log", "snapshots", LOCK, "backup.json.new"].contains(&name);
    Ok(entries.any(|entry| {
        entry.is_ok_and(|entry| foreign(entry.file_name().to_string_lossy().as_ref()))
    }))
}

fn lock(target: &Path) -> Result<File, BackupError> {
    let path = target.join(LOCK);
    let file = files::open_or_create(&path).map_err(BackupError::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(BackupError::Busy(target.to_owned())),
        Err(TryLockError::Error(error)) => Err(BackupError::io(&path)(error)),
    }
}
