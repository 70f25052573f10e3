//! A subscription: durable entries in order, once each, for whoever acts on them.
//!
//! Compact entries are passed over: an intent of the fast path has nobody to be told of it.
//! Owns a bounded ring of recent entries; a follower that falls behind it reads the log instead, so
//! a slow follower costs no memory and loses nothing. Must not show what is not durable.

use crate::log_access::LogAccess;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use zentra_events::frame::FrameReader;
use zentra_events::{Entry, Position};

/// Bytes of entries that are kept in memory for followers, and handed to one at once.
const RECENT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Entries handed to a follower at once.
const CHUNK_ENTRIES_MAX: usize = 4_096;
/// Positions that one read of the log passes at most.
const CHUNK_PASSED_MAX: u64 = 65_536;

/// The most recent durable entries, without compact ones.
pub(crate) struct Recent {
    ring: Mutex<Ring>,
}

struct Ring {
    entries: VecDeque<Arc<Entry>>,
    /// What they take.
    bytes: usize,
    /// Every entry to follow from here on is in the ring,
    from: Position,
    /// up to here.
    to: Position,
}

impl Recent {
    /// Nothing yet, of a log that is durable up to here.
    pub(crate) fn at(next: Position) -> Recent {
        Recent {
            ring: Mutex::new(Ring { entries: VecDeque::new(), bytes: 0, from: next, to: next }),
        }
    }

    /// Takes the entries to follow before `next` in.
    pub(crate) fn push(&self, entries: Vec<Arc<Entry>>, next: Position) {
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        ring.bytes += entries.iter().map(|entry| entry.held_bytes()).sum::<usize>();
        ring.entries.extend(entries);
        ring.to = next;
        while ring.bytes > RECENT_BYTES_MAX
            && let Some(oldest) = ring.entries.pop_front()
        {
            ring.bytes -= oldest.held_bytes();
            ring.from = oldest.header.position.next();
        }
    }

    /// Entries to follow from a position on, and the position up to which they are all.
    fn from(&self, position: Position) -> Option<(Vec<Arc<Entry>>, Position)> {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        if position < ring.from {
            return None;
        }
        let skip = ring.entries.partition_point(|entry| entry.header.position < position);
        let entries: Vec<_> =
            ring.entries.iter().skip(skip).take(CHUNK_ENTRIES_MAX).cloned().collect();
        let all = skip + entries.len() == ring.entries.len();
        let next = entries.last().filter(|_| !all).map(|last| last.header.position.next());
        Some((entries, next.unwrap_or(ring.to)))
    }
}

/// One follower's place in the log.
pub struct Subscription {
    next: Position,
    durable: watch::Receiver<Position>,
    recent: Arc<Recent>,
    log: Arc<LogAccess>,
}

impl Subscription {
    pub(crate) fn new(
        next: Position,
        durable: watch::Receiver<Position>,
        recent: Arc<Recent>,
        log: Arc<LogAccess>,
    ) -> Subscription {
        Subscription { next, durable, recent, log }
    }

    /// The position that comes next.
    pub fn position(&self) -> Position {
        self.next
    }

    /// The next durable entries to follow, at least one; compact ones are passed over. None once
    /// the log is closed and all were given, or the log cannot be read (which is logged). Safe to
    /// drop while it waits.
    pub async fn next(&mut self) -> Option<Arc<[Arc<Entry>]>> {
        loop {
            while *self.durable.borrow_and_update() <= self.next {
                self.durable.changed().await.ok()?;
            }
            let (entries, next) = match self.recent.from(self.next) {
                Some(found) => found,
                None => self.read()?,
            };
            self.next = next;
            if !entries.is_empty() {
                return Some(entries.into());
            }
            // A long stretch of compact entries must not keep others from this thread.
            tokio::task::yield_now().await;
        }
    }

    fn read(&self) -> Option<(Vec<Arc<Entry>>, Position)> {
        let (mut entries, mut bytes, mut next) = (Vec::new(), 0, self.next);
        let read = self.log.visit(self.next, &mut |frame, stored| {
            next = stored.position.next();
            if !FrameReader::is_compact(&stored.payload) {
                let entry = frame.entry(stored.position, &stored.payload)?;
                bytes += entry.held_bytes();
                entries.push(Arc::new(entry));
            }
            let passed = next.get().saturating_sub(self.next.get());
            let full = entries.len() >= CHUNK_ENTRIES_MAX || bytes >= RECENT_BYTES_MAX;
            let goes_on = !full && passed < CHUNK_PASSED_MAX;
            Ok(if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        });
        match read {
            Ok(()) if next > self.next => Some((entries, next)),
            Ok(()) => None,
            Err(error) => {
                tracing::error!(%error, "cannot read the log for a follower");
                None
            }
        }
    }
}
