//! What the oracle tells who cannot see when something was decided: what a request would come to as
//! the log stands, and that one came to nothing.
//!
//! Owns that looking changes nothing.

use super::auditor::{Answered, Oracle, Verdict};
use super::batches::{group_end, group_fails, items};
use super::intents::Taken;
use zentra_engine::{IntentBatch, Request};
use zentra_events::{Position, Timestamp};

/// What a request would come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Would {
    /// A new entry.
    Tell,
    /// The answer of this one.
    Repeat(Position),
    Refuse(&'static str),
}

impl Oracle {
    /// What it would come to now. The model stays as it is.
    pub(crate) fn would(&mut self, request: &Request, now: Timestamp) -> Would {
        let kept = self.model.clone();
        let when = self.when(self.next(), now);
        let verdict = self.judge(request, when);
        self.model = kept;
        match verdict {
            Verdict::Facts(_) => Would::Tell,
            Verdict::Again(position) => Would::Repeat(position),
            Verdict::Refused(code) => Would::Refuse(code),
        }
    }

    /// What an item of a batch would come to now: linked ones with their group.
    pub(crate) fn would_item(&mut self, batch: &IntentBatch, at: usize, now: Timestamp) -> Would {
        let (items, when) = (items(batch), self.when(self.next(), now));
        let Some(scope) = self.model.scope(batch.scope.0) else {
            return Would::Refuse("not_found");
        };
        let mut start = 0;
        while group_end(&items, start) <= at {
            start = group_end(&items, start);
        }
        let group = &items[start..group_end(&items, start)];
        if group.len() > 1 || group[0].linked {
            match group_fails(&scope.money, group, when) {
                Some((failing, code)) if start + failing == at => return Would::Refuse(code),
                Some(_) => return Would::Refuse("linked_failed"),
                None => {}
            }
        }
        let kept = self.model.clone();
        let taken = self.model.accept(batch.scope.0, &items[at], when);
        self.model = kept;
        match taken {
            Taken::New(_) => Would::Tell,
            Taken::Again(position) => Would::Repeat(position),
            Taken::Refused(code) => Would::Refuse(code),
        }
    }

    /// A sending came to nothing: it must have no entry, ever.
    pub(crate) fn came_to_nothing(&mut self, sending: u64, code: &'static str) {
        self.done.insert(sending, Answered::Refused(code));
    }

    /// When the last entry was recorded.
    pub(crate) fn last(&self) -> Timestamp {
        self.last
    }
}
