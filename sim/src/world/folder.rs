//! What a process does with its data folder beside the log, and with its master key.

use super::state::{Event, World};
use crate::failure::{Checked, fail, must};
use crate::faults::Fault;
use crate::node::{Asked, Node};
use zentra_events::Position;
use zentra_runtime::{FolderPart, Opened, Recovered};

/// How often the end of the log is marked, while it grows.
const MARKED_EVERY: u64 = 1_000_000_000;

impl World {
    /// Marks how far the log is durable, now and then.
    pub(super) fn marks(&mut self) -> Checked {
        let now = self.agenda.now();
        if now < self.beside.marked_at + MARKED_EVERY {
            return Ok(());
        }
        self.beside.marked_at = now;
        if self.may(Fault::Crash) && self.streams.folder.chance(50) {
            let operations = self.streams.folder.below(5);
            self.stops_the_disk(Fault::Crash, operations);
        }
        let Some(node) = &self.node else { return Ok(()) };
        match node.marks() {
            Ok(marked) => {
                let marked = marked.unwrap_or(Position::ZERO);
                self.beside.marked = self.beside.marked.max(marked);
                self.say(format_args!("the mark says {}", marked.get()));
                Ok(())
            }
            // The disk's next operation ends the process.
            Err(error) => {
                self.say(format_args!("there is no new mark: {error}"));
                must(self.disk.fails(), || format!("the disk works, and yet: {error}"))
            }
        }
    }

    /// A snapshot is due, now and then.
    pub(super) fn wants_a_snapshot(&mut self) {
        let Some(node) = &mut self.node else { return };
        if self.streams.folder.chance(15) && node.asks_for_a_view() {
            self.wants_to_decide();
        }
    }

    /// The kernel's view may be there: it is written while others go on.
    pub(super) fn views(&mut self) {
        if self.node.as_mut().is_some_and(Node::has_a_view) {
            let wait = self.streams.folder.magnitude(10_000, 2_000_000_000);
            let process = self.process;
            self.later(wait, Event::Snapshots { process });
        }
    }

    pub(super) fn snapshots(&mut self) -> Checked {
        self.may_cut_off_a_snapshot();
        let Some(node) = &mut self.node else { return Ok(()) };
        match node.writes_the_view() {
            Ok(None) => Ok(()),
            Ok(Some(position)) => {
                self.snapshotted(position);
                Ok(())
            }
            // The disk's next operation ends the process.
            Err(error) => self.no_snapshot(&error),
        }
    }

    fn may_cut_off_a_snapshot(&mut self) {
        if self.may(Fault::Crash) && self.streams.folder.chance(250) {
            let operations = self.streams.folder.magnitude(1, 64) - 1;
            self.stops_the_disk(Fault::Crash, operations);
        }
    }

    fn snapshotted(&mut self, position: Position) {
        self.counts.snapshots += 1;
        self.beside.snapshotted = self.beside.snapshotted.max(position);
        self.say(format_args!("a snapshot stands at {}", position.get()));
    }

    fn no_snapshot(&mut self, error: &str) -> Checked {
        self.say(format_args!("there is no new snapshot: {error}"));
        must(self.disk.fails(), || format!("the disk works, and yet: {error}"))?;
        let left = self.disk.files(FolderPart::Snapshots).into_keys();
        let half = left.into_iter().find(|name| name.ends_with(".tmp"));
        must(half.is_none() || self.disk.is_broken(), || {
            format!("what had no space is left there: {half:?}")
        })
    }

    /// The process may be told to stop.
    pub(super) fn may_stop(&mut self) {
        let Some(node) = &mut self.node else { return };
        let stops = !self.calm && self.settings.faults.has(Fault::Stop);
        if stops && self.streams.folder.chance(10) && node.is_told_to_stop() {
            self.say(format_args!("the process is told to stop"));
            self.meets(Fault::Stop);
            self.wants_to_decide();
        }
    }

    /// The kernel and the writer have ended: what they leave is a snapshot.
    pub(super) fn stopped(&mut self) -> Checked {
        self.may_cut_off_a_snapshot();
        let Some(node) = self.node.take() else { return fail("nobody was told to stop") };
        match node.leaves() {
            Ok(left) => {
                if let Some(position) = left {
                    self.snapshotted(position);
                }
                self.beside.left = left;
            }
            Err(error) => self.no_snapshot(&error)?,
        }
        self.say(format_args!("the process has stopped"));
        self.ends()
    }

    /// After a clean stop there is nothing to recover and nothing to fold.
    pub(super) fn goes_on_where_it_stopped(&mut self, opened: &Opened) -> Checked {
        let Recovered { log, snapshot, folded } = &opened.recovered;
        self.counts.from_snapshots += u64::from(snapshot.is_some());
        let left = self.beside.left.take();
        must(left.is_none() || (*snapshot, *folded) == (left, 0) && log.torn.is_none(), || {
            format!("it stopped at {left:?}, and opens with {:?}", opened.recovered)
        })
    }

    /// A secret reaches a process, which seals it: the log has it in no other form. False when it
    /// is of a scope that is not there: nobody has a key of it.
    pub(super) fn seals(&mut self, asked: &mut Asked) -> bool {
        let (Some(scope), Some(node)) = (asked.input.scope_of_secret(), &self.node) else {
            return true;
        };
        let name = self.oracle.model.scope(scope.0).and_then(|scope| scope.name.parse().ok());
        let Some(name) = name else { return false };
        node.seals(&self.env, &name, &mut asked.input);
        self.oracle.sends(asked.sending, asked.input.clone());
        true
    }
}
