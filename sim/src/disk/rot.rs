//! Damage to bytes at rest: what nobody wrote, and what a disk says it wrote and did not.

use super::image::BLOCK_BYTES;
use super::storage::{Disk, lock};
use crate::random::Random;
use zentra_runtime::FolderPart;

/// One bit of one frame is another one.
pub(crate) const ONE_BIT: &str = "a bit flipped";

/// What was done to a file while no process had it open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    /// The file.
    pub(crate) file: String,
    /// The first byte that is another one, from the start of the file.
    pub(crate) first: usize,
    /// What it was.
    pub(crate) kind: &'static str,
}

impl Disk {
    /// Damages a segment at rest, within the bytes that are not zero; none when there are none.
    pub(crate) fn damage(&self, random: &mut Random) -> Option<Damage> {
        let mut state = lock(&self.state);
        let images = &mut state.folders.get_mut(&FolderPart::Log)?.images;
        let names: Vec<String> =
            images.keys().filter(|name| name.ends_with(".seg")).cloned().collect();
        let file = random.pick(names.get(..).filter(|names| !names.is_empty())?).clone();
        let image = images.get_mut(&file)?;
        let end = image.durable.iter().rposition(|byte| *byte != 0)? + 1;
        let before = image.durable.clone();
        let at = random.place(end);
        let block = at / BLOCK_BYTES * BLOCK_BYTES;
        let whole = block..(block + BLOCK_BYTES).min(image.durable.len());
        let kind = match random.below(6) {
            0..3 => {
                image.durable[at] ^= 1 << random.below(8);
                ONE_BIT
            }
            3 => {
                image.durable[whole].fill(0);
                "a block was lost"
            }
            4 => {
                let other = random.place(end) / BLOCK_BYTES * BLOCK_BYTES;
                let from = other..(other + BLOCK_BYTES).min(image.durable.len());
                let bytes = image.durable[from].to_vec();
                let to = whole.start..(whole.start + bytes.len()).min(whole.end);
                let length = to.len();
                image.durable[to].copy_from_slice(&bytes[..length]);
                "a block was written in another's place"
            }
            _ => {
                image.durable[at..].fill(0);
                "the tail was cut"
            }
        };
        image.live.clone_from(&image.durable);
        let first = before.iter().zip(&image.durable).position(|(was, is)| was != is)?;
        Some(Damage { file, first, kind })
    }
}
