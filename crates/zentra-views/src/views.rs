//! The list views of one log: folding entries into their store, and reading a scope's rows.
//!
//! Owns the folding into the store and who waits for it. Must not know what rows mean.

use crate::ahead::{Ahead, ReadOutcome};
use crate::dated::sums;
use crate::dated_posting::encode;
use crate::error::ViewError;
use crate::fold::Changes;
use crate::rows::Rows;
use crate::store::Store;
use std::sync::Arc;
use tokio::sync::watch;
use zentra_env::Env;
use zentra_events::{Entry, Position, ScopeNo};
use zentra_runtime::{DataFolder, LogAccess, ScopeTail, Stretches};

/// The list views of one log.
pub struct Views {
    store: Store,
    partition: u16,
    /// How many readers wait for a position.
    wanted: watch::Sender<usize>,
    ahead: Ahead,
}

/// A reader that waits for the views, until it is dropped.
struct Wanted<'a>(&'a watch::Sender<usize>);

impl Drop for Wanted<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|wanted| *wanted -= 1);
    }
}

impl Views {
    /// Opens the views of a data folder. Views that are ahead of the log, or whose last entry is
    /// not the log's, belong to another one: they are dropped and will be folded again.
    ///
    /// # Errors
    /// When the store does not open.
    pub fn open(
        env: &Env,
        folder: &DataFolder,
        partition: u16,
        log: &LogAccess,
    ) -> Result<Views, ViewError> {
        let store = Store::open(env, folder, log)?;
        Ok(Views { store, partition, wanted: watch::Sender::new(0), ahead: Ahead::default() })
    }

    /// The first position that the views have not seen.
    pub fn position(&self) -> Position {
        self.store.position()
    }

    /// Waits until the views have seen everything before `position`, or are closed.
    pub async fn wait_for(&self, position: Position) {
        self.wanted.send_modify(|wanted| *wanted += 1);
        let _wanted = Wanted(&self.wanted);
        let mut reached = self.store.reached();
        // The sender lives as long as the views, so this ends only by reaching the position.
        let _closed = reached.wait_for(|reached| *reached >= position).await.is_err();
    }

    /// Tells how many readers wait for a position.
    pub(crate) fn wanted(&self) -> watch::Receiver<usize> {
        self.wanted.subscribe()
    }

    /// Folds durable entries in, atomically.
    ///
    /// # Errors
    /// When the store fails; nothing of the entries is in then.
    pub fn fold(&self, entries: &[Arc<Entry>]) -> Result<(), ViewError> {
        let Some(last) = entries.last() else { return Ok(()) };
        let mut changes = Changes::new(self.partition, Rows::stored(self.store.stored()?));
        let mut stretches = Stretches::on(self.store.env());
        for entry in entries {
            stretches.step();
            changes.entry(entry)?;
        }
        let sums = sums(&changes.rows)?;
        self.store.write(&last.header, |batch, tables| {
            changes.rows.changed.put(batch, tables);
            for (bucket, totals) in sums {
                batch.insert(&tables.sums, bucket, encode(totals));
            }
        })
    }

    /// Drops the rows ahead that the store has by now.
    pub(crate) fn forget_ahead(&self) {
        self.ahead.forget(self.position());
    }

    /// Reads the rows of a scope: all that its tail names is in, or at least what is before
    /// `durable`.
    ///
    /// # Errors
    /// When the store or the log cannot be read, or `read` fails.
    pub fn read_scope<T, F: FnOnce(&Rows) -> Result<T, ViewError>>(
        &self,
        scope: ScopeNo,
        (tail, durable): (&ScopeTail, Position),
        log: &LogAccess,
        read: F,
    ) -> Result<ReadOutcome<T, F>, ViewError> {
        let stored = self.store.stored()?;
        if stored.seen >= tail.end().min(durable) {
            return Ok(ReadOutcome::Read(read(&Rows::stored(stored))?));
        }
        let stored = Changes::new(self.partition, Rows::stored(stored));
        self.ahead.read(stored, scope, (tail, durable), log, read)
    }
}

#[cfg(test)]
impl Views {
    /// Those of a folder whose log is empty.
    pub(crate) fn of_nothing(folder: &std::path::Path) -> Views {
        let env = Env::for_tests();
        let log = LogAccess::new(&env, zentra_testkit::memory_log().reader());
        Views::open(&env, &DataFolder::new(folder), 0, &log).unwrap()
    }

    /// The rows that are stored now.
    pub(crate) fn stored(&self) -> Result<Rows, ViewError> {
        Ok(Rows::stored(self.store.stored()?))
    }

    /// A page of a list, as stored.
    pub(crate) fn list(
        &self,
        kind: crate::ListKind,
        scope: ScopeNo,
        filter: &crate::RowFilter,
        cursor: Option<&zentra_api_types::Cursor>,
        limit: usize,
    ) -> Result<crate::Page, ViewError> {
        self.stored()?.list(kind, scope, filter, cursor, limit)
    }
}
