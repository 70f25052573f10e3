//! The key-value store under the views, and the task that keeps it up with the log.
//!
//! Owns the store's folder and the position that the rows have reached, which is written in the
//! same batch as the rows. Must not know what rows mean.

use crate::ahead::Ahead;
use crate::as_of::Totals;
use crate::dated::{self, Bucket};
use crate::fold::Changes;
use crate::rows::{Changed, Rows, Tables};
use fjall::{Database, Keyspace, Readable, Snapshot};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use tokio::sync::watch;
use zentra_events::{Entry, Position};
use zentra_runtime::background::{
    Ended, FOLLOWER_RESTS, Throttle, may_write, open_store, small_buffers,
};
use zentra_runtime::{DataFolder, Handle, LogAccess, LogError, Stretches};
use zentra_store::files;

/// Its name in the metrics.
const FOLLOWER: &str = "views";
const POSITION: &str = "position";
const FORMAT: &str = "format";
/// Changed when rows are added or change their form: older views are folded again.
const FORMAT_NUMBER: [u8; 1] = [1];
/// Entries that are folded in at once.
const CHUNK_ENTRIES_MAX: usize = 1_024;
/// Events after which no more is: an entry of a large replay has thousands.
const CHUNK_EVENTS_ENOUGH: usize = 8_192;

/// Why a view cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The key-value store failed.
    #[error("the view store: {0}")]
    Store(#[from] fjall::Error),
    /// A stored row is not JSON.
    #[error("a view row: {0}")]
    Row(#[from] serde_json::Error),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// What is durable is not in the log.
    #[error("the entry at position {} is durable and cannot be read", .0.get())]
    NotDurable(Position),
    /// A stored key has not the form of one.
    #[error("a key of the view store has not the form of one")]
    Key,
    /// The cursor is not one that this list gave.
    #[error("the cursor is not one that this list gave")]
    BadCursor,
    /// The folder cannot be cleared.
    #[error("the view folder: {0}")]
    Folder(#[from] std::io::Error),
}

/// The list views of one log.
pub struct Views {
    database: Database,
    tables: Tables,
    meta: Keyspace,
    partition: u16,
    reached: watch::Sender<Position>,
    /// How many readers wait for a position.
    wanted: watch::Sender<usize>,
    pub(crate) ahead: Ahead,
}

/// A reader that waits for the views, until it is dropped.
struct Wanted<'a>(&'a watch::Sender<usize>);

impl Drop for Wanted<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|wanted| *wanted -= 1);
    }
}

impl Views {
    /// Opens the views of a data folder whose log is durable up to `durable`. Views that are ahead
    /// of the log belong to another one: they are dropped and will be folded again.
    ///
    /// # Errors
    /// When the store does not open.
    pub fn open(
        folder: &DataFolder,
        partition: u16,
        durable: Position,
    ) -> Result<Views, ViewError> {
        let views = match Views::open_as_is(folder, partition) {
            Ok(views) => views,
            Err(error) => {
                // A process that was killed while it made them, for instance.
                tracing::warn!(%error, "the list views do not open; folding them again");
                std::fs::remove_dir_all(folder.views())?;
                Views::open_as_is(folder, partition)?
            }
        };
        let reached = *views.reached.borrow();
        let format = views.meta.get(FORMAT)?;
        let of_this = format.is_some_and(|format| *format == FORMAT_NUMBER);
        if reached <= durable && (of_this || reached == Position::ZERO) {
            views.meta.insert(FORMAT, FORMAT_NUMBER)?;
            return Ok(views);
        }
        tracing::warn!("the list views are not of this log and this build; folding them again");
        drop(views);
        std::fs::remove_dir_all(folder.views())?;
        let views = Views::open_as_is(folder, partition)?;
        views.meta.insert(FORMAT, FORMAT_NUMBER)?;
        Ok(views)
    }

    fn open_as_is(folder: &DataFolder, partition: u16) -> Result<Views, ViewError> {
        files::make_folder(&folder.views())?;
        let database = open_store(&folder.views())?;
        let keyspace = |name| database.keyspace(name, small_buffers);
        let (rows, numbers) = (keyspace("rows")?, keyspace("numbers")?);
        let (waiting, marks) = (keyspace("waiting")?, keyspace("marks")?);
        let (replays, sealed) = (keyspace("replays")?, keyspace("sealed")?);
        let (sums, later, meta) = (keyspace("sums")?, keyspace("later")?, keyspace("meta")?);
        let tables = Tables { rows, numbers, waiting, marks, replays, sealed, sums, later };
        let (reached, _) = watch::channel(position(meta.get(POSITION)?.as_deref()));
        Ok(Views {
            database,
            tables,
            meta,
            partition,
            reached,
            wanted: watch::Sender::new(0),
            ahead: Ahead::default(),
        })
    }

    /// The first position that the views have not seen.
    pub fn position(&self) -> Position {
        *self.reached.borrow()
    }

    /// Waits until the views have seen everything before `position`, or are closed.
    pub async fn wait_for(&self, position: Position) {
        self.wanted.send_modify(|wanted| *wanted += 1);
        let _wanted = Wanted(&self.wanted);
        let mut reached = self.reached.subscribe();
        // The sender lives as long as the views, so this ends only by reaching the position.
        let _closed = reached.wait_for(|reached| *reached >= position).await.is_err();
    }

    /// Folds durable entries in, atomically.
    ///
    /// # Errors
    /// When the store fails; nothing of the entries is in then.
    pub fn fold(&self, entries: &[Arc<Entry>]) -> Result<(), ViewError> {
        let Some(last) = entries.last() else { return Ok(()) };
        let next = last.header.position.next();
        let mut changes = Changes::new(self.partition, self.stored()?);
        let mut stretches = Stretches::begin();
        for entry in entries {
            stretches.step();
            changes.entry(entry)?;
        }
        let sums = dated::sums(&changes.rows)?;
        self.write(changes.rows.changed, sums, next)
    }

    /// Writes what is changed, with the position that it reaches, atomically.
    fn write(
        &self,
        changed: Changed,
        sums: BTreeMap<Bucket, Totals>,
        next: Position,
    ) -> Result<(), ViewError> {
        let (mut batch, tables) = (self.database.batch(), &self.tables);
        for (key, value) in changed.rows {
            match value {
                Some(value) => batch.insert(&tables.rows, key, value),
                None => batch.remove(&tables.rows, key),
            }
        }
        for (number, key) in changed.numbers {
            batch.insert(&tables.numbers, number, key);
        }
        for (key, waits) in changed.waiting {
            if waits {
                batch.insert(&tables.waiting, key, []);
            } else {
                batch.remove(&tables.waiting, key);
            }
        }
        for (key, mark) in changed.marks {
            batch.insert(&tables.marks, key, mark.encode());
        }
        for (key, counts) in changed.replays {
            if counts.is_nothing() {
                batch.remove(&tables.replays, key);
            } else {
                batch.insert(&tables.replays, key, counts.encode());
            }
        }
        for (scope, tree_size) in changed.sealed {
            batch.insert(&tables.sealed, scope, tree_size.to_be_bytes());
        }
        for (intent, effective_at) in changed.later {
            batch.insert(&tables.later, intent.0.to_be_bytes(), effective_at.0.to_be_bytes());
        }
        for (bucket, totals) in sums {
            batch.insert(&tables.sums, bucket, dated::encode(totals));
        }
        batch.insert(&self.meta, POSITION, next.get().to_be_bytes());
        batch.commit()?;
        self.reached.send_replace(next);
        Ok(())
    }

    /// Folds the next durable entries in.
    fn follow(&self, log: &LogAccess) -> Result<(), ViewError> {
        let (mut entries, mut events) = (Vec::new(), 0);
        let mut stretches = Stretches::begin();
        log.scan(self.position(), &mut |entry, _| {
            stretches.step();
            entries.push(Arc::clone(entry));
            events += entry.events().len();
            if entries.len() < CHUNK_ENTRIES_MAX && events < CHUNK_EVENTS_ENOUGH {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })?;
        self.fold(&entries)
    }

    /// Everything as of one moment, and the first position that had not been seen then.
    pub(crate) fn snapshot(&self) -> Result<(Snapshot, Position), ViewError> {
        let snapshot = self.database.snapshot();
        let reached = position(snapshot.get(&self.meta, POSITION)?.as_deref());
        Ok((snapshot, reached))
    }

    /// The rows that are stored now.
    pub(crate) fn stored(&self) -> Result<Rows, ViewError> {
        Ok(Rows::stored(self.snapshot()?, self.tables.clone()))
    }

    /// The rows of a snapshot, to be changed.
    pub(crate) fn changes_upon(&self, snapshot: (Snapshot, Position)) -> Changes {
        Changes::new(self.partition, Rows::stored(snapshot, self.tables.clone()))
    }

    /// A page of a list, as stored.
    ///
    /// # Errors
    /// When the cursor is not one of this list, or the store fails.
    #[cfg(test)]
    pub(crate) fn list(
        &self,
        kind: crate::ListKind,
        scope: zentra_events::ScopeNo,
        filter: &crate::RowFilter,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<crate::Page, ViewError> {
        self.stored()?.list(kind, scope, filter, cursor, limit)
    }
}

/// The position in these bytes; the first one when there is none.
fn position(bytes: Option<&[u8]>) -> Position {
    let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(Position::ZERO, |bytes| Position(u64::from_be_bytes(bytes)))
}

/// Keeps the views up with the log until it is told to stop or the log closes, or they fail: the
/// log has everything, and they can be opened again.
pub async fn run(views: Arc<Views>, handle: Handle, mut stopping: watch::Receiver<bool>) -> Ended {
    let mut durable = handle.durable();
    let mut wanted = views.wanted.subscribe();
    let (finding, behind) = (handle.clone(), views.position());
    let found = tokio::task::spawn_blocking(move || finding.find_tail(behind)).await;
    if let Ok(Err(error)) = found {
        return Ended::Failed(error.to_string());
    }
    handle.forget_tail(behind);
    loop {
        let reached = views.position();
        tokio::select! {
            biased;
            // A sender that is gone ends it as well.
            _ = stopping.wait_for(|stop| *stop) => return Ended::Stopped,
            more = durable.wait_for(|durable| *durable > reached) => {
                if more.is_err() {
                    return Ended::Stopped;
                }
            }
        }
        if !may_write((FOLLOWER, reached), &handle, &mut stopping, || ()).await {
            return Ended::Stopped;
        }
        let throttle = Throttle::start(FOLLOWER, reached, &handle);
        let (folding, log) = (Arc::clone(&views), Arc::clone(handle.log()));
        let folded = tokio::task::spawn_blocking(move || folding.follow(&log)).await;
        match folded {
            Ok(Ok(())) => {
                let now = views.position();
                handle.forget_tail(now);
                views.ahead.forget(now);
                let followed = now.get() - reached.get();
                tokio::select! {
                    // The next round sees a stop.
                    _ = throttle.rest((followed, FOLLOWER_RESTS), &mut stopping) => {}
                    // The sender lives as long as the views.
                    _ = wanted.wait_for(|wanted| *wanted > 0) => {}
                }
            }
            Ok(Err(error)) => return Ended::Failed(error.to_string()),
            Err(error) => return Ended::Failed(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_of_another_format_or_another_log_are_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::new(folder.path());
        let left = |format: Option<&[u8]>, reached: u64| {
            let views = Views::open_as_is(&data, 0).unwrap();
            match format {
                Some(format) => views.meta.insert(FORMAT, format).unwrap(),
                None => views.meta.remove(FORMAT).unwrap(),
            }
            views.meta.insert(POSITION, reached.to_be_bytes()).unwrap();
            drop(views);
            Views::open(&data, 0, Position(10)).unwrap().position()
        };
        assert_eq!(left(Some(&FORMAT_NUMBER), 10), Position(10));
        assert_eq!(left(Some(&FORMAT_NUMBER), 11), Position::ZERO);
        assert_eq!(left(None, 7), Position::ZERO);
        assert_eq!(left(Some(&[2]), 7), Position::ZERO);
    }
}
