//! What the oracle tells who cannot see when something was decided: what a request would come to as
//! the log stands, and that one came to nothing.
//!
//! Owns that looking changes nothing.

use super::auditor::{Answered, Oracle, Verdict};
use zentra_engine::Request;
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

    /// A sending came to nothing: it must have no entry, ever.
    pub(crate) fn came_to_nothing(&mut self, sending: u64, code: &'static str) {
        self.done.insert(sending, Answered::Refused(code));
    }

    /// When the last entry was recorded.
    pub(crate) fn last(&self) -> Timestamp {
        self.last
    }
}
