//! The process, one step at a time.

use super::state::{Event, World};
use crate::failure::Checked;
use crate::faults::Fault;
use crate::node::{Answer, Node};
use crate::oracle::Answered;

/// How often the end of the log is marked, while it grows.
const MARKED_EVERY: u64 = 1_000_000_000;

impl World {
    fn node(&mut self) -> &mut Node {
        self.node.as_mut().expect("a step of this process")
    }

    /// Something waits to be decided.
    pub(super) fn wants_to_decide(&mut self) {
        if !self.decides {
            self.decides = true;
            let wait = self.streams.schedule.magnitude(1_000, 100_000);
            let process = self.process;
            self.later(wait, Event::Decides { process });
        }
    }

    pub(super) fn decides(&mut self) -> Checked {
        self.decides = false;
        let (system, monotonic) = (self.system(), self.agenda.now());
        if self.node().decide(system, monotonic) {
            self.wants_to_decide();
        }
        self.wants_to_write();
        Ok(())
    }

    fn wants_to_write(&mut self) {
        if !self.writes && self.node().can_write() {
            self.writes = true;
            let wait = self.streams.schedule.magnitude(1_000, 50_000);
            let process = self.process;
            self.later(wait, Event::Writes { process });
        }
    }

    pub(super) fn writes(&mut self) -> Checked {
        if self.may(Fault::Disk) && self.streams.disk.chance(4) {
            let operations = self.streams.disk.below(3);
            self.disk.fail_after(operations);
        }
        if let Err(error) = self.node().write() {
            return self.breaks(&error);
        }
        let slow = self.may(Fault::Slow) && self.streams.disk.chance(20);
        let (least, most) =
            if slow { (1_000_000_000, 30_000_000_000) } else { (50_000, 3_000_000) };
        let wait = self.streams.disk.magnitude(least, most);
        let process = self.process;
        if self.may(Fault::Crash) && self.streams.faults.chance(20) {
            let before = self.streams.faults.below(wait);
            self.later(before, Event::Crashes { process });
        }
        self.later(wait, Event::Syncs { process });
        Ok(())
    }

    pub(super) fn syncs(&mut self) -> Checked {
        let decided = match self.node().sync() {
            Ok(decided) => decided,
            Err(error) => return self.breaks(&error),
        };
        let (ends, chain) = self.node().durable();
        self.oracle.chained(ends, chain)?;
        if self.agenda.now() >= self.marked.1 + MARKED_EVERY {
            self.marked = (ends, self.agenda.now());
        }
        for one in &decided {
            let answered = self.oracle.decided(one)?;
            self.say(format_args!("{} is answered: {answered:?}", one.sending));
            match &one.answer {
                Answer::Entry(entry) => self.tells(entry),
                Answer::Items(_, entries) => entries.iter().for_each(|entry| self.tells(entry)),
                Answer::Repeat(_) | Answer::Refused(_) => {}
            }
            match self.reported.remove(&one.sending) {
                Some(delivery) if matches!(answered, Answered::Refused(_)) => {
                    self.node().abandoned(delivery);
                }
                Some(_) => {}
                None => self.answers(one.sending, answered),
            }
        }
        self.sends()?;
        self.writes = false;
        self.wants_to_write();
        self.checks_the_state(false)?;
        if self.may(Fault::Crash) && self.streams.faults.chance(30) {
            self.will_crash();
        }
        Ok(())
    }
}
