//! How fast attempts start at endpoints that are not known to answer quickly.
//!
//! Owns the rate. A thousand such attempts that were due at once would otherwise also connect, end
//! and be recorded at once, and hold the processors for a tenth of a second each time: whoever
//! answers quickly would wait behind them. From four processors on it limits bursts only: whoever
//! takes a second holds a place for it, and there are fewer. Must not know endpoints.

use zentra_events::{Span, Timestamp};

/// Between two starts on one processor: such an attempt takes some 0.2 ms of it from its start to
/// its record, so all of them take a tenth of each.
const GAP: Span = Span::millis(2);
/// How far starts may run ahead of the rate, for timers that ring late.
const AHEAD: Span = Span::millis(2);

/// A steady rate of starts: 500 a second for each processor.
#[derive(Clone, Copy, Debug)]
pub struct StartRate {
    gap: Span,
    /// Until then what has started takes at the rate.
    busy_until: Timestamp,
}

impl StartRate {
    /// The rate of a machine with so many processors.
    pub fn of(processors: usize) -> StartRate {
        let gap = Span(GAP.0 / (processors as u64).clamp(1, GAP.0));
        StartRate { gap, busy_until: Timestamp::default() }
    }

    /// When the next one may start.
    pub fn opens_at(&self) -> Timestamp {
        Timestamp(self.busy_until.0.saturating_sub(AHEAD.0))
    }

    /// Counts one that starts at `now`.
    pub fn take(&mut self, now: Timestamp) {
        self.busy_until = self.busy_until.max(now).after(self.gap);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn three_may_start_at_once_and_then_one_each_millisecond_on_two_processors() {
        let (mut rate, start) = (StartRate::of(2), Timestamp(1_000_000_000));
        let mut started = Vec::new();
        for step in 0..40_u64 {
            let now = start.after(Span(100_000 * step));
            while rate.opens_at() <= now {
                rate.take(now);
                started.push(100 * step);
            }
        }
        assert_eq!(started, [0, 0, 0, 1_000, 2_000, 3_000]);
    }

    proptest! {
        #[test]
        fn no_window_holds_more_than_the_rate_and_what_may_run_ahead(
            processors in 1..9_usize,
            waits in proptest::collection::vec(0..3_000_u64, 1..60),
        ) {
            let (mut rate, mut now) = (StartRate::of(processors), Timestamp(7));
            let mut started = Vec::new();
            for wait in waits {
                now = now.after(Span(1_000 * wait));
                while rate.opens_at() <= now {
                    rate.take(now);
                    started.push(now);
                }
            }
            for (index, first) in started.iter().enumerate() {
                for (more, last) in (0..).zip(&started[index..]) {
                    prop_assert!(last.since(*first).0 + AHEAD.0 >= more * rate.gap.0);
                }
            }
        }
    }
}
