//! Checking the files of a backup against its manifest, and its log frame by frame.
//!
//! Owns the sums and the end of the log. What the entries say is checked by folding them, which is
//! the caller's.

use crate::copy::sum;
use crate::error::BackupError;
use crate::manifest::{BackupFile, Manifest};
use crate::within::WithinManifest;
use data_encoding::HEXLOWER;
use std::io::ErrorKind;
use std::path::Path;
use zentra_events::Position;
use zentra_store::files;
use zentra_store::{FileStorage, ReadOnlyLog, RecoverError, VerifyReport, verify};

/// What a check found: everything is as it was written.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What the backup holds.
    pub manifest: Manifest,
    /// The log in it.
    pub log: VerifyReport,
}

/// Reads every byte of a backup; none of what a later one that was cut off has left beside it.
///
/// # Errors
/// With the first file that is not as it was written; for a segment also with the place in it.
pub fn check_files(backup: &Path) -> Result<Checked, BackupError> {
    let manifest =
        Manifest::read(backup)?.ok_or_else(|| BackupError::NoBackup(backup.to_owned()))?;
    for file in &manifest.files {
        if let Err(what) = sum_holds(backup, file)? {
            // A frame that does not check says more than a sum that differs.
            let place = place(backup, &manifest, file).unwrap_or_default();
            return Err(BackupError::damaged(&backup.join(&file.path), format!("{what}{place}")));
        }
    }
    let log = verify(&WithinManifest::open(backup, &manifest)?)?;
    if log.next.get() != manifest.position {
        let expected = Position(manifest.position);
        return Err(BackupError::End { expected, found: log.next });
    }
    if HEXLOWER.encode(&log.chain) != manifest.chain {
        let what = "the log's chain value differs from the manifest's";
        return Err(BackupError::damaged(&backup.join("log"), what));
    }
    Ok(Checked { manifest, log })
}

/// Whether a file's bytes have the manifest's sum; if not, what is wrong.
pub(crate) fn sum_holds(
    backup: &Path,
    file: &BackupFile,
) -> Result<Result<(), String>, BackupError> {
    let path = backup.join(&file.path);
    let mut opened = match files::open(&path) {
        Ok(opened) => opened,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(Err("the file is missing".to_owned()));
        }
        Err(error) => return Err(BackupError::io(&path)(error)),
    };
    let length = opened.metadata().map_err(BackupError::io(&path))?.len();
    if length < file.bytes {
        return Ok(Err(format!("it has {length} bytes, and had {}", file.bytes)));
    }
    let hasher = sum(&mut opened, file.bytes).map_err(BackupError::io(&path))?;
    if HEXLOWER.encode(hasher.finalize().as_bytes()) != file.blake3 {
        return Ok(Err("its BLAKE3 sum differs from the manifest's".to_owned()));
    }
    Ok(Ok(()))
}

/// Where the log of a backup does not check, if that can be told.
fn place(backup: &Path, manifest: &Manifest, file: &BackupFile) -> Option<String> {
    file.chain_before.as_ref()?;
    match verify(&WithinManifest::open(backup, manifest).ok()?) {
        Err(RecoverError::Corrupt(corruption)) => Some(format!("; {corruption}")),
        Err(error) => Some(format!("; {error}")),
        Ok(_) => None,
    }
}

/// Opens the log of a backup for reading.
///
/// # Errors
/// When there is none, or it is damaged.
pub(crate) fn open_log(folder: &Path) -> Result<ReadOnlyLog, BackupError> {
    Ok(ReadOnlyLog::open(Box::new(FileStorage::open_read_only(folder)?))?)
}
