//! The log's times and the time of waiting: two, tied together once.

use zentra_events::Timestamp;

/// One moment in both times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// By the log: not before its last entry.
    pub log: Timestamp,
    /// By whoever polls.
    pub waiting: Timestamp,
}

impl Times {
    /// When it is in the time of waiting what the log says.
    pub(crate) fn waiting(self, of_log: Timestamp) -> Timestamp {
        let ago = self.log.since(of_log);
        Timestamp(self.waiting.after(of_log.since(self.log)).0.saturating_sub(ago.0))
    }
}
