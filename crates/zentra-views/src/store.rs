//! The key-value store under the views.
//!
//! Owns its folder and tables, and the position that they have reached, which is written in the
//! same batch as what makes it. Must not know lists, or what is in a table.

use crate::error::ViewError;
use fjall::{Database, Keyspace, OwnedWriteBatch, Readable, Snapshot};
use tokio::sync::watch;
use zentra_env::Env;
use zentra_events::Position;
use zentra_runtime::DataFolder;
use zentra_runtime::background::{open_store, small_buffers};
use zentra_store::files;

const POSITION: &str = "position";
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
    /// Opens the store of a data folder whose log is durable up to `durable`. One that is ahead of
    /// the log belongs to another one: it is dropped and begins anew.
    pub(crate) fn open(
        env: &Env,
        folder: &DataFolder,
        durable: Position,
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
        if reached <= durable && (of_this || reached == Position::ZERO) {
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

    /// Writes what is put into a batch, with the position that it reaches, atomically.
    pub(crate) fn write(
        &self,
        next: Position,
        put: impl FnOnce(&mut OwnedWriteBatch, &Tables),
    ) -> Result<(), ViewError> {
        let mut batch = self.database.batch();
        put(&mut batch, &self.tables);
        batch.insert(&self.meta, POSITION, next.get().to_be_bytes());
        batch.commit()?;
        self.reached.send_replace(next);
        Ok(())
    }
}

/// The position in these bytes; the first one when there is none.
fn position(bytes: Option<&[u8]>) -> Position {
    let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(Position::ZERO, |bytes| Position(u64::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_of_another_format_or_another_log_are_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let (env, data) = (Env::for_tests(), DataFolder::new(folder.path()));
        let left = |format: Option<&[u8]>, reached: u64| {
            let store = Store::open_as_is(&env, &data).unwrap();
            match format {
                Some(format) => store.meta.insert(FORMAT, format).unwrap(),
                None => store.meta.remove(FORMAT).unwrap(),
            }
            store.meta.insert(POSITION, reached.to_be_bytes()).unwrap();
            drop(store);
            Store::open(&env, &data, Position(10)).unwrap().position()
        };
        assert_eq!(left(Some(&FORMAT_NUMBER), 10), Position(10));
        assert_eq!(left(Some(&FORMAT_NUMBER), 11), Position::ZERO);
        assert_eq!(left(None, 7), Position::ZERO);
        assert_eq!(left(Some(&[2]), 7), Position::ZERO);
    }
}
