//! The data folder: which file is where, and what opens it.
//!
//! Owns the names in it, and that none of its folders is a link. Must not read anything in it.

use crate::open_folder::{FolderPart, OpenFolder, RealFolder};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zentra_env::Env;
use zentra_keyring::{Keyring, KeyringError};
use zentra_store::{RecoverError, Storage, files};

/// A data folder. `log/` holds segments and the lock, `snapshots/` snapshots, `views/` list views
/// (deletable), `evidence/` trees (deletable), `durable.mark` what was published, `control.sock`
/// the socket of the server that has it open, `master.key` the deployment's key.
#[derive(Clone)]
pub struct DataFolder {
    root: PathBuf,
    open: Arc<dyn OpenFolder>,
}

impl DataFolder {
    /// The data folder at this path.
    pub fn new(root: impl Into<PathBuf>) -> DataFolder {
        let root = root.into();
        DataFolder { open: Arc::new(RealFolder::new(root.clone())), root }
    }

    /// A data folder whose log, snapshots, mark and key are opened by this: on a simulated disk,
    /// for instance. What keeps itself in files of its own (list views, trees, the control socket)
    /// is below the path all the same.
    pub fn opened_by(root: impl Into<PathBuf>, open: Arc<dyn OpenFolder>) -> DataFolder {
        DataFolder { root: root.into(), open }
    }

    /// A part of it to be written; it is made where it is missing.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn to_write(&self, part: FolderPart) -> Result<Box<dyn Storage>, RecoverError> {
        self.open.to_write(part)
    }

    /// A part of it to be read; none when it is not there.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn to_read(&self, part: FolderPart) -> Result<Option<Box<dyn Storage>>, RecoverError> {
        self.open.to_read(part)
    }

    /// Its master key; none when it has none.
    ///
    /// # Errors
    /// When it cannot be read, or others may read it.
    pub fn key(&self) -> Result<Option<Keyring>, KeyringError> {
        self.open.key()
    }

    /// Makes the master key of a folder that has none.
    ///
    /// # Errors
    /// When there is one, or the system refuses.
    pub fn make_key(&self, env: &Env) -> Result<Keyring, KeyringError> {
        self.open.make_key(env)
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Makes the folder where it is missing, for its owner only. The folder itself may be a link to
    /// one elsewhere; nothing in it may be.
    ///
    /// # Errors
    /// When the system refuses, or a folder in it is a link.
    pub fn make(&self) -> io::Result<()> {
        files::make_root(&self.root)?;
        for inner in [self.log(), self.snapshots(), self.evidence(), self.views()] {
            files::refuse_link(&inner).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", inner.display()))
            })?;
        }
        Ok(())
    }

    /// Where segments and the lock are.
    pub fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    /// Where snapshots are.
    pub fn snapshots(&self) -> PathBuf {
        self.root.join("snapshots")
    }

    /// Where the trees of the evidence are.
    pub fn evidence(&self) -> PathBuf {
        self.root.join("evidence")
    }

    /// The mark of how far the log was when something of it was published.
    pub fn mark(&self) -> PathBuf {
        self.root.join("durable.mark")
    }

    /// The socket at which a server answers the command line.
    pub fn control(&self) -> PathBuf {
        self.root.join("control.sock")
    }

    /// Where list views are.
    pub fn views(&self) -> PathBuf {
        self.root.join("views")
    }
}
