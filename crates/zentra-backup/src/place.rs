//! Where a copy may be: not in what is copied.
//!
//! Owns how two paths are compared, one of which need not be there yet. Must not make a folder.

use crate::error::BackupError;
use std::path::{Path, PathBuf};

/// Refuses a new folder `inner` that would be `outer` or inside of it, whatever links lead there.
///
/// # Errors
/// When it would.
pub(crate) fn refuse_inside(inner: &Path, outer: &Path) -> Result<(), BackupError> {
    // One that is not there holds nothing.
    let Ok(real) = outer.canonicalize() else { return Ok(()) };
    if !real_path(inner).is_some_and(|inner| inner.starts_with(&real)) {
        return Ok(());
    }
    Err(BackupError::Inside { inner: inner.to_owned(), outer: outer.to_owned() })
}

/// The path without links, as far as there is anything.
fn real_path(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    path.ancestors().find_map(|above| {
        let real = above.canonicalize().ok()?;
        Some(real.join(path.strip_prefix(above).ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_copy_is_beside_what_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir_all(data.join("log")).unwrap();
        symlink(data.join("log"), folder.path().join("link")).unwrap();
        for inside in ["data", "data/backup", "data/log/a/b", "link/backup"] {
            let refused = refuse_inside(&folder.path().join(inside), &data);
            assert!(matches!(refused, Err(BackupError::Inside { .. })), "{inside}");
        }
        for beside in ["backup", "data-2", "a/data", "."] {
            refuse_inside(&folder.path().join(beside), &data).unwrap();
        }
        refuse_inside(&data, &folder.path().join("none")).unwrap();
    }
}
