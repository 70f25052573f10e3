//! What a process does with its data folder beside the log, and with its master key.

use super::state::World;
use crate::failure::{Checked, must};
use crate::faults::Fault;
use crate::node::Asked;
use zentra_events::Position;

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
