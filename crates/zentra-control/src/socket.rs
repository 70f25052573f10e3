//! The socket's file: where it is, who may open it, and what is left of an earlier one.
//!
//! Owns the path and the mode. It is made only by who has the log's lock, so what is left there
//! belongs to nobody. Must not know what is said over it.

use crate::error::ControlError;
use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;
use zentra_runtime::DataFolder;

/// The longest path of a socket on Linux: the system's 108 bytes have a zero at their end.
const PATH_BYTES_MAX: usize = 107;

/// Where the control socket of a data folder is.
///
/// # Errors
/// When the system takes no such path.
pub(crate) fn path(folder: &DataFolder) -> Result<PathBuf, ControlError> {
    let path = folder.control();
    let bytes = path.as_os_str().as_bytes().len();
    if bytes > PATH_BYTES_MAX {
        return Err(ControlError::PathTooLong { path, bytes, most: PATH_BYTES_MAX });
    }
    Ok(path)
}

/// A socket that is listened on; its file is removed when this is dropped.
pub struct ControlSocket {
    pub(crate) listener: UnixListener,
    path: PathBuf,
}

impl ControlSocket {
    /// Makes the socket of a data folder whose log this process has open.
    ///
    /// # Errors
    /// When its path is too long, something else is there, or the system refuses.
    pub fn open(folder: &DataFolder) -> Result<ControlSocket, ControlError> {
        let path = path(folder)?;
        remove_left(&path)?;
        let failed = || ControlError::io(&path);
        let listener = UnixListener::bind(&path).map_err(failed())?;
        fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(failed())?;
        Ok(ControlSocket { listener, path })
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, "the control socket stays");
        }
    }
}

/// Removes the socket that a process left which was killed.
fn remove_left(path: &Path) -> Result<(), ControlError> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => {
            fs::remove_file(path).map_err(ControlError::io(path))
        }
        Ok(_) => Err(ControlError::NotASocket(path.to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(ControlError::io(path)(error)),
    }
}
