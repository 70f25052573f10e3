//! The time of the log, which never goes back and never stands still.
//!
//! Owns how it follows a system's clock that somebody sets. Must not know what is recorded.

use crate::env::{Env, span};
use std::time::Duration;
use zentra_events::{Span, Timestamp};

/// A difference between the system's clock and what was measured that is worth telling.
const STEP_FROM: Span = Span::seconds(1);

/// The time of the log. It is the system's, unless that was set back: then it goes on from where it
/// was, a tenth slower than time passes, until the system's clock has caught up. So what the log
/// counts in time (rates, holds, overlaps, delays) goes on whatever is done to the clock.
pub struct LogClock {
    env: Env,
    time: LogTime,
    read: Duration,
}

impl LogClock {
    /// The clock of a log whose last entry was recorded then.
    pub fn after(env: &Env, last_recorded: Timestamp) -> LogClock {
        let time = LogTime { system: env.now(), log: last_recorded };
        LogClock { time, read: env.passed(), env: env.clone() }
    }

    /// Now, for the log. Tells and counts it when the system's clock was set.
    pub fn now(&mut self) -> Timestamp {
        let read = self.env.passed();
        let passed = span(read.saturating_sub(self.read));
        self.read = read;
        let step = self.time.pass(self.env.now(), passed);
        if let Some(Step { back, by }) = step {
            let (way, seconds) = if back { ("back", by.0) } else { ("forward", by.0) };
            let seconds = seconds / 1_000_000_000;
            tracing::warn!(way, seconds, "the system's clock was set; the log's time goes on");
            metrics::counter!("zentra_clock_steps_total", "way" => way).increment(1);
        }
        if step.is_some() || self.time.is_ahead() {
            let ahead = self.time.log.since(self.time.system).0 / 1_000_000_000;
            metrics::gauge!("zentra_log_time_ahead_seconds").set(ahead as f64);
        }
        self.time.log
    }
}

/// How far the system's clock was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    back: bool,
    by: Span,
}

/// What [`LogClock`] knows, without reading any clock.
#[derive(Clone, Copy, Debug)]
struct LogTime {
    system: Timestamp,
    log: Timestamp,
}

impl LogTime {
    /// So much time has passed, and the system's clock shows this now.
    fn pass(&mut self, system: Timestamp, passed: Span) -> Option<Step> {
        let expected = self.system.after(passed);
        let step = if system < expected {
            Step { back: true, by: expected.since(system) }
        } else {
            Step { back: false, by: system.since(expected) }
        };
        self.system = system;
        self.log = system.max(self.log.after(Span(passed.0 / 10 * 9)));
        (step.by > STEP_FROM).then_some(step)
    }

    fn is_ahead(&self) -> bool {
        self.log > self.system
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: Timestamp = Timestamp(1_000_000_000_000_000_000);
    const HOUR: Span = Span::seconds(3600);

    #[test]
    fn a_clock_at_the_end_of_times_leaves_the_log_room_to_go_on() {
        let latest = Timestamp(7_258_118_400_000_000_000);
        let mut time = LogTime { system: T, log: T };
        for system in [latest, latest, T] {
            let before = time.log;
            time.pass(system, Span::seconds(100));
            assert!(time.log > before, "{time:?}");
        }
        assert!(time.log < latest.after(HOUR));
    }

    #[test]
    fn the_logs_time_goes_on_when_the_system_was_set_back_and_meets_it_again() {
        let mut time = LogTime { system: T, log: T };
        let second = Span::seconds(1);
        assert_eq!(time.pass(T.after(second), second), None);
        assert_eq!(time.log, T.after(second));
        let back = Timestamp(T.0 - HOUR.0);
        let step = time.pass(back, second).unwrap();
        assert_eq!(step, Step { back: true, by: Span::seconds(3602) });
        assert_eq!(time.log, T.after(Span::millis(1_900)));
        let mut system = back;
        let mut seconds = 0;
        while time.is_ahead() {
            system = system.after(second);
            let before = time.log;
            assert_eq!(time.pass(system, second), None, "told once");
            assert!(time.log >= before.after(Span::millis(900)), "it never stands still");
            seconds += 1;
        }
        assert!((36_000..36_100).contains(&seconds), "{seconds}");
        assert_eq!(time.log, system);
    }

    #[test]
    fn a_step_forward_is_followed_and_told_and_a_small_one_is_not_told() {
        let mut time = LogTime { system: T, log: T };
        let step = time.pass(T.after(HOUR), Span(5)).unwrap();
        assert_eq!((step.back, time.log), (false, T.after(HOUR)));
        assert_eq!(time.pass(Timestamp(T.after(HOUR).0 - 900_000_000), Span(5)), None);
    }

    #[test]
    fn a_log_from_the_future_goes_on_from_there() {
        let mut time = LogTime { system: T, log: T.after(HOUR) };
        assert_eq!(time.pass(T.after(Span::seconds(10)), Span::seconds(10)), None);
        assert_eq!(time.log, T.after(HOUR).after(Span::seconds(9)));
    }
}
