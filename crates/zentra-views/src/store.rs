//! The key-value store under the views.
//!
//! Owns its folder and tables, and the position that they have reached, which is written in the
//! same batch as what makes it. Must not know lists, or what is in a table.

use crate::error::ViewError;
use fjall::{Database, Keyspace, OwnedWriteBatch, Readable, Snapshot};
use tokio::sync::watch;
use zentra_env::Env;
use zentra_events::{Header, Position};
use zentra_runtime::background::{open_store, small_buffers};
use zentra_runtime::{DataFolder, LogAccess};
use zentra_store::files;

const POSITION: &str = "position";
const LAST: &str = "last";
const FORMAT: &str = "format";
/// Changed when rows are added or change their form: older views are folded again.
const FORMAT_NUMBER: [u8; 1] = [1];

/// The tables of rows.
#[derive(Clone)]
pub(crate) struct Tables {
    pub(crate) rows: Keyspace,
    /// The keys of intents' rows, by number.
    pub(crate) numbers: Keyspace,
    /// The keys of the rows of deliveries that wait.
    pub(crate) waiting: Keyspace,
    /// Which endpoints listen.
    pub(crate) marks: Keyspace,
    /// How far replays have come.
    pub(crate) replays: Keyspace,
    /// How large the last checkpoint of each scope is.
    pub(crate) sealed: Keyspace,
    /// Sums of dated postings.
    pub(crate) sums: Keyspace,
    /// Intents that take effect later than they were recorded, and when.
    pub(crate) later: Keyspace,
}

/// The store of one log's views.
pub(crate) struct Store {
    env: Env,
    database: Database,
    tables: Tables,
    meta: Keyspace,
    reached: watch::Sender<Position>,
}

/// Everything that is stored, as of one moment.
pub(crate) struct Stored {
    /// The machine that it is read on.
    pub(crate) env: Env,
    pub(crate) snapshot: Snapshot,
    pub(crate) tables: Tables,
    /// The first position that had not been seen then.
    pub(crate) seen: Position,
}

impl Store {
    /// Opens the store of a data folder. One that is ahead of the log, or whose last entry is not
    /// the log's, belongs to another one: it is dropped and begins anew.
    pub(crate) fn open(
        env: &Env,
        folder: &DataFolder,
        log: &LogAccess,
    ) -> Result<Store, ViewError> {
        let store = match Store::open_as_is(env, folder) {
            Ok(store) => store,
            Err(error) => {
                // A process that was killed while it made it, for instance.
                tracing::warn!(%error, "the list views do not open; folding them again");
                std::fs::remove_dir_all(folder.views())?;
                Store::open_as_is(env, folder)?
            }
        };
        let reached = store.position();
        let format = store.meta.get(FORMAT)?;
        let of_this = format.is_some_and(|format| *format == FORMAT_NUMBER);
        if (of_this || reached == Position::ZERO) && store.ends_like(log)? {
            store.meta.insert(FORMAT, FORMAT_NUMBER)?;
            return Ok(store);
        }
        tracing::warn!("the list views are not of this log and this build; folding them again");
        drop(store);
        std::fs::remove_dir_all(folder.views())?;
        let store = Store::open_as_is(env, folder)?;
        store.meta.insert(FORMAT, FORMAT_NUMBER)?;
        Ok(store)
    }

    fn open_as_is(env: &Env, folder: &DataFolder) -> Result<Store, ViewError> {
        files::make_folder(&folder.views())?;
        let database = open_store(&folder.views())?;
        let keyspace = |name| database.keyspace(name, small_buffers);
        let (rows, numbers) = (keyspace("rows")?, keyspace("numbers")?);
        let (waiting, marks) = (keyspace("waiting")?, keyspace("marks")?);
        let (replays, sealed) = (keyspace("replays")?, keyspace("sealed")?);
        let (sums, later, meta) = (keyspace("sums")?, keyspace("later")?, keyspace("meta")?);
        let tables = Tables { rows, numbers, waiting, marks, replays, sealed, sums, later };
        let (reached, _) = watch::channel(position(meta.get(POSITION)?.as_deref()));
        Ok(Store { env: env.clone(), database, tables, meta, reached })
    }

    /// Whether the last entry that was seen is the log's own.
    fn ends_like(&self, log: &LogAccess) -> Result<bool, ViewError> {
        let Some(last) = self.position().get().checked_sub(1).map(Position) else {
            return Ok(true);
        };
        let (entry, known) = (log.entry(last)?, self.meta.get(LAST)?);
        Ok(entry.is_some_and(|entry| known.is_some_and(|known| *known == mark_of(&entry.header))))
    }

    /// The machine that it is on.
    pub(crate) fn env(&self) -> &Env {
        &self.env
    }

    /// The first position that has not been seen.
    pub(crate) fn position(&self) -> Position {
        *self.reached.borrow()
    }

    /// Tells every position that is reached from now on.
    pub(crate) fn reached(&self) -> watch::Receiver<Position> {
        self.reached.subscribe()
    }

    /// Everything as of now.
    pub(crate) fn stored(&self) -> Result<Stored, ViewError> {
        let snapshot = self.database.snapshot();
        let seen = position(snapshot.get(&self.meta, POSITION)?.as_deref());
        Ok(Stored { env: self.env.clone(), snapshot, tables: self.tables.clone(), seen })
    }

    /// Writes what is put into a batch, with the last entry that it is of, atomically.
    pub(crate) fn write(
        &self,
        last: &Header,
        put: impl FnOnce(&mut OwnedWriteBatch, &Tables),
    ) -> Result<(), ViewError> {
        let mut batch = self.database.batch();
        put(&mut batch, &self.tables);
        let next = last.position.next();
        batch.insert(&self.meta, POSITION, next.get().to_be_bytes());
        batch.insert(&self.meta, LAST, mark_of(last));
        batch.commit()?;
        self.reached.send_replace(next);
        Ok(())
    }
}

/// What tells an entry from those of other logs at its position.
fn mark_of(header: &Header) -> [u8; 36] {
    let mut mark = [0; 36];
    mark[..16].copy_from_slice(&header.request_id.0);
    mark[16..24].copy_from_slice(&header.recorded_at.0.to_be_bytes());
    mark[24..28].copy_from_slice(&header.scope.0.to_be_bytes());
    mark[28..].copy_from_slice(&header.scope_number.0.to_be_bytes());
    mark
}

/// The position in these bytes; the first one when there is none.
fn position(bytes: Option<&[u8]>) -> Position {
    let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(Position::ZERO, |bytes| Position(u64::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use zentra_engine::{AccessCommand, Command};
    use zentra_events::frame_builder::FrameBuilder;
    use zentra_events::{Entry, Timestamp};
    use zentra_testkit::made::Made;
    use zentra_testkit::memory_log;

    const ENTRIES: usize = 10;

    /// A log, and its entries.
    fn log() -> (LogAccess, Vec<Arc<Entry>>) {
        let (mut made, mut frame) = (Made::default(), FrameBuilder::default());
        for number in 0..ENTRIES {
            let name = format!("scope_{number}").parse().unwrap();
            let now = Timestamp(1_000 * (1 + number as u64));
            made.ask(now, Command::Access(AccessCommand::CreateScope { name, key: None }));
            frame.entry(&made.entries[number].borrow()).unwrap();
        }
        let mut writer = memory_log();
        writer.append(&[frame.finish().unwrap().into()]).unwrap();
        writer.sync().unwrap();
        (LogAccess::new(&Env::for_tests(), writer.reader()), made.entries)
    }

    #[test]
    fn views_of_another_format_or_another_log_are_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let (env, data) = (Env::for_tests(), DataFolder::new(folder.path()));
        let (log, entries) = log();
        let left = |format: Option<&[u8]>, last: &Header| {
            let store = Store::open_as_is(&env, &data).unwrap();
            match format {
                Some(format) => store.meta.insert(FORMAT, format).unwrap(),
                None => store.meta.remove(FORMAT).unwrap(),
            }
            store.write(last, |_, _| ()).unwrap();
            drop(store);
            Store::open(&env, &data, &log).unwrap().position()
        };
        let (own, last) = (&entries[4].header, &entries[ENTRIES - 1].header);
        assert_eq!(left(Some(&FORMAT_NUMBER), own), Position(5));
        assert_eq!(left(Some(&FORMAT_NUMBER), last), Position(10));
        let ahead = Header { position: Position(10), ..*last };
        assert_eq!(left(Some(&FORMAT_NUMBER), &ahead), Position::ZERO);
        let strange = Header { recorded_at: Timestamp(1), ..*own };
        assert_eq!(left(Some(&FORMAT_NUMBER), &strange), Position::ZERO);
        assert_eq!(left(None, own), Position::ZERO);
        assert_eq!(left(Some(&[2]), own), Position::ZERO);
    }
}
