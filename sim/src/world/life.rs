//! How processes start and end, and what becomes of the disk in between.

use super::state::{Event, World};
use crate::disk::{ONE_BIT, Power};
use crate::failure::{Checked, fail, must};
use crate::faults::Fault;
use crate::node::{Node, open, reread};
use crate::words;
use std::time::{Duration, UNIX_EPOCH};
use zentra_events::{Position, Timestamp};
use zentra_runtime::{OpenError, Opened, ProofError};

/// What becomes of what was not synced: torn writes are the ones that teach most.
const POWER: [Power; 4] = [Power::Stays, Power::LosesAll, Power::LosesSome, Power::LosesSome];

impl World {
    /// The process will end: at any moment, or in the middle of a step.
    pub(super) fn will_crash(&mut self) {
        if self.streams.faults.chance(500) {
            let operations = self.streams.faults.below(6);
            self.stops_the_disk(Fault::Crash, operations);
            self.say(format_args!("the disk will stop after {operations} operations"));
        } else {
            let wait = self.streams.faults.magnitude(1_000, 10_000_000);
            let process = self.process;
            self.later(wait, Event::Crashes { process });
        }
    }

    /// All operations of the disk but so many fail, until it is stopped.
    pub(super) fn stops_the_disk(&mut self, why: Fault, operations: u64) {
        self.stopped_by = why;
        self.disk.fail_after(operations);
    }

    pub(super) fn crashes(&mut self) -> Checked {
        self.meets(Fault::Crash);
        self.say(format_args!("the process is killed"));
        self.ends()
    }

    /// A write or a sync failed: the process ends by itself.
    pub(super) fn breaks(&mut self, error: &str) -> Checked {
        self.say(format_args!("the process ends: {error}"));
        must(self.disk.fails(), || format!("the disk works, and yet: {error}"))?;
        if self.disk.lacked_space() {
            self.stopped_by = Fault::Full;
        }
        self.meets(self.stopped_by);
        self.ends()
    }

    pub(super) fn ends(&mut self) -> Checked {
        self.node = None;
        self.files_rest()?;
        self.process += 1;
        (self.decides, self.writes, self.is_full) = (false, false, false);
        self.sends_at = None;
        self.flights.clear();
        self.starving.clear();
        self.reported.clear();
        let power = match self.may(Fault::Power) {
            false => Power::Stays,
            true => *self.streams.disk.pick(&POWER),
        };
        if power != Power::Stays {
            self.meets(Fault::Power);
        }
        self.disk.stop(power, &mut self.streams.disk);
        self.say(format_args!("of what was not synced {}", words::power(power)));
        let is_whole = self.damage.is_none() && self.beside.harm.is_none();
        if self.may(Fault::Rot) && is_whole && self.streams.disk.chance(300) {
            self.rots();
        }
        self.may_harm()?;
        if self.may(Fault::Crash) && self.streams.faults.chance(150) {
            let operations = self.streams.faults.below(14);
            self.stops_the_disk(Fault::Crash, operations);
        }
        let long = self.streams.faults.chance(50);
        let most = if long { 600_000_000_000 } else { 100_000_000 };
        let wait = self.streams.faults.magnitude(1_000_000, most);
        self.later(wait, Event::Starts);
        Ok(())
    }

    fn rots(&mut self) {
        let whole = self.disk.copy();
        if let Some(damage) = self.disk.damage(&mut self.streams.disk) {
            self.meets(Fault::Rot);
            self.say(format_args!("{}: {} at {}", damage.file, damage.kind, damage.first));
            self.whole = Some(whole);
            self.damage = Some(damage);
        }
    }

    /// A process starts on what the disk has.
    pub(super) fn starts(&mut self) -> Checked {
        self.counts.starts += 1;
        let before = self.disk.digest();
        let opened = match open(&self.env, &self.disk) {
            Ok(opened) if self.lost_its_tail(&opened) || self.is_not_read(&opened) => {
                return self.puts_it_right();
            }
            Ok(opened) => opened,
            Err(error) => return self.does_not_open(&error, before),
        };
        let mut opened = opened;
        self.sets_the_mark();
        opened.engine.set_space(self.space());
        self.follows(&opened)?;
        self.is_opened_rightly(&opened)?;
        self.goes_on_where_it_stopped(&opened)?;
        let known = self.known(&opened)?;
        let log = opened.engine.last_recorded_at().max(Timestamp(self.system()));
        let torn = opened.recovered.log.torn.is_some();
        let process = self.process;
        self.say(format_args!(
            "process {process} starts at position {}{}",
            opened.engine.next_position().get(),
            if torn { ", after a torn write" } else { "" },
        ));
        self.counts.torn += u64::from(torn);
        self.is_what_the_log_says(&opened.engine)?;
        self.oracle.time_begins(self.agenda.now());
        self.node = Some(Node::start(&self.env, &self.disk, opened));
        self.promises_anew(log);
        self.followers_start(&known)?;
        if self.node.is_none() {
            return Ok(());
        }
        // What was damaged is no part of the log.
        (self.damage, self.whole) = (None, None);
        self.sends()
    }

    fn does_not_open(&mut self, error: &OpenError, before: [u8; 32]) -> Checked {
        self.say(format_args!("the log does not open: {error}"));
        if self.disk.fails() {
            self.needs_no_space(error)?;
            self.meets(self.stopped_by);
            return self.ends();
        }
        must(self.damage.is_some() || self.beside.harm.is_some(), || {
            format!("nothing is damaged, and the log does not open: {error}")
        })?;
        self.is_refused_rightly(error)?;
        // What is refused for its key, its chain or an earlier segment has a whole end: a torn tail
        // of it may be gone.
        let was_whole = matches!(
            error,
            OpenError::Log(_)
                | OpenError::Fold(_)
                | OpenError::Identity(_)
                | OpenError::Proof(ProofError::Other(_))
        );
        must(was_whole || self.disk.digest() == before, || {
            format!("refused, and changed: {error}")
        })?;
        self.puts_it_right()
    }

    /// The newest entries, which nothing but themselves proves, were damaged at rest: that looks
    /// like a write that was torn (docs/internals/log-format.md, Limits).
    fn lost_its_tail(&mut self, opened: &Opened) -> bool {
        let next = opened.engine.next_position();
        // One bit is in one frame: what came after that was durable proves it.
        let proven = match &self.damage {
            Some(damage) if damage.kind == ONE_BIT => self.last_group,
            _ => Position::ZERO,
        };
        let least = self.beside.marked.max(self.beside.snapshotted).max(proven);
        let is_known = self.damage.is_some() && next < self.oracle.next() && next >= least;
        if is_known {
            self.say(format_args!("the log lost what no mark knows of: it ends at {}", next.get()));
        }
        is_known
    }

    /// Damage before the last segment is found by who reads it: a snapshot spares it to the start.
    fn is_not_read(&mut self, opened: &Opened) -> bool {
        if self.damage.is_none() {
            return false;
        }
        let read = reread(opened.store.reader().as_ref(), Position::ZERO, &mut |_, _| Ok(()));
        let Err(error) = read else { return false };
        self.say(format_args!("the log opens, and is not read: {error}"));
        true
    }

    /// Somebody puts a good copy of the disk in its place.
    pub(super) fn puts_it_right(&mut self) -> Checked {
        (self.damage, self.beside.harm) = (None, None);
        self.disk = self.whole.take().unwrap_or_default();
        self.later(1_000_000, Event::Starts);
        Ok(())
    }

    /// Nothing that was acknowledged is gone; what else is there is known now.
    fn follows(&mut self, opened: &Opened) -> Checked {
        let (reader, next) = (opened.store.reader(), opened.engine.next_position());
        if next < self.oracle.next() {
            return fail(format!(
                "what is before {} was acknowledged, the log ends at {}",
                self.oracle.next().get(),
                next.get()
            ));
        }
        let mut frames: Vec<(Position, [u8; 32])> = Vec::new();
        let mut failure = None;
        let from = self.oracle.next();
        if next > from {
            self.last_group = from;
        }
        let oracle = &mut self.oracle;
        reread(reader.as_ref(), Position::ZERO, &mut |frame, entry| {
            let position = entry.header.position;
            if frames.last().is_none_or(|(_, chain)| *chain != frame.chain) {
                frames.push((position, frame.chain));
            }
            if let Some(last) = frames.last_mut() {
                last.0 = position.next();
            }
            if position >= from && failure.is_none() {
                failure = oracle.survived(entry).err();
            }
            Ok(())
        })
        .or_else(|error| fail(format!("an open log is not read: {error}")))?;
        self.says_what_is_told();
        failure.map_or(Ok(()), Err)?;
        self.oracle.groups_are_whole()?;
        frames.into_iter().try_for_each(|(ends, chain)| self.oracle.chained(ends, chain))
    }

    /// The system's clock is set, and will be again.
    pub(super) fn sets_the_clock(&mut self) -> Checked {
        if self.calm {
            return Ok(());
        }
        let by = self.streams.clock.magnitude(1_000, 365 * 24 * 3_600 * 1_000_000_000);
        let back = self.streams.clock.chance(500);
        self.meets(Fault::Clock);
        self.clock = if back { self.clock.saturating_sub(by) } else { self.clock + by };
        self.manual.set(UNIX_EPOCH + Duration::from_nanos(self.system()));
        let (way, by) = (if back { "back" } else { "forward" }, words::span(by));
        self.say(format_args!("the clock is set {way} by {by}"));
        let wait = self.streams.clock.magnitude(1_000_000, 60_000_000_000);
        self.later(wait, Event::ClockIsSet);
        Ok(())
    }
}
