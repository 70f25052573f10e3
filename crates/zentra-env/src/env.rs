//! [`Env`]: the machine as a process sees it, handed down from `main` to whoever needs it.
//!
//! Owns how what the clock shows becomes a time of ours. Must not read a clock itself.

use crate::machine::Machine;
use crate::seam::{Clock, Entropy, Timer, Wait};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};
use zentra_events::{Span, Timestamp};

/// The clock, the timer and the entropy of a process. Clones are handles to the same.
#[derive(Clone)]
pub struct Env {
    clock: Arc<dyn Clock>,
    timer: Arc<dyn Timer>,
    entropy: Arc<dyn Entropy>,
}

/// The beginning of the year 2200. A clock that shows more is wrong; the log, whose time never goes
/// back, would come to the end of what a time can be.
const LATEST: Timestamp = Timestamp(7_258_118_400_000_000_000);

impl Env {
    /// One of these three.
    pub fn new(clock: Arc<dyn Clock>, timer: Arc<dyn Timer>, entropy: Arc<dyn Entropy>) -> Env {
        Env { clock, timer, entropy }
    }

    /// The machine that this process runs on. For `main` alone, which hands it down.
    pub fn machine() -> Env {
        let machine = Arc::new(Machine::start());
        Env { clock: machine.clone(), timer: machine.clone(), entropy: machine }
    }

    /// The machine, for tests, which have no `main` of ours.
    #[cfg(any(test, feature = "test-util"))]
    #[expect(clippy::disallowed_methods, reason = "tests are given it here")]
    pub fn for_tests() -> Env {
        Env::machine()
    }

    /// Now by the system's clock, in nanoseconds since 1970; zero when the clock is before that,
    /// and the beginning of the year 2200 when it is after that.
    pub fn now(&self) -> Timestamp {
        shown(self.clock.system().duration_since(UNIX_EPOCH).unwrap_or_default())
    }

    /// Whether the system's clock is not before 1970: a server cannot run with one that is.
    pub fn is_from_1970(&self) -> bool {
        self.clock.system() >= UNIX_EPOCH
    }

    /// How long it has been since an instant that stays the same while the process runs. Whoever
    /// measures takes the difference of two.
    pub fn passed(&self) -> Duration {
        self.clock.passed()
    }

    /// Ends once so much time has passed.
    pub fn wait(&self, time: Duration) -> Wait {
        self.timer.wait(time)
    }

    /// What the work gives; none when it takes longer than this, and then it is dropped.
    pub async fn within<T>(&self, time: Duration, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.wait(time) => None,
        }
    }

    /// Random bytes.
    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0_u8; N];
        self.entropy.fill(&mut bytes);
        bytes
    }
}

fn shown(since_1970: Duration) -> Timestamp {
    Timestamp(span(since_1970).0).min(LATEST)
}

/// A duration as a span of ours.
pub(crate) fn span(duration: Duration) -> Span {
    Span(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manual_clock::{CountingEntropy, ManualClock};

    #[test]
    fn a_clock_that_shows_what_no_time_can_be_is_at_the_year_2200() {
        let year_2200 = "2200-01-01T00:00:00Z".parse::<jiff::Timestamp>().unwrap();
        assert_eq!(i128::from(LATEST.0), year_2200.as_nanosecond());
        assert_eq!(shown(Duration::from_secs(1)), Timestamp(1_000_000_000));
        for seconds in [7_258_118_401, 18_446_744_074, u64::MAX] {
            assert_eq!(shown(Duration::from_secs(seconds)), LATEST);
        }
    }

    #[test]
    fn a_clock_before_1970_is_told() {
        let clock = ManualClock::default();
        let env = clock.env();
        let nanosecond = Duration::from_nanos(1);
        for (shows, is_from_1970) in
            [(UNIX_EPOCH - nanosecond, false), (UNIX_EPOCH, true), (UNIX_EPOCH + nanosecond, true)]
        {
            clock.set(shows);
            assert_eq!(env.is_from_1970(), is_from_1970);
        }
        assert_eq!(env.now(), Timestamp(1));
    }

    #[tokio::test]
    async fn what_takes_longer_than_it_may_is_dropped() {
        let clock = ManualClock::default();
        let env = clock.env();
        let second = Duration::from_secs(1);
        assert_eq!(env.within(second, std::future::ready(7)).await, Some(7));
        let never = env.within(second, std::future::pending::<u8>());
        let (none, ()) = tokio::join!(never, async {
            clock.advance(Duration::from_millis(999));
            tokio::task::yield_now().await;
            assert_eq!(env.passed(), Duration::from_millis(999));
            clock.advance(Duration::from_millis(1));
        });
        assert_eq!(none, None);
    }

    #[test]
    fn the_machine_gives_other_bytes_each_time_and_a_count_the_same() {
        let env = Env::for_tests();
        assert_ne!(env.random_bytes::<32>(), env.random_bytes::<32>());
        let (one, other) = (CountingEntropy::default(), CountingEntropy::default());
        for _ in 0..3 {
            let (mut a, mut b) = ([0; 40], [0; 40]);
            one.fill(&mut a);
            other.fill(&mut b);
            assert_eq!(a, b);
        }
    }
}
