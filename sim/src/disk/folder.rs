//! The data folder on the disk: the `OpenFolder` seam of zentra-runtime.
//!
//! The master key is a file beside the mark, which is made whole or not at all. List views and
//! trees are files of the machine's own, if there are any: nothing here touches them.

use super::storage::{Disk, Folder};
use std::io::{self, ErrorKind};
use std::sync::Arc;
use zentra_env::Env;
use zentra_keyring::{Keyring, KeyringError};
use zentra_runtime::{DataFolder, FolderPart, OpenFolder};
use zentra_store::{RecoverError, Storage};

/// The file of the master key, and the one beside it that takes its name.
pub(crate) const KEY: &str = "master.key";
const BESIDE: &str = "master.key.new";
const KEY_BYTES: usize = 32;

impl Disk {
    /// The data folder that is on it.
    pub(crate) fn data_folder(&self) -> DataFolder {
        DataFolder::opened_by("simulated", Arc::new(self.clone()))
    }

    fn root(&self) -> Folder {
        self.folder(FolderPart::Root)
    }
}

impl OpenFolder for Disk {
    fn to_write(&self, part: FolderPart) -> Result<Box<dyn Storage>, RecoverError> {
        Ok(Box::new(self.folder(part)))
    }

    fn to_read(&self, part: FolderPart) -> Result<Option<Box<dyn Storage>>, RecoverError> {
        self.to_write(part).map(Some)
    }

    fn key(&self) -> Result<Option<Keyring>, KeyringError> {
        let file = match self.root().open(KEY) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut key = [0; KEY_BYTES];
        let read = file.read_at(0, &mut key).map_err(failed)?;
        match file.len_bytes().map_err(failed)? {
            32 if read == KEY_BYTES && !self.is_key_exposed() => Ok(Some(Keyring::from_key(key))),
            _ => Err(KeyringError::Unsafe { path: KEY.to_owned() }),
        }
    }

    fn make_key(&self, env: &Env) -> Result<Keyring, KeyringError> {
        let (root, key) = (self.root(), env.random_bytes::<KEY_BYTES>());
        if root.open(KEY).is_ok() {
            return Err(failed(ErrorKind::AlreadyExists.into()));
        }
        let written = root.create(BESIDE, 0).and_then(|file| {
            file.write_at(0, &key)?;
            file.sync_data()?;
            root.rename(BESIDE, KEY)?;
            root.sync_dir()
        });
        written.map_err(failed)?;
        Ok(Keyring::from_key(key))
    }
}

fn failed(source: io::Error) -> KeyringError {
    KeyringError::File { path: KEY.to_owned(), source }
}
