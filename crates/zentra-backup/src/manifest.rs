//! The manifest of a backup: what it holds, up to where, and the sum of each file.
//!
//! It is written last and replaced by a rename, so that a folder with a manifest is a whole backup.
//! It has a sum of itself: what it says of files is worth no more than it is. Owns the file
//! `backup.json`. Must not know how files are copied.

use crate::error::BackupError;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;
use zentra_store::files;

/// The manifest's name.
pub const MANIFEST: &str = "backup.json";
/// The version of its layout.
const VERSION: u32 = 1;
/// The largest manifest that is read: some 100 bytes a segment, a million segments.
const MANIFEST_BYTES_MAX: u64 = 256 << 20;

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the layout.
    pub version: u32,
    /// The log's id, in hexadecimal.
    pub log_id: String,
    /// The log's partition.
    pub partition: u16,
    /// The position after the last entry.
    pub position: u64,
    /// The log's chain value there, in hexadecimal.
    pub chain: String,
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// Every file, in the order of their names.
    pub files: Vec<BackupFile>,
    /// BLAKE3 of all this, in hexadecimal, as its text is with an empty sum.
    pub sum: String,
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupFile {
    /// Where it is in the backup, and in the data folder.
    pub path: String,
    /// Its bytes. What a segment has behind them is zero, or is of a backup that was not completed.
    pub bytes: u64,
    /// Its length in the data folder: that of a segment with the space that it reserved.
    pub restored_bytes: u64,
    /// BLAKE3 of its bytes, in hexadecimal.
    pub blake3: String,
    /// Of a segment: the chain value before its first frame, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain_before: Option<String>,
    /// Whether it never changes, so that the next backup need not copy it again.
    pub sealed: bool,
}

impl Manifest {
    /// A manifest of the layout's current version.
    pub(crate) fn new(log_id: String, partition: u16, made_at: String) -> Manifest {
        let (position, chain, files) = (0, String::new(), Vec::new());
        let sum = String::new();
        Manifest { version: VERSION, log_id, partition, position, chain, made_at, files, sum }
    }

    /// The manifest of a backup; none when the folder has none.
    ///
    /// # Errors
    /// When it does not read, or something within the folder is a link.
    pub fn read(folder: &Path) -> Result<Option<Manifest>, BackupError> {
        for inner in ["log", "snapshots"] {
            let inner = folder.join(inner);
            files::refuse_link(&inner).map_err(BackupError::io(&inner))?;
        }
        let path = folder.join(MANIFEST);
        let wrong = |reason: String| BackupError::Manifest { path: path.clone(), reason };
        let text = match files::read(&path, MANIFEST_BYTES_MAX) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                return Err(wrong(error.to_string()));
            }
            Err(error) => return Err(BackupError::io(&path)(error)),
        };
        let manifest: Manifest =
            serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        if manifest.version != VERSION {
            return Err(wrong(format!("it has version {}, not {VERSION}", manifest.version)));
        }
        // To the byte what was written: else it has been changed since.
        if manifest.sum != manifest.sum_of() || text != manifest.text() {
            return Err(wrong("its BLAKE3 sum differs from the one in it".to_owned()));
        }
        for file in &manifest.files {
            if !is_plain(&file.path) {
                return Err(wrong(format!("{:?} is not a path within a backup", file.path)));
            }
            if file.bytes > file.restored_bytes {
                return Err(wrong(format!("{} is longer than its file", file.path)));
            }
        }
        Ok(Some(manifest))
    }

    /// Gives it its sum and writes it, durably and at once.
    ///
    /// # Errors
    /// When the file system refuses.
    pub(crate) fn write(&mut self, folder: &Path) -> Result<(), BackupError> {
        self.sum = self.sum_of();
        let path = folder.join(MANIFEST);
        let text = self.text();
        files::replace(&path, |file| file.write_all(&text)).map_err(BackupError::io(&path))
    }

    fn text(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("a manifest is texts and numbers")
    }

    fn sum_of(&self) -> String {
        let bare = Manifest { sum: String::new(), ..self.clone() };
        HEXLOWER.encode(blake3::hash(&bare.text()).as_bytes())
    }

    /// A file by its path.
    pub(crate) fn file(&self, path: &str) -> Option<&BackupFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), BackupError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(BackupError::io(folder))
}

/// Whether a path stays within its folder: plain names, at most one folder deep.
fn is_plain(path: &str) -> bool {
    let mut parts = path.split('/');
    let plain = |part: &str| {
        let letters =
            part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
        letters && !part.is_empty() && !part.starts_with('.')
    };
    parts.clone().count() <= 2 && parts.all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn paths_stay_within_the_backup() {
        for good in ["meta", "log/meta", "log/00000000000000000000.seg"] {
            assert!(is_plain(good), "{good}");
        }
        for bad in ["", "/etc/passwd", "../x", "log/../x", "log//x", "a/b/c", "log/", ".hidden"] {
            assert!(!is_plain(bad), "{bad}");
        }
    }

    #[test]
    fn a_changed_byte_anywhere_in_it_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let mut manifest = Manifest::new("ab".repeat(16), 0, "2026-11-26T04:00:00Z".to_owned());
        manifest.files.push(BackupFile {
            path: "log/00000000000000000000.seg".to_owned(),
            bytes: 4_096,
            restored_bytes: 8_192,
            blake3: "cd".repeat(32),
            chain_before: Some("ef".repeat(32)),
            sealed: true,
        });
        manifest.write(folder.path()).unwrap();
        assert_eq!(Manifest::read(folder.path()).unwrap(), Some(manifest));
        let path = folder.path().join(MANIFEST);
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            for mask in [0x01, 0x10, 0x07] {
                let mut changed = whole.clone();
                changed[at] ^= mask;
                fs::write(&path, &changed).unwrap();
                let told = Manifest::read(folder.path()).unwrap_err().to_string();
                assert!(told.contains(MANIFEST), "byte {at} with {mask}: {told}");
            }
        }
        fs::write(&path, [whole.as_slice(), b"\n"].concat()).unwrap();
        assert!(Manifest::read(folder.path()).is_err());
    }
}
