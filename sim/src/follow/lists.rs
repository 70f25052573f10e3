//! The list views of a process, a step at a time, as their task follows the log.

use std::sync::Arc;
use zentra_env::Env;
use zentra_events::{Position, ScopeNo};
use zentra_runtime::{DataFolder, Handle};
use zentra_views::{ReadOutcome, Rows, ViewError, Views};

/// The list views of a process.
pub(crate) struct Lists {
    views: Arc<Views>,
    /// Where each scope's entries are that are not folded yet was found.
    found: bool,
}

impl Lists {
    /// Opens them.
    pub(crate) fn open(
        env: &Env,
        folder: &DataFolder,
        handle: &Handle,
    ) -> Result<Lists, ViewError> {
        let views = Arc::new(Views::open(env, folder, handle.partition(), handle.log())?);
        Ok(Lists { views, found: false })
    }

    /// A step. Gives whether there is more to do.
    pub(crate) fn step(&mut self, handle: &Handle) -> Result<bool, ViewError> {
        if self.found {
            return Ok(self.views.follow(handle)? > 0);
        }
        let behind = self.views.position();
        handle.find_tail(behind)?;
        handle.forget_tail(behind);
        self.found = true;
        Ok(true)
    }

    /// How far they are.
    pub(crate) fn reached(&self) -> Position {
        self.views.position()
    }

    /// Reads a scope's rows; none while it is not known yet what they lack.
    pub(crate) fn read<T>(
        &self,
        handle: &Handle,
        scope: ScopeNo,
        read: impl FnOnce(&Rows) -> Result<T, ViewError>,
    ) -> Result<Option<T>, ViewError> {
        let (tail, durable) = (handle.tail(scope), *handle.durable().borrow());
        match self.views.read_scope(scope, (&tail, durable), handle.log(), read)? {
            ReadOutcome::Read(told) => Ok(Some(told)),
            ReadOutcome::Behind(..) if !self.found => Ok(None),
            ReadOutcome::Behind(position, _) => Err(ViewError::NotDurable(position)),
        }
    }
}
