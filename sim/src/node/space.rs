//! How much space a process is told that its disk has.

use super::process::Node;
use zentra_engine::Space;

impl Node {
    /// Tells the kernel. False when nothing more fits its inbox.
    pub(crate) fn tells_space(&mut self, space: Space) -> bool {
        if self.is_stopping() || space == self.space() {
            return true;
        }
        let told = self.handle.set_space(space);
        if told {
            self.spaces.push(space);
        }
        told
    }

    /// What it was told last.
    pub(crate) fn space(&self) -> Space {
        self.handle.space()
    }

    /// What the kernel may have known when it decided a sending: all since it was asked.
    pub(crate) fn spaces_since(&self, sending: u64) -> &[Space] {
        let from = self.asked_at.get(&sending).copied().unwrap_or(0);
        self.spaces.get(from..).unwrap_or_default()
    }
}
