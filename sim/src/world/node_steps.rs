//! The process, one step at a time.

use super::state::{Event, World};
use crate::failure::{Checked, fail};
use crate::faults::Fault;
use crate::node::{Answer, Decided, Node, Output};
use crate::oracle::{Answered, sending_of};
use crate::words;
use zentra_engine::ItemOutcome;
use zentra_events::{Entry, Position};
use zentra_runtime::{Answer as Told, Step};

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
        match self.node().decides() {
            Step::Done | Step::Yield => {
                self.oracle.time_passes(self.system(), self.agenda.now());
                self.wants_to_decide();
            }
            // The writer wakes it.
            Step::Full => {
                self.oracle.time_passes(self.system(), self.agenda.now());
                self.is_full = true;
            }
            Step::Idle => {}
            Step::Ended if self.node().is_stopping() => {}
            Step::Ended => return fail("the kernel ended by itself"),
        }
        self.wants_to_write();
        Ok(())
    }

    fn wants_to_write(&mut self) {
        if !self.writes {
            self.writes = true;
            let slow = self.may(Fault::Slow) && self.streams.disk.chance(5);
            if slow {
                self.meets(Fault::Slow);
            }
            let (least, most) =
                if slow { (1_000_000_000, 30_000_000_000) } else { (10_000, 2_000_000) };
            let wait = self.streams.disk.magnitude(least, most);
            let process = self.process;
            if self.may(Fault::Crash) && self.streams.faults.chance(12) {
                let before = self.streams.faults.below(wait);
                self.later(before, Event::Crashes { process });
            }
            self.later(wait, Event::Writes { process });
        }
    }

    pub(super) fn writes(&mut self) -> Checked {
        self.writes = false;
        if self.may(Fault::Disk) && self.streams.disk.chance(1) {
            let operations = self.streams.disk.below(3);
            self.stops_the_disk(Fault::Disk, operations);
        }
        match self.node().writes() {
            Err(error) => return self.breaks(&error),
            Ok(Step::Idle) => return Ok(()),
            Ok(Step::Ended) => return self.stopped(),
            Ok(_) => {}
        }
        if std::mem::take(&mut self.is_full) {
            self.wants_to_decide();
        }
        self.wants_to_write();
        self.views();
        let answered = self.decided_ones();
        if answered.is_empty() {
            return Ok(());
        }
        self.releases(answered)?;
        self.sends()?;
        self.marks()?;
        self.wants_a_snapshot();
        self.may_stop();
        self.may_fill();
        self.may_decay()?;
        self.checks_the_state()?;
        if self.may(Fault::Crash) && self.streams.faults.chance(30) {
            self.will_crash();
        }
        Ok(())
    }

    /// A group was answered: all that it tells is durable, in this order.
    fn releases(&mut self, answered: Vec<(u64, Output)>) -> Checked {
        let from = self.oracle.next();
        let (entries, chain) = self.node().entries(from).or_else(fail)?;
        let ends = Position(from.get() + entries.len() as u64);
        if let Some(chain) = chain {
            self.oracle.chained(ends, chain)?;
        }
        if !entries.is_empty() {
            self.last_group = from;
        }
        let mut entries = entries.into_iter().peekable();
        for (sending, output) in answered {
            // Slices of a batch that is answered later, or the last ones of this.
            let in_slices = self.oracle.is_in_slices(sending);
            while entries
                .peek()
                .is_some_and(|entry| (sending_of(&entry.header) == sending) == in_slices)
                && records(&output)
            {
                let Some(entry) = entries.next() else { break };
                self.survives(&entry)?;
            }
            let answer = match output {
                Output::Items(Ok(outcomes)) if in_slices => Answer::Slices(outcomes),
                output => answer(sending, output, &mut entries)?,
            };
            let decided = Decided { sending, now: self.oracle.time(), answer };
            let answered = match self.is_right_for_space(sending, &decided.answer)? {
                Some(answered) => {
                    self.oracle.is_refused(sending, &answered);
                    answered
                }
                None => self.oracle.decided(&decided)?,
            };
            self.says_what_is_told();
            self.say(format_args!("{sending} is answered: {}", words::answered(&answered)));
            match &decided.answer {
                Answer::Entry(entry) => self.tells(entry),
                Answer::Items(_, entries) => entries.iter().for_each(|entry| self.tells(entry)),
                Answer::Repeat(_) | Answer::Refused(_) | Answer::Slices(_) => {}
            }
            if self.sealed(sending, &decided.answer) {
                continue;
            }
            match self.reported.remove(&sending) {
                Some(delivery) if matches!(answered, Answered::Refused(_)) => {
                    self.node().abandoned(delivery);
                }
                Some(_) => {}
                None => self.answers(sending, answered),
            }
        }
        for entry in entries {
            self.survives(&entry)?;
        }
        self.log_has_grown()
    }

    /// An entry is there that nobody was told of yet.
    fn survives(&mut self, entry: &Entry) -> Checked {
        self.oracle.survived(entry)?;
        self.says_what_is_told();
        self.tells(entry);
        Ok(())
    }

    /// What the entries tell that were judged since this was last done.
    pub(super) fn says_what_is_told(&mut self) {
        for (position, told) in self.oracle.told() {
            let told = words::facts(&told);
            self.say(format_args!("entry {} tells: {told}", position.get()));
        }
    }

    /// Who was answered by the writer. Who found no room is told at once, whatever is durable.
    fn decided_ones(&mut self) -> Vec<(u64, Output)> {
        let mut decided = Vec::new();
        for (sending, output) in self.node().answered() {
            let (Output::Command(Err(error)) | Output::Items(Err(error))) = &output else {
                decided.push((sending, output));
                continue;
            };
            self.say(format_args!("{sending} finds no room: {error}"));
            if self.no_room_to_seal(sending) {
                continue;
            }
            if let Some(delivery) = self.reported.remove(&sending) {
                self.node().abandoned(delivery);
            }
        }
        decided
    }
}

/// Whether an answer tells of entries.
fn records(output: &Output) -> bool {
    match output {
        Output::Command(told) => matches!(told, Ok(Told::Entry(_))),
        Output::Items(outcomes) => outcomes
            .iter()
            .flatten()
            .any(|outcome| matches!(outcome, ItemOutcome::Created(_) | ItemOutcome::Rejected(..))),
    }
}

/// An answer with the entries that it tells of, as the log has them.
fn answer(
    sending: u64,
    output: Output,
    entries: &mut impl Iterator<Item = Entry>,
) -> Checked<Answer> {
    Ok(match output {
        Output::Command(Ok(Told::Entry(told))) => match entries.next() {
            Some(entry) if entry == *told => Answer::Entry(Box::new(entry)),
            other => {
                let other = other.map(|entry| entry.header.position.get());
                let told = told.header.position.get();
                return fail(format!("{sending} was told entry {told}, the log has {other:?}"));
            }
        },
        Output::Command(Ok(Told::Repeat(position))) => Answer::Repeat(position),
        Output::Command(Ok(Told::Refused(refusal))) => Answer::Refused(refusal),
        Output::Items(Ok(outcomes)) => {
            let recorded = |outcome: &&ItemOutcome| {
                matches!(outcome, ItemOutcome::Created(_) | ItemOutcome::Rejected(..))
            };
            let count = outcomes.iter().filter(recorded).count();
            Answer::Items(outcomes, entries.take(count).collect())
        }
        Output::Command(Err(error)) | Output::Items(Err(error)) => {
            return fail(format!("{sending}: {error}"));
        }
    })
}
