//! What opens the parts of a data folder: the seam between them and the disk.
//!
//! Owns how real folders are opened. Must not know what is in a file.

use std::io;
use std::path::PathBuf;
use zentra_env::Env;
use zentra_keyring::{Keyring, KeyringError};
use zentra_store::{FileStorage, RecoverError, Storage};

/// A part of a data folder that is opened as a flat folder of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FolderPart {
    /// The folder itself: the mark.
    Root,
    /// Segments and their lock.
    Log,
    /// Snapshots.
    Snapshots,
}

/// Opens a data folder.
pub trait OpenFolder: Send + Sync {
    /// A part to be written; it is made where it is missing.
    ///
    /// # Errors
    /// When the system refuses.
    fn to_write(&self, part: FolderPart) -> Result<Box<dyn Storage>, RecoverError>;

    /// A part to be read; none when it is not there.
    ///
    /// # Errors
    /// When the system refuses.
    fn to_read(&self, part: FolderPart) -> Result<Option<Box<dyn Storage>>, RecoverError>;

    /// The master key; none when there is none.
    ///
    /// # Errors
    /// When it cannot be read, or others may read it.
    fn key(&self) -> Result<Option<Keyring>, KeyringError>;

    /// Makes the master key where there is none.
    ///
    /// # Errors
    /// When there is one, or the system refuses.
    fn make_key(&self, env: &Env) -> Result<Keyring, KeyringError>;
}

/// What the system said, of an error of opening a folder.
pub(crate) fn io_error(error: RecoverError) -> io::Error {
    match error {
        RecoverError::Io { source, .. } => source,
        error => io::Error::other(error),
    }
}

/// A data folder in the file system.
pub(crate) struct RealFolder {
    root: PathBuf,
}

impl RealFolder {
    pub(crate) fn new(root: PathBuf) -> RealFolder {
        RealFolder { root }
    }

    fn path(&self, part: FolderPart) -> PathBuf {
        match part {
            // It may be a link to a folder elsewhere; nothing in it may be.
            FolderPart::Root => self.root.canonicalize().unwrap_or_else(|_| self.root.clone()),
            FolderPart::Log => self.root.join("log"),
            FolderPart::Snapshots => self.root.join("snapshots"),
        }
    }
}

impl OpenFolder for RealFolder {
    fn to_write(&self, part: FolderPart) -> Result<Box<dyn Storage>, RecoverError> {
        Ok(Box::new(FileStorage::open(&self.path(part))?))
    }

    fn to_read(&self, part: FolderPart) -> Result<Option<Box<dyn Storage>>, RecoverError> {
        match FileStorage::open_read_only(&self.path(part)) {
            Ok(storage) => Ok(Some(Box::new(storage))),
            Err(RecoverError::NoLog { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn key(&self) -> Result<Option<Keyring>, KeyringError> {
        Keyring::read(&self.root)
    }

    fn make_key(&self, env: &Env) -> Result<Keyring, KeyringError> {
        Keyring::create(env, &self.root)
    }
}
