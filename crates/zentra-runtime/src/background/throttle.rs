//! How fast a follower may go: it rests while the log grows, and waits while the disk is short.
//!
//! Owns the rests, and telling how far behind a follower is. Must not know what it does.

use crate::handle::Handle;
use std::time::Duration;
use tokio::sync::watch;
use zentra_env::Env;
use zentra_events::Position;

/// Tells how many entries a follower lacks: none once it has caught up.
pub fn tell_behind(name: &'static str, entries: u64) {
    metrics::gauge!("zentra_follower_behind_entries", "follower" => name).set(entries as f64);
}

/// How often a follower that must not write says how far it is behind.
const TOLD_EVERY: Duration = Duration::from_secs(1);

/// Waits until the disk has space for what a follower writes: false when the server stops. Tells
/// meanwhile how far it is behind, and does what must go on all the same.
pub async fn may_write(
    (name, reached): (&'static str, Position),
    handle: &Handle,
    stopping: &mut watch::Receiver<bool>,
    mut meanwhile: impl FnMut(),
) -> bool {
    let (mut may, durable) = (handle.followers_may_write(), handle.durable());
    while !*may.borrow() {
        tell_behind(name, durable.borrow().get().saturating_sub(reached.get()));
        meanwhile();
        tokio::select! {
            biased;
            // A sender that is gone ends it as well.
            _ = stopping.wait_for(|stop| *stop) => return false,
            _ = handle.env().within(TOLD_EVERY, may.wait_for(|may| *may)) => {}
        }
    }
    true
}

/// Lets a follower rest while the log grows about as fast as it follows, or faster.
pub struct Throttle {
    env: Env,
    name: &'static str,
    reached: Position,
    durable: watch::Receiver<Position>,
    before: Position,
    began: Duration,
}

/// How many times as long as it worked a follower rests.
pub const FOLLOWER_RESTS: u32 = 12;
/// A log that grows by this part of what a follower follows meanwhile is busy.
const BUSY_PART: u64 = 4;

impl Throttle {
    /// The follower begins a stretch of work at a position; tells how far it is behind.
    pub fn start(name: &'static str, reached: Position, handle: &Handle) -> Throttle {
        let durable = handle.durable();
        let before = *durable.borrow();
        tell_behind(name, before.get().saturating_sub(reached.get()));
        let env = handle.env().clone();
        Throttle { began: env.passed(), env, name, reached, durable, before }
    }

    /// It has followed so many entries, and rests so many times as long as that took if the log is
    /// busy. Resting is cut short when the log closes, and by a stop: then it is false.
    pub async fn rest(
        mut self,
        (followed, times): (u64, u32),
        stopping: &mut watch::Receiver<bool>,
    ) -> bool {
        let durable = self.durable.borrow().get();
        let now = self.reached.get().saturating_add(followed);
        tell_behind(self.name, durable.saturating_sub(now));
        let grown = durable.saturating_sub(self.before.get());
        if grown <= followed / BUSY_PART {
            // A sender that is gone is a stop as well.
            return !*stopping.borrow() && stopping.has_changed().is_ok();
        }
        let worked = self.env.passed().saturating_sub(self.began);
        let rest = worked.saturating_mul(times);
        let closed = self.durable.wait_for(|_| false);
        tokio::select! {
            biased;
            _ = stopping.wait_for(|stop| *stop) => false,
            // Nothing is ever found: it ends by the time, or with the log.
            _ = self.env.within(rest, closed) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zentra_env::ManualClock;

    /// A follower that worked while the log grew, and would rest for ages.
    fn busy(log: &watch::Sender<Position>) -> Throttle {
        let clock = ManualClock::default();
        let (durable, env) = (log.subscribe(), clock.env());
        log.send_replace(Position(1_000));
        clock.advance(Duration::from_micros(1));
        let (reached, before) = (Position(0), Position(0));
        Throttle { env, name: "test", reached, durable, before, began: Duration::ZERO }
    }

    #[tokio::test]
    async fn a_stop_and_the_end_of_the_log_cut_a_rest_short() {
        let (log, (stop, mut stopping)) = (watch::Sender::new(Position(0)), watch::channel(false));
        let resting = busy(&log).rest((0, u32::MAX), &mut stopping);
        let (goes_on, ()) = tokio::join!(resting, async { drop(log) });
        assert!(goes_on);
        let log = watch::Sender::new(Position(0));
        let resting = busy(&log).rest((0, u32::MAX), &mut stopping);
        let (goes_on, ()) = tokio::join!(resting, async {
            stop.send_replace(true);
        });
        assert!(!goes_on);
        assert!(!busy(&log).rest((1_000_000, 1), &mut stopping).await, "nor without a rest");
    }
}
