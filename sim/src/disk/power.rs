//! Power loss: of what was not synced, any part may be there, in any order.

use super::storage::{Disk, Files, lock};
use crate::random::Random;

/// What becomes of writes that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Power {
    /// The process ends, the machine goes on: all of them are there.
    Stays,
    /// None of them is there.
    LosesAll,
    /// Some blocks are there and others are not: writes are torn, lost and reordered.
    LosesSome,
}

impl Disk {
    /// The process or the machine stops. What is there afterwards is durable.
    pub(crate) fn stop(&self, power: Power, random: &mut Random) {
        let mut state = lock(&self.state);
        let kept_in_a_thousand = match power {
            Power::Stays => 1_000,
            Power::LosesAll => 0,
            Power::LosesSome => random.between(1, 999),
        };
        let mut keeps = || random.chance(kept_in_a_thousand);
        for files in state.folders.values_mut() {
            files.stop(&mut keeps);
        }
        state.operations_left = None;
        state.fails = false;
        state.was_full = false;
        state.is_locked = false;
    }
}

impl Files {
    fn stop(&mut self, keeps: &mut impl FnMut() -> bool) {
        // The system writes names down in their order.
        let renamed = std::mem::take(&mut self.renamed);
        let kept = renamed.iter().take_while(|_| keeps()).count();
        for renamed in renamed[kept..].iter().rev() {
            renamed.clone().undo(&mut self.images);
        }
        renamed[..kept].iter().for_each(|renamed| renamed.keep(&mut self.images));
        self.images.retain(|_, image| {
            for change in std::mem::take(&mut image.unsynced) {
                if keeps() {
                    image.keep(&change);
                }
            }
            let stays = image.named || keeps();
            image.named = true;
            image.live.clone_from(&image.durable);
            stays
        });
    }
}
