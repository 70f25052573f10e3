//! Bytes at rest that change while a process runs: who reads them is refused.

use super::state::World;
use crate::failure::{Checked, fail, must};
use crate::faults::Fault;
use zentra_events::Position;

impl World {
    /// Something of the log may be read wrongly; somebody looks at all of it, and it is well again.
    pub(super) fn may_decay(&mut self) -> Checked {
        if !self.may(Fault::Rot) || !self.streams.folder.chance(10) {
            return Ok(());
        }
        let Some(node) = &self.node else { return Ok(()) };
        let (known, _) = node.entries(Position::ZERO).or_else(fail)?;
        let Some(before) = self.disk.decays(&mut self.streams.folder) else { return Ok(()) };
        let read = node.reads_no_other(&known);
        self.disk.heals(before);
        let (count, error) = read.or_else(fail)?;
        must(error.is_some() || count == known.len(), || {
            format!("of {} entries {count} are read, and nobody is told", known.len())
        })?;
        self.meets(Fault::Rot);
        let told = error.unwrap_or_else(|| "all of it, where nothing is".to_owned());
        self.say(format_args!("bytes change under the process, {count} entries are read: {told}"));
        Ok(())
    }
}
