//! A disk that is full, or nearly so: who is told, and what must follow.

use super::state::{Event, World};
use crate::failure::{Checked, must};
use crate::faults::Fault;
use crate::node::{Answer, Input};
use crate::oracle::Answered;
use std::io::ErrorKind;
use zentra_delivery::DeliveryCommand;
use zentra_engine::{Command, ItemOutcome, Space};
use zentra_runtime::OpenError;
use zentra_store::RecoverError;

/// How often a process looks at the space of its disk.
const EVERY: u64 = 1_000_000_000;
/// The code of what is refused for want of space.
pub(super) const LOW: &str = "storage_low";
/// The part of the mark below which nothing is recorded.
const RESERVE_PART: usize = 16;

impl World {
    /// Others may take the space of the disk.
    pub(super) fn may_fill(&mut self) {
        if self.may(Fault::Full) && self.disk.free().is_none() && self.streams.folder.chance(10) {
            self.meets(Fault::Full);
            let bytes = self.streams.folder.magnitude(1, 600_000);
            self.disk.leaves_free(bytes as usize);
            self.say(format_args!("the disk has {bytes} bytes left"));
            let wait = self.streams.folder.magnitude(100_000_000, 60_000_000_000);
            self.later(wait, Event::SpaceIsMade);
            let process = self.process;
            let soon = self.streams.folder.below(EVERY);
            self.later(soon, Event::Looks { process });
        }
    }

    /// Somebody makes space.
    pub(super) fn makes_space(&mut self) {
        if self.disk.free().is_some() {
            self.disk.has_space();
            self.say(format_args!("the disk has space again"));
        }
    }

    /// What the disk has space for, as a server is set.
    pub(super) fn space(&mut self) -> Space {
        let mark = self.beside.free_min;
        match self.disk.free() {
            Some(free) if free < mark / RESERVE_PART => Space::Full,
            Some(free) if free < mark => Space::Low,
            _ => Space::Enough,
        }
    }

    /// A process that starts has its setting, and looks.
    pub(super) fn sets_the_mark(&mut self) {
        if self.settings.faults.has(Fault::Full) {
            self.beside.free_min = *self.streams.folder.pick(&[0, 20_000, 200_000, 400_000]);
            if self.disk.free().is_some() {
                let process = self.process;
                self.later(EVERY, Event::Looks { process });
            }
        }
    }

    /// A disk without space opens, unless it has no master key yet.
    pub(super) fn needs_no_space(&self, error: &OpenError) -> Checked {
        let source = match error {
            OpenError::Recover(RecoverError::Io { source, .. }) => source,
            _ => return Ok(()),
        };
        // A log of which nothing is left has nowhere to put a header.
        let is_lost = self.damage.is_some();
        must(source.kind() != ErrorKind::StorageFull || is_lost, || {
            format!("for want of space the log does not open: {error}")
        })
    }

    /// The process looks, and tells its kernel.
    pub(super) fn looks(&mut self) {
        let space = self.space();
        let Some(node) = &mut self.node else { return };
        let before = node.space();
        let told = node.tells_space(space);
        if before != space {
            self.say(format_args!("the process knows of {space:?} space"));
            self.wants_to_decide();
        }
        if !told || space != Space::Enough || self.disk.free().is_some() {
            let process = self.process;
            self.later(EVERY, Event::Looks { process });
        }
    }

    /// Whether attempts may be made: what they bring could not be recorded otherwise.
    pub(super) fn attempts_nothing(&mut self) -> bool {
        let is_full = self.node.as_ref().is_some_and(|node| node.space() == Space::Full);
        if is_full {
            let now = self.agenda.now();
            self.beside.held_until = now;
            let process = self.process;
            if self.sends_at.is_none_or(|at| at <= now) {
                self.sends_at = Some(now + EVERY);
                self.later(EVERY, Event::Sends { process });
            }
        }
        is_full
    }

    /// What was refused for want of space was refused while there was too little, and what was
    /// recorded was not recorded without any. The answer, when it was refused.
    pub(super) fn is_right_for_space(
        &mut self,
        sending: u64,
        answer: &Answer,
    ) -> Checked<Option<Answered>> {
        let outcome = match self.oracle.input(sending) {
            Some(Input::Command(request)) => matches!(
                request.command,
                Command::Seal(_) | Command::Delivery(DeliveryCommand::AttemptFinished { .. })
            ),
            _ => false,
        };
        let closes = |space: &Space| match outcome {
            true => *space == Space::Full,
            false => *space != Space::Enough,
        };
        let Some(node) = &self.node else { return Ok(None) };
        let spaces = node.spaces_since(sending);
        let (any, all) = (spaces.iter().any(closes), spaces.iter().all(closes));
        self.oracle.lacks_space = any;
        let low =
            |item: &ItemOutcome| matches!(item, ItemOutcome::Refused(r) if r.code.as_str() == LOW);
        let (is_low, is_recorded) = match answer {
            Answer::Refused(refusal) => (refusal.code.as_str() == LOW, false),
            Answer::Entry(_) => (false, true),
            Answer::Repeat(_) => (false, false),
            Answer::Items(items, entries) => (items.iter().any(low), !entries.is_empty()),
            // There may have been space for the first ones.
            Answer::Slices(items) => (items.iter().any(low), false),
        };
        must(!is_low || any, || format!("{sending} is refused for want of space: {spaces:?}"))?;
        must(!(is_recorded && all), || format!("{sending} is recorded without space: {spaces:?}"))?;
        Ok((is_low && matches!(answer, Answer::Refused(_))).then_some(Answered::Refused(LOW)))
    }
}
