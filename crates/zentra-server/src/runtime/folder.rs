//! The data folder: which file is where.
//!
//! Owns the names in it. Must not open or read anything in it.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// A data folder. `log/` holds segments and the lock, `snapshots/` snapshots, `views/` list views
/// (deletable), `evidence/` trees (deletable), `master.key` the deployment's key.
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

    /// Makes the folder where it is missing, for its owner only.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn make(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.root)
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

    /// Where list views are.
    pub fn views(&self) -> PathBuf {
        self.root.join("views")
    }
}
