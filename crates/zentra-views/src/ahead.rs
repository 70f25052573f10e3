//! Reads that are ahead of the store: a scope's own newest entries upon what is stored.
//!
//! The views fold the whole log in its order, and may be behind by what other scopes do. A read of
//! a scope folds that scope's own entries in memory and goes on from there the next time, so that
//! it shows everything that is durable and nobody waits for somebody else's work. Reads of a scope
//! at the same moment share what was folded. Owns those rows and how many there may be. Must not
//! write the store.

use crate::error::ViewError;
use crate::fold::Changes;
use crate::rows::Rows;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockWriteGuard};
use zentra_events::{Position, ScopeNo};
use zentra_runtime::{KeptFrame, LogAccess, ScopeTail};

/// Scopes whose rows are kept ahead.
const SCOPES_MAX: usize = 32;
/// Entries that are folded ahead for one scope.
const ENTRIES_MAX: u64 = 32 * 1_024;
/// Rows that they may change; one entry may have thousands. Fewer in tests, which fill them.
const ROWS_MAX: usize = if cfg!(test) { 16 * 1_024 } else { 64 * 1_024 };
/// Rows ahead of all scopes.
const ALL_ROWS_MAX: usize = 128 * 1_024;
/// When the store has all but this part of what was folded ahead, it is begun anew from there.
const ANEW_PART: u64 = 4;

type Slot = Arc<RwLock<Option<Young>>>;

/// The rows of scopes that are ahead of the store.
#[derive(Default)]
pub(crate) struct Ahead(Mutex<Slots>);

#[derive(Default)]
struct Slots {
    scopes: BTreeMap<ScopeNo, Used>,
    reads: u64,
}

/// A scope's place, and at which read of all it was last used.
struct Used {
    read: u64,
    slot: Slot,
    /// Rows when it was last read.
    rows: usize,
}

/// The rows of one scope.
struct Young {
    changes: Changes,
    /// How many were folded upon the store.
    entries: u64,
}

/// What came of a wish to read.
pub enum ReadOutcome<T, F> {
    /// It was read.
    Read(T),
    /// The store must have reached this position first.
    Behind(Position, F),
}

impl Ahead {
    /// Drops what the store has.
    pub(crate) fn forget(&self, reached: Position) {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.scopes.retain(|_, used| match used.slot.try_read() {
            Ok(young) => young.as_ref().is_some_and(|young| young.seen() > reached),
            // Somebody folds it.
            Err(_) => true,
        });
    }

    /// The place of a scope; where there is none left, the one that was longest not used goes.
    fn slot(&self, scope: ScopeNo) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Slots { scopes, reads } = &mut *slots;
        *reads += 1;
        let is_too_much = |scopes: &BTreeMap<ScopeNo, Used>| {
            let rows: usize = scopes.values().map(|used| used.rows).sum();
            rows > ALL_ROWS_MAX || scopes.len() >= SCOPES_MAX && !scopes.contains_key(&scope)
        };
        while is_too_much(scopes) {
            let others = scopes.iter().filter(|(other, _)| **other != scope);
            let oldest = others.min_by_key(|(_, used)| used.read).map(|(scope, _)| *scope);
            let Some(oldest) = oldest else { break };
            scopes.remove(&oldest);
        }
        let new = || Used { read: 0, slot: Slot::default(), rows: 0 };
        let used = scopes.entry(scope).or_insert_with(new);
        used.read = *reads;
        Arc::clone(&used.slot)
    }

    /// How many rows a scope has ahead now.
    fn tell(&self, scope: ScopeNo, rows: usize) {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(used) = slots.scopes.get_mut(&scope) {
            used.rows = rows;
        }
    }
}

impl Ahead {
    /// Reads the rows of a scope upon what is `stored`, which lacks some of them.
    pub(crate) fn read<T, F: FnOnce(&Rows) -> Result<T, ViewError>>(
        &self,
        stored: Changes,
        scope: ScopeNo,
        (tail, durable): (&ScopeTail, Position),
        log: &LogAccess,
        read: F,
    ) -> Result<ReadOutcome<T, F>, ViewError> {
        let reached = stored.rows.seen;
        let slot = self.slot(scope);
        let has_all =
            |young: &Option<Young>| young.as_ref().is_some_and(|young| young.seen() >= tail.end());
        let mut shared = slot.read().unwrap_or_else(PoisonError::into_inner);
        if !has_all(&shared) {
            drop(shared);
            let mut own = slot.write().unwrap_or_else(PoisonError::into_inner);
            // Another read may have folded it meanwhile.
            if !has_all(&own) {
                let kept = own.take().filter(|young| young.is_worth_it(tail, reached));
                let young = match kept {
                    Some(young) => young,
                    None if tail.from <= reached => Young { changes: stored, entries: 0 },
                    None => return Ok(ReadOutcome::Behind(tail.from.min(durable), read)),
                };
                let folded = young.fold(tail, log)?;
                self.tell(scope, folded.as_ref().map_or(0, Young::rows));
                *own = folded;
            }
            shared = RwLockWriteGuard::downgrade(own);
        }
        match shared.as_ref() {
            Some(young) => Ok(ReadOutcome::Read(read(&young.changes.rows)?)),
            // Too much to hold: the scope's own work, and it waits for it.
            None => Ok(ReadOutcome::Behind(durable, read)),
        }
    }
}

impl Young {
    /// How many rows it has changed.
    fn rows(&self) -> usize {
        self.changes.rows.changed.len()
    }

    /// Folds what a scope's tail has more; none when that is too much to hold.
    fn fold(mut self, tail: &ScopeTail, log: &LogAccess) -> Result<Option<Young>, ViewError> {
        let frames = KeptFrame::new(log);
        for position in tail.after(self.seen()) {
            let entry = frames.entry(position)?.ok_or(ViewError::NotDurable(position))?;
            self.changes.entry(&entry)?;
            self.entries += 1;
            if self.rows() > ROWS_MAX {
                return Ok(None);
            }
        }
        let rows = &mut self.changes.rows;
        rows.seen = rows.seen.max(tail.end());
        Ok(Some(self))
    }

    /// Every entry of the scope before this is in.
    fn seen(&self) -> Position {
        self.changes.rows.seen
    }

    /// Whether it is cheaper to go on from here than from what is stored.
    fn is_worth_it(&self, tail: &ScopeTail, reached: Position) -> bool {
        let (more, anew) = (tail.count_after(self.seen()), tail.count_after(reached));
        tail.from <= self.seen()
            && self.entries + more <= ENTRIES_MAX
            && (tail.from > reached || anew * ANEW_PART > self.entries)
    }
}
