//! The feed: durable entries in order, once each, for whoever follows the log.
//!
//! Owns a bounded ring of recent entries; a follower that falls behind it reads the log instead, so
//! a slow follower costs no memory and loses nothing. Must not show what is not durable.

use crate::log_access::LogAccess;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use zentra_events::{Entry, Position};

/// Entries kept in memory for followers.
const RECENT_ENTRIES_MAX: usize = 16_384;
/// Entries handed to a follower at once.
const CHUNK_ENTRIES_MAX: usize = 4_096;

/// The most recent durable entries.
#[derive(Default)]
pub(super) struct Recent {
    ring: Mutex<VecDeque<Arc<Entry>>>,
}

impl Recent {
    pub(super) fn push(&self, entries: Vec<Arc<Entry>>) {
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        ring.extend(entries);
        let excess = ring.len().saturating_sub(RECENT_ENTRIES_MAX);
        ring.drain(..excess);
    }

    fn from(&self, position: Position) -> Option<Vec<Arc<Entry>>> {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let first = ring.front()?.header.position;
        let skip = usize::try_from(position.get().checked_sub(first.get())?).ok()?;
        Some(ring.iter().skip(skip).take(CHUNK_ENTRIES_MAX).cloned().collect())
    }
}

/// One follower's place in the log.
pub struct Feed {
    next: Position,
    durable: watch::Receiver<Position>,
    recent: Arc<Recent>,
    log: Arc<LogAccess>,
}

impl Feed {
    pub(super) fn new(
        next: Position,
        durable: watch::Receiver<Position>,
        recent: Arc<Recent>,
        log: Arc<LogAccess>,
    ) -> Feed {
        Feed { next, durable, recent, log }
    }

    /// The position that comes next.
    pub fn position(&self) -> Position {
        self.next
    }

    /// The next durable entries, at least one; none once the log is closed and all were given, or
    /// the log cannot be read (which is logged). Safe to drop while it waits.
    pub async fn next(&mut self) -> Option<Arc<[Arc<Entry>]>> {
        while *self.durable.borrow_and_update() <= self.next {
            self.durable.changed().await.ok()?;
        }
        let recent = self.recent.from(self.next).filter(|entries| !entries.is_empty());
        let entries = match recent {
            Some(entries) => entries,
            None => self.read()?,
        };
        self.next = entries.last()?.header.position.next();
        Some(entries.into())
    }

    fn read(&self) -> Option<Vec<Arc<Entry>>> {
        let mut entries = Vec::new();
        let read = self.log.scan(self.next, &mut |entry, _| {
            entries.push(Arc::clone(entry));
            if entries.len() < CHUNK_ENTRIES_MAX {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        match read {
            Ok(()) if !entries.is_empty() => Some(entries),
            Ok(()) => None,
            Err(error) => {
                tracing::error!(%error, "cannot read the log for a follower");
                None
            }
        }
    }
}
