//! Group commit: outcomes of attempts that took long share a turn of the kernel and a sync.
//!
//! A thousand attempts that were started together time out together; each outcome by itself would
//! make all that is accepted meanwhile wait for its sync. Owns how long a round is. Must not know
//! what an outcome says.

use std::time::Duration;
use zentra_delivery::SLOW_FROM;
use zentra_events::{Span, Timestamp};

/// A round is a fiftieth of the least that such an attempt took.
const ROUND: Span = Span::millis(20);

/// How long the outcome of an attempt that took so long waits for the next round. One of an attempt
/// that was quick does not wait.
pub(crate) fn until_commit(took: Span, now: Timestamp) -> Option<Duration> {
    (took >= SLOW_FROM).then(|| Duration::from_nanos(ROUND.0 - now.0 % ROUND.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_took_long_waits_and_all_of_a_round_wait_until_its_end() {
        let quick = Span(SLOW_FROM.0 - 1);
        for now in [0, 1, ROUND.0 - 1, ROUND.0, 3 * ROUND.0 + 7] {
            assert_eq!(until_commit(quick, Timestamp(now)), None);
            let wait = until_commit(SLOW_FROM, Timestamp(now)).unwrap();
            assert!(wait <= Duration::from_millis(20) && !wait.is_zero());
            let end = now + u64::try_from(wait.as_nanos()).unwrap();
            assert_eq!(end % ROUND.0, 0, "{now}");
            assert_eq!(end / ROUND.0, now / ROUND.0 + 1, "{now}");
        }
    }
}
