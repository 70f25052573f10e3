//! The data folder: which file is where.
//!
//! Owns the names in it, and that none of its folders is a link. Must not read anything in it.

use std::io;
use std::path::{Path, PathBuf};
use zentra_store::files;

/// A data folder. `log/` holds segments and the lock, `snapshots/` snapshots, `views/` list views
/// (deletable), `evidence/` trees (deletable), `durable.mark` what was published, `control.sock`
/// the socket of the server that has it open, `master.key` the deployment's key.
#[derive(Clone, Debug)]
pub struct DataFolder {
    root: PathBuf,
}

impl DataFolder {
    /// The data folder at this path.
    pub fn new(root: impl Into<PathBuf>) -> DataFolder {
        DataFolder { root: root.into() }
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
