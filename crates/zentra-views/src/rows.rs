//! The rows of one moment: what is stored, with changes upon it that are not.
//!
//! Whoever folds entries changes rows here before they are written, and whoever reads a list that
//! is ahead of the store reads them here. Owns how both are taken together. Must not know what rows
//! mean.

use crate::as_of::Totals;
use crate::dated_posting::{self, Bucket, DatedPosting};
use crate::endpoint_mark::{MARK_KEY_BYTES, Mark};
use crate::error::ViewError;
use crate::key::Key;
use crate::replay_counts::Counts;
use crate::store::{Stored, Tables};
use fjall::{OwnedWriteBatch, Readable, Slice, Snapshot};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::ops::Bound;
use zentra_env::Env;
use zentra_events::{AccountNo, IntentNo, Position, ScopeNo, Timestamp};

/// The rows of one moment.
pub struct Rows {
    pub(crate) env: Env,
    snapshot: Snapshot,
    tables: Tables,
    pub(crate) changed: Changed,
    /// Every entry before this is in, and none after: of the scope that is read, or of all.
    pub(crate) seen: Position,
}

/// What is not stored yet.
#[derive(Default)]
pub(crate) struct Changed {
    /// None where a row is taken away.
    pub(crate) rows: BTreeMap<Key, Option<Vec<u8>>>,
    pub(crate) numbers: BTreeMap<[u8; 8], Key>,
    /// Which deliveries begin to wait or are done, by the keys of their rows.
    pub(crate) waiting: BTreeMap<Key, bool>,
    /// Which endpoints listen, from now on.
    pub(crate) marks: BTreeMap<[u8; MARK_KEY_BYTES], Mark>,
    /// How far replays have come.
    pub(crate) replays: BTreeMap<Vec<u8>, Counts>,
    /// Sizes of the last checkpoints of scopes, by their numbers.
    pub(crate) sealed: BTreeMap<[u8; 4], u64>,
    /// Dated postings, by their accounts and the positions of their entries. Their sums by time
    /// are made when they are written: here they would be many more.
    pub(crate) dated: BTreeMap<(AccountNo, Position), DatedPosting>,
    /// Intents that take effect later than they were recorded, and when.
    pub(crate) later: BTreeMap<IntentNo, Timestamp>,
}

impl Changed {
    /// Puts everything into a batch.
    pub(crate) fn put(self, batch: &mut OwnedWriteBatch, tables: &Tables) {
        for (key, value) in self.rows {
            match value {
                Some(value) => batch.insert(&tables.rows, key, value),
                None => batch.remove(&tables.rows, key),
            }
        }
        for (number, key) in self.numbers {
            batch.insert(&tables.numbers, number, key);
        }
        for (key, waits) in self.waiting {
            if waits {
                batch.insert(&tables.waiting, key, []);
            } else {
                batch.remove(&tables.waiting, key);
            }
        }
        for (key, mark) in self.marks {
            batch.insert(&tables.marks, key, mark.encode());
        }
        for (key, counts) in self.replays {
            if counts.is_nothing() {
                batch.remove(&tables.replays, key);
            } else {
                batch.insert(&tables.replays, key, counts.encode());
            }
        }
        for (scope, tree_size) in self.sealed {
            batch.insert(&tables.sealed, scope, tree_size.to_be_bytes());
        }
        for (intent, effective_at) in self.later {
            batch.insert(&tables.later, intent.0.to_be_bytes(), effective_at.0.to_be_bytes());
        }
    }

    /// How many rows are changed.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
            + self.numbers.len()
            + self.waiting.len()
            + self.marks.len()
            + self.replays.len()
            + self.sealed.len()
            + self.dated.len()
            + self.later.len()
    }
}

impl Rows {
    /// What is stored, and nothing changed.
    pub(crate) fn stored(stored: Stored) -> Rows {
        let Stored { env, snapshot, tables, seen } = stored;
        Rows { env, snapshot, tables, changed: Changed::default(), seen }
    }

    /// The bytes of a row.
    pub(crate) fn row(&self, key: &Key) -> Result<Option<Slice>, ViewError> {
        match self.changed.rows.get(key) {
            Some(changed) => Ok(changed.as_deref().map(Slice::from)),
            None => Ok(self.snapshot.get(&self.tables.rows, key)?),
        }
    }

    /// Where an intent's row is.
    pub(crate) fn intent_key(&self, intent: IntentNo) -> Result<Option<Key>, ViewError> {
        let number = intent.0.to_be_bytes();
        if let Some(key) = self.changed.numbers.get(&number) {
            return Ok(Some(*key));
        }
        let stored = self.snapshot.get(&self.tables.numbers, number)?;
        Ok(stored.and_then(|bytes| Key::try_from(bytes.as_ref()).ok()))
    }

    /// How an endpoint stands.
    pub(crate) fn mark(&self, key: &[u8; MARK_KEY_BYTES]) -> Result<Mark, ViewError> {
        if let Some(mark) = self.changed.marks.get(key) {
            return Ok(*mark);
        }
        let stored = self.snapshot.get(&self.tables.marks, key)?;
        Ok(stored.map_or_else(Mark::default, |bytes| Mark::decode(&bytes)))
    }

    /// Counts of a replay.
    pub(crate) fn counts(&self, key: &[u8]) -> Result<Counts, ViewError> {
        if let Some(counts) = self.changed.replays.get(key) {
            return Ok(*counts);
        }
        let stored = self.snapshot.get(&self.tables.replays, key)?;
        Ok(stored.map_or_else(Counts::default, |bytes| Counts::decode(&bytes)))
    }

    /// All counts whose keys begin so.
    pub(crate) fn all_counts(&self, of: &[u8]) -> Result<BTreeMap<Vec<u8>, Counts>, ViewError> {
        let mut found = BTreeMap::new();
        for item in self.snapshot.prefix(&self.tables.replays, of) {
            let (key, value) = item.into_inner()?;
            found.insert(key.to_vec(), Counts::decode(&value));
        }
        let changed = self.changed.replays.range(of.to_vec()..);
        let changed = changed.take_while(|(key, _)| key.starts_with(of));
        found.extend(changed.map(|(key, counts)| (key.clone(), *counts)));
        Ok(found)
    }

    /// The size of a scope's last checkpoint; zero before the first.
    pub(crate) fn sealed(&self, scope: ScopeNo) -> Result<u64, ViewError> {
        let number = scope.0.to_be_bytes();
        if let Some(size) = self.changed.sealed.get(&number) {
            return Ok(*size);
        }
        let stored = self.snapshot.get(&self.tables.sealed, number)?;
        let size = stored.and_then(|bytes| bytes.as_ref().try_into().ok());
        Ok(size.map_or(0, u64::from_be_bytes))
    }

    /// When an intent takes effect, if that is later than it was recorded.
    pub(crate) fn later(&self, intent: IntentNo) -> Result<Option<Timestamp>, ViewError> {
        if let Some(later) = self.changed.later.get(&intent) {
            return Ok(Some(*later));
        }
        let stored = self.snapshot.get(&self.tables.later, intent.0.to_be_bytes())?;
        let time = stored.and_then(|bytes| bytes.as_ref().try_into().ok());
        Ok(time.map(|bytes| Timestamp(u64::from_be_bytes(bytes))))
    }

    /// The stored sum of a bucket.
    pub(crate) fn bucket(&self, bucket: &Bucket) -> Result<Totals, ViewError> {
        let stored = self.snapshot.get(&self.tables.sums, bucket)?;
        Ok(stored.map_or_else(Totals::default, |bytes| dated_posting::decode(&bytes)))
    }

    /// The stored sums of buckets.
    pub(crate) fn buckets(
        &self,
        from: Bucket,
        end: Bound<Bucket>,
    ) -> impl Iterator<Item = Result<Totals, ViewError>> + '_ {
        let stored = self.snapshot.range(&self.tables.sums, (Bound::Included(from), end));
        stored.map(|item| Ok(dated_posting::decode(&item.value()?)))
    }

    /// Rows from a key on and before another, the last one first.
    pub(crate) fn walk(
        &self,
        from: Key,
        before: Key,
    ) -> impl Iterator<Item = Result<(Key, Slice), ViewError>> + '_ {
        let stored = self.snapshot.range(&self.tables.rows, from..before).rev();
        let changed = between(&self.changed.rows, from, before);
        let changed = changed.map(|(key, row)| (*key, row.as_deref().map(Slice::from)));
        Merged { stored: stored.map(read).peekable(), changed: changed.peekable() }
    }

    /// As [`Rows::walk`], of deliveries that wait.
    pub(crate) fn walk_waiting(
        &self,
        from: Key,
        before: Key,
    ) -> impl Iterator<Item = Result<(Key, Slice), ViewError>> + '_ {
        let stored = self.snapshot.range(&self.tables.waiting, from..before).rev();
        let changed = between(&self.changed.waiting, from, before);
        let changed = changed.map(|(key, waits)| (*key, waits.then(|| Slice::from([]))));
        let keys = Merged { stored: stored.map(read).peekable(), changed: changed.peekable() };
        keys.filter_map(|item| {
            let row = item.and_then(|(key, _)| Ok(self.row(&key)?.map(|row| (key, row))));
            row.transpose()
        })
    }
}

/// The changes from a key on and before another, the last one first.
fn between<T>(
    changes: &BTreeMap<Key, T>,
    from: Key,
    before: Key,
) -> impl Iterator<Item = (&Key, &T)> {
    // A range that ends before it begins is empty here, and a panic in the map.
    changes.range(from..before.max(from)).rev()
}

fn read(item: fjall::Guard) -> Result<(Key, Slice), ViewError> {
    let (key, value) = item.into_inner()?;
    let key = Key::try_from(key.as_ref()).map_err(|_| ViewError::Key)?;
    Ok((key, value))
}

/// What is stored and what is changed, in one order, the last key first; a change takes the place
/// of what is stored.
struct Merged<S: Iterator, C: Iterator> {
    stored: Peekable<S>,
    changed: Peekable<C>,
}

impl<S, C> Iterator for Merged<S, C>
where
    S: Iterator<Item = Result<(Key, Slice), ViewError>>,
    C: Iterator<Item = (Key, Option<Slice>)>,
{
    type Item = Result<(Key, Slice), ViewError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let order = match (self.stored.peek(), self.changed.peek()) {
                (Some(Ok((stored, _))), Some((changed, _))) => stored.cmp(changed),
                (Some(_), _) => Ordering::Greater,
                (None, _) => Ordering::Less,
            };
            match order {
                Ordering::Greater => return self.stored.next(),
                Ordering::Equal => drop(self.stored.next()),
                Ordering::Less => {}
            }
            if let (key, Some(row)) = self.changed.next()? {
                return Some(Ok((key, row)));
            }
        }
    }
}
