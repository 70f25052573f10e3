//! What is done to the process: it is killed, stopped, held up and started again, and its clock is
//! set.
//!
//! Owns when. Must not know what is asked meanwhile.

use super::driver::Driver;
use crate::failure::{Checked, fail, must};
use crate::faults::Fault;
use std::time::Duration;

/// A year, in nanoseconds: the most that the clock is set by, and is off by at most twice.
const YEAR: u64 = 365 * 24 * 3_600 * 1_000_000_000;

impl Driver {
    /// A server starts.
    pub(super) fn starts(&mut self) -> Checked {
        self.counts.starts += 1;
        self.follower.oracle.time_begins(self.passed());
        self.server = Some(self.site.serve()?);
        self.say(format_args!("a server starts"));
        let log = self.log();
        self.follower.is_whole(&log)?;
        self.follows()
    }

    /// Perhaps something happens to the process.
    pub(super) fn meets_a_fault(&mut self) -> Checked {
        if let Some(server) = &mut self.server
            && server.has_ended()
        {
            return fail(format!("the server ended by itself: {}", self.site.said()));
        }
        let faults = &self.settings.faults;
        let [crash, stop, slow, clock] =
            [Fault::Crash, Fault::Stop, Fault::Slow, Fault::Clock].map(|fault| faults.has(fault));
        if crash && self.streams.faults.chance(12) {
            self.kills()?;
            return self.starts();
        }
        if stop && self.streams.faults.chance(8) {
            self.stops()?;
            return self.starts();
        }
        if slow && self.streams.faults.chance(15) {
            self.holds()?;
        }
        if clock && self.streams.clock.chance(25) {
            self.sets_the_clock()?;
        }
        Ok(())
    }

    /// SIGKILL, in the middle of whatever is under way.
    fn kills(&mut self) -> Checked {
        let Some(server) = self.server.take() else { return Ok(()) };
        self.say(format_args!("the server is killed"));
        server.kill();
        self.has_ended()
    }

    /// SIGTERM, in the middle of whatever is under way.
    pub(super) fn stops(&mut self) -> Checked {
        let Some(server) = self.server.take() else { return Ok(()) };
        self.say(format_args!("the server is told to stop"));
        server.stop()?;
        self.has_ended()
    }

    fn has_ended(&mut self) -> Checked {
        self.lands_all()?;
        let receipts = self.receivers.since(self.follower.receipts.count);
        let log = self.log();
        self.time_passes();
        let judged = self.follower.has_ended(&log, receipts);
        self.tells();
        judged
    }

    /// SIGSTOP, and SIGCONT after a while.
    fn holds(&mut self) -> Checked {
        let Some(server) = &self.server else { return Ok(()) };
        server.signal("STOP")?;
        let wait = Duration::from_micros(self.streams.faults.magnitude(1_000, 300_000));
        self.say(format_args!("the server is held up for {wait:?}"));
        let held = self.lands_within(wait);
        if let Some(server) = &self.server {
            server.signal("CONT")?;
        }
        held
    }

    fn sets_the_clock(&mut self) -> Checked {
        let by = self.streams.clock.magnitude(1_000, YEAR);
        let off = self.site.off();
        let back = match off.unsigned_abs() > YEAR {
            true => off > 0,
            false => self.streams.clock.chance(500),
        };
        let by = i64::try_from(by).unwrap_or(i64::MAX);
        let way = if back { "back" } else { "forward" };
        self.say(format_args!("the clock is set {way} by {by} ns"));
        self.time_passes();
        self.site.sets_the_clock(if back { -by } else { by })
    }

    /// Nothing is asked any more: all comes to rest, is shown as it is, and is whole offline.
    pub(super) fn ends(&mut self) -> Checked {
        self.calm = true;
        self.receivers.calm_down();
        self.say(format_args!("the faults are over"));
        self.lands_all()?;
        self.comes_to_rest()?;
        self.is_shown()?;
        self.site.is_backed_up()?;
        self.stops()?;
        let journal = &["log", "journal", "--scope", "scope-0"][..];
        for args in [&["log", "verify"][..], &["rebuild", "--verify"], journal] {
            self.site.ran(args)?;
        }
        must(self.follower.oracle.next().get() > 0, || "nothing is in the log".to_owned())
    }
}
