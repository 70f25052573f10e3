//! The space of the disk: what others take of it, and what is left.

use super::storage::{Disk, State, lock};

impl Disk {
    /// Others take all of it but so many bytes.
    pub(crate) fn leaves_free(&self, bytes: usize) {
        let mut state = lock(&self.state);
        let used = state.used();
        state.capacity = Some(used + bytes);
    }

    /// There is space again, for ever.
    pub(crate) fn has_space(&self) {
        lock(&self.state).capacity = None;
    }

    /// Bytes that are free, if that is bounded.
    pub(crate) fn free(&self) -> Option<usize> {
        lock(&self.state).free()
    }
}

impl State {
    fn used(&self) -> usize {
        let files = self.folders.values().flat_map(|files| files.images.values());
        files.map(|image| image.live.len()).sum()
    }

    pub(super) fn free(&self) -> Option<usize> {
        self.capacity.map(|capacity| capacity.saturating_sub(self.used()))
    }
}
