//! The log's time, as docs/concepts/delivery.md (Time) says it.
//!
//! The model's: what is refused tells no time, and a rule about time is judged by it.

use zentra_events::Timestamp;

/// The system's while that does not go back; then it goes on a tenth slower than time passes.
#[derive(Default)]
pub(super) struct LogTime {
    log: u64,
    /// When it was last asked, by a clock that nobody can set.
    asked: u64,
    /// When the last entry was recorded, and by the other clock when that was over.
    least: (u64, u64),
}

impl LogTime {
    pub(super) fn after(last: Timestamp, monotonic: u64) -> LogTime {
        LogTime { log: last.0, asked: monotonic, least: (last.0, monotonic) }
    }

    pub(super) fn pass(&mut self, system: u64, monotonic: u64) {
        let passed = monotonic - self.asked;
        self.asked = monotonic;
        self.log = system.max(self.log.saturating_add(passed / 10 * 9));
    }

    /// An entry was recorded at that time: the log's time goes on from there at the latest now.
    pub(super) fn recorded(&mut self, at: Timestamp) {
        self.least = (at.0, self.asked);
    }

    /// What it is at least, whatever the system's clock shows.
    pub(super) fn least(&self, monotonic: u64) -> Timestamp {
        let (recorded, since) = self.least;
        Timestamp(recorded.saturating_add((monotonic - since) / 10 * 9))
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp(self.log)
    }
}
