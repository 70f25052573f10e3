//! A data folder from a backup.
//!
//! Each file is checked as it is copied, and the log once more at its new place. Owns the order:
//! `log/meta`, without which the folder is no log, comes last.

use crate::check::open_log;
use crate::copy::copy;
use crate::error::BackupError;
use crate::manifest::{BackupFile, Manifest, sync_folder};
use crate::place::refuse_inside;
use data_encoding::HEXLOWER;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use zentra_runtime::DataFolder;
use zentra_store::files;

/// Makes a data folder from a backup; gives what the backup says of itself.
///
/// # Errors
/// When the backup is damaged, the folder is not empty, or the file system refuses. What was
/// written until then is no log and can be removed.
pub fn restore(backup: &Path, data: &DataFolder) -> Result<Manifest, BackupError> {
    let manifest =
        Manifest::read(backup)?.ok_or_else(|| BackupError::NoBackup(backup.to_owned()))?;
    let root = data.root();
    match fs::read_dir(root).map(|mut entries| entries.next().is_some()) {
        Ok(false) => {}
        Ok(true) => return Err(BackupError::NotEmpty(root.to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(BackupError::io(root)(error)),
    }
    refuse_inside(root, backup)?;
    files::make_root(root).map_err(BackupError::io(root))?;
    for folder in [data.log(), data.snapshots()] {
        files::make_folder(&folder).map_err(BackupError::io(&folder))?;
    }
    let is_meta = |file: &&BackupFile| file.path == "log/meta";
    for file in manifest.files.iter().filter(|file| !is_meta(file)) {
        copy_checked(backup, root, file)?;
    }
    for folder in [data.log(), data.snapshots()] {
        sync_folder(&folder)?;
    }
    for file in manifest.files.iter().filter(is_meta) {
        copy_checked(backup, root, file)?;
    }
    sync_folder(&data.log())?;
    sync_folder(root)?;
    let end = open_log(&data.log())?.reader().durable();
    if end.get() != manifest.position {
        let expected = zentra_events::Position(manifest.position);
        return Err(BackupError::End { expected, found: end });
    }
    Ok(manifest)
}

fn copy_checked(backup: &Path, root: &Path, file: &BackupFile) -> Result<(), BackupError> {
    let (from, to) = (backup.join(&file.path), root.join(&file.path));
    let mut source = files::open(&from).map_err(BackupError::io(&from))?;
    let mut target = files::create(&to).map_err(BackupError::io(&to))?;
    let mut hasher = blake3::Hasher::new();
    copy(&mut source, &mut target, (0, file.bytes), &mut hasher, &mut || Ok(())).map_err(
        |error| {
            if error.kind() == ErrorKind::UnexpectedEof {
                return BackupError::damaged(&from, "it is shorter than the manifest says");
            }
            BackupError::io(&from)(error)
        },
    )?;
    if HEXLOWER.encode(hasher.finalize().as_bytes()) != file.blake3 {
        return Err(BackupError::damaged(&from, "its BLAKE3 sum differs from the manifest's"));
    }
    target
        .set_len(file.restored_bytes)
        .and_then(|()| target.sync_all())
        .map_err(BackupError::io(&to))
}
