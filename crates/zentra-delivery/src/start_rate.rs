//! How fast attempts start at endpoints that are not known to answer quickly.
//!
//! Owns the rate. A thousand such attempts that were due at once would otherwise also connect, end
//! and be recorded at once, and hold the processors for a tenth of a second each time: whoever
//! answers quickly would wait behind them. It limits bursts only: endpoints that take their second
//! have fewer places than this starts in one. Must not know endpoints.

use zentra_events::{Span, Timestamp};

/// Between two starts: 2,000 a second.
const GAP: Span = Span(500_000);
/// How far starts may run ahead of the rate, for timers that ring late: four at once.
const AHEAD: Span = Span(3 * GAP.0);

/// A steady rate of starts.
#[derive(Clone, Copy, Debug, Default)]
pub struct StartRate {
    /// Until then what has started takes at the rate.
    busy_until: Timestamp,
}

impl StartRate {
    /// When the next one may start.
    pub fn opens_at(&self) -> Timestamp {
        Timestamp(self.busy_until.0.saturating_sub(AHEAD.0))
    }

    /// Counts one that starts at `now`.
    pub fn take(&mut self, now: Timestamp) {
        self.busy_until = self.busy_until.max(now).after(GAP);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn four_may_start_at_once_and_then_one_each_half_a_millisecond() {
        let (mut rate, start) = (StartRate::default(), Timestamp(1_000_000_000));
        let mut started = Vec::new();
        for step in 0..40_u64 {
            let now = start.after(Span(100_000 * step));
            while rate.opens_at() <= now {
                rate.take(now);
                started.push(100 * step);
            }
        }
        assert_eq!(started, [0, 0, 0, 0, 500, 1_000, 1_500, 2_000, 2_500, 3_000, 3_500]);
    }

    proptest! {
        #[test]
        fn no_window_holds_more_than_the_rate_and_four(
            waits in proptest::collection::vec(0..3_000_u64, 1..300),
        ) {
            let (mut rate, mut now) = (StartRate::default(), Timestamp(7));
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
                    prop_assert!(last.since(*first).0 + 4 * GAP.0 > more * GAP.0);
                }
            }
        }
    }
}
