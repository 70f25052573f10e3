//! A log that is opened to be read, beside a server or without one.

use anyhow::Result;
use std::path::Path;
use zentra_env::Env;
use zentra_runtime::{DataFolder, LogAccess};
use zentra_store::{FileStorage, ReadOnlyLog};

/// The entries of a data folder, as far as they are whole now.
pub(crate) fn open_reader(env: &Env, data: &Path) -> Result<LogAccess> {
    let folder = DataFolder::new(data);
    let storage = FileStorage::open_read_only(&folder.log())?;
    Ok(LogAccess::new(env, ReadOnlyLog::open(Box::new(storage))?.reader()))
}
