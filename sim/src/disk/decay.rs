//! Damage to what a running process reads: a bit, or a block.

use super::image::BLOCK_BYTES;
use super::storage::{Disk, lock};
use crate::random::Random;
use zentra_runtime::FolderPart;

/// A file as it was.
pub(crate) struct Before {
    file: String,
    bytes: Vec<u8>,
}

impl Disk {
    /// Changes what is read of a segment. None when there is nothing in it.
    pub(crate) fn decays(&self, random: &mut Random) -> Option<Before> {
        let mut state = lock(&self.state);
        let images = &mut state.folders.get_mut(&FolderPart::Log)?.images;
        let names: Vec<String> =
            images.keys().filter(|name| name.ends_with(".seg")).cloned().collect();
        let file = random.pick(names.get(..).filter(|names| !names.is_empty())?).clone();
        let live = &mut images.get_mut(&file)?.live;
        let before = Before { file, bytes: live.clone() };
        let end = live.iter().rposition(|byte| *byte != 0)? + 1;
        let (at, other) = (random.place(end), random.place(end));
        let block = |at: usize| at / BLOCK_BYTES * BLOCK_BYTES;
        match random.below(3) {
            0 => live[at] ^= 1 << random.below(8),
            1 => live[block(at)..(block(at) + BLOCK_BYTES).min(end)].fill(0),
            _ => {
                let length = BLOCK_BYTES.min(end - block(at)).min(end - block(other));
                live.copy_within(block(other)..block(other) + length, block(at));
            }
        }
        Some(before)
    }

    /// What is read is right again.
    pub(crate) fn heals(&self, before: Before) {
        let mut state = lock(&self.state);
        let files = state.folders.entry(FolderPart::Log).or_default();
        if let Some(image) = files.images.get_mut(&before.file) {
            image.live = before.bytes;
        }
    }
}
