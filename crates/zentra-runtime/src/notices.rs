//! Warnings for an operator that flood nobody: the first of a kind in a scope at once, and the rest
//! of its minute as one count.
//!
//! Owns what is worth a warning and how often it is told. Must not know how it is found.

use crate::background::Ticks;
use crate::names::SharedNames;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use zentra_env::{Env, WaitingClock};
use zentra_events::{ScopeNo, Span, Timestamp};

/// What an operator is warned of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notice {
    /// The attempts of a delivery are used up.
    DeadLetter,
    /// An endpoint was disabled by what its consumer answered, or did not.
    EndpointDisabled,
    /// A request came with a key that is none, or is revoked.
    KeyRefused,
    /// An attempt failed by something of ours.
    AttemptBroken,
    /// The engine did not take the outcome of an attempt.
    OutcomeRefused,
}

/// How long what comes after the first is only counted.
const WINDOW: Span = Span::seconds(60);
/// Nanoseconds in a second.
const NANOS: u64 = 1_000_000_000;
/// How often windows that are over are told.
const EVERY: Duration = Duration::from_secs(5);
/// So many keys that are refused within a window are a burst; fewer are somebody's mistake.
const KEYS_BURST: u64 = 20;

impl Notice {
    /// From which one on it is told.
    fn told_from(self) -> u64 {
        if self == Notice::KeyRefused { KEYS_BURST } else { 1 }
    }

    fn what(self) -> &'static str {
        match self {
            Notice::DeadLetter => "deliveries became dead letters",
            Notice::EndpointDisabled => "endpoints were disabled by how they answered",
            Notice::KeyRefused => "requests came with a key that is none or is revoked",
            Notice::AttemptBroken => "attempts failed by something of ours",
            Notice::OutcomeRefused => "outcomes of attempts were refused",
        }
    }
}

type NoticeKey = (Notice, Option<ScopeNo>);

/// What was counted of a kind in a scope.
#[derive(Clone, Copy, Debug)]
struct Window {
    began: Timestamp,
    count: u64,
    told: u64,
}

/// What came in a window after what was told, and how long the window was open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct More {
    key: NoticeKey,
    count: u64,
    seconds: u64,
}

/// What was counted lately, without reading any clock.
#[derive(Debug, Default)]
struct Windows(BTreeMap<NoticeKey, Window>);

impl Windows {
    /// Counts one more; how many there are when they are to be told now.
    fn add(&mut self, now: Timestamp, key: NoticeKey) -> Option<u64> {
        let fresh = Window { began: now, count: 0, told: 0 };
        let window = self.0.entry(key).or_insert(fresh);
        window.count += 1;
        if window.count != key.0.told_from() {
            return None;
        }
        window.told = window.count;
        Some(window.count)
    }

    /// Takes away the windows that are over at `now`; those of which more came than was told.
    fn over(&mut self, now: Timestamp) -> Vec<More> {
        self.take(now, |window| window.began.after(WINDOW) <= now)
    }

    /// As [`Windows::over`], of all windows.
    fn rest(&mut self, now: Timestamp) -> Vec<More> {
        self.take(now, |_| true)
    }

    fn take(&mut self, now: Timestamp, is_over: impl Fn(&Window) -> bool) -> Vec<More> {
        let over = self.0.extract_if(.., |_, window| is_over(window));
        let more = over.filter(|(_, window)| window.told > 0 && window.count > window.told);
        more.map(|(key, window)| {
            let seconds = now.since(window.began).0.div_ceil(NANOS);
            More { key, count: window.count - window.told, seconds }
        })
        .collect()
    }
}

/// What an operator is warned of, in all scopes.
pub struct Notices {
    windows: Mutex<Windows>,
    clock: WaitingClock,
    names: Arc<SharedNames>,
}

impl Notices {
    /// Nothing yet; scopes are told by these names.
    pub fn new(env: &Env, names: Arc<SharedNames>) -> Notices {
        Notices { windows: Mutex::default(), clock: WaitingClock::start(env), names }
    }

    /// Warns of something in a scope, or counts it. `of` says what it is about.
    pub fn warn(&self, notice: Notice, scope: Option<ScopeNo>, of: impl Display) {
        if let Some(count) = self.add(notice, scope) {
            let (scope, what) = (self.shown(scope), notice.what());
            tracing::warn!(scope, count, %of, "{what}");
        }
    }

    /// Tells what was only counted, until the server stops.
    pub async fn watch(self: Arc<Notices>, stopping: watch::Receiver<bool>) {
        let mut ticks = Ticks::every(EVERY, stopping);
        while ticks.next().await {
            let now = self.clock.now();
            let over = self.lock().over(now);
            self.warn_of_more(over);
        }
        let now = self.clock.now();
        let rest = self.lock().rest(now);
        self.warn_of_more(rest);
    }

    /// Counts one, and says whether it is to be told now.
    fn add(&self, notice: Notice, scope: Option<ScopeNo>) -> Option<u64> {
        let now = self.clock.now();
        self.lock().add(now, (notice, scope))
    }

    fn warn_of_more(&self, over: Vec<More>) {
        for More { key: (notice, scope), count, seconds } in over {
            let (scope, what) = (self.shown(scope), notice.what());
            tracing::warn!(scope, count, seconds, "more {what}");
        }
    }

    fn shown(&self, scope: Option<ScopeNo>) -> Option<String> {
        Some(self.names.scope_name(scope?)?.to_string())
    }

    fn lock(&self) -> MutexGuard<'_, Windows> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp(0).after(Span::seconds(seconds))
    }

    #[test]
    fn the_first_is_told_at_once_and_the_rest_of_its_minute_as_a_count() {
        let mut windows = Windows::default();
        let (one, other) = ((Notice::DeadLetter, Some(ScopeNo(1))), (Notice::DeadLetter, None));
        assert_eq!(windows.add(at(5), one), Some(1));
        for second in 6..30 {
            assert_eq!(windows.add(at(second), one), None);
        }
        assert_eq!(windows.add(at(40), other), Some(1), "each scope by itself");
        assert_eq!(windows.over(at(64)), []);
        assert_eq!(windows.over(at(65)), [More { key: one, count: 24, seconds: 60 }]);
        assert_eq!(windows.rest(at(66)), [], "the other one was told");
        assert_eq!(windows.add(at(70), one), Some(1), "a new minute");
        assert_eq!(windows.add(at(71), one), None);
        let rest = windows.rest(at(75));
        assert_eq!(rest, [More { key: one, count: 1, seconds: 5 }], "a stop comes sooner");
        assert!(windows.0.is_empty());
    }

    #[test]
    fn few_keys_that_are_refused_are_nothing_and_a_burst_is_one_line() {
        let mut windows = Windows::default();
        let key = (Notice::KeyRefused, None);
        for _ in 1..KEYS_BURST {
            assert_eq!(windows.add(at(1), key), None);
        }
        assert_eq!(windows.over(at(61)), [], "a mistake of somebody");
        let told: Vec<_> = (0..3 * KEYS_BURST).filter_map(|_| windows.add(at(62), key)).collect();
        assert_eq!(told, [KEYS_BURST]);
        let rest = windows.rest(at(63));
        assert_eq!(rest, [More { key, count: 2 * KEYS_BURST, seconds: 1 }]);
    }
}
