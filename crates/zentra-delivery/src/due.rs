//! Since when what waits is due, and how much is parked, over all lanes: what an operator watches.
//!
//! Owns the sums, kept as lanes change, so that telling them takes no walk. Must not decide what
//! starts.

use std::collections::BTreeSet;
use zentra_events::Timestamp;

/// What each lane told last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dues {
    lanes: Vec<Told>,
    /// Lanes by when the first of what may be attempted is due.
    order: BTreeSet<(Timestamp, u32)>,
    parked: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Told {
    due: Option<Timestamp>,
    parked: usize,
}

impl Dues {
    /// Takes in when the first of a lane is due, if one may be attempted, and how many are parked.
    pub(crate) fn tell(&mut self, lane: u32, due: Option<Timestamp>, parked: usize) {
        let index = lane as usize;
        if self.lanes.len() <= index {
            self.lanes.resize(index + 1, Told::default());
        }
        let before = std::mem::replace(&mut self.lanes[index], Told { due, parked });
        self.parked = self.parked - before.parked + parked;
        if before.due != due {
            self.order.extend(due.map(|due| (due, lane)));
            if let Some(before) = before.due {
                self.order.remove(&(before, lane));
            }
        }
    }

    pub(crate) fn parked(&self) -> usize {
        self.parked
    }

    pub(crate) fn oldest(&self) -> Option<Timestamp> {
        self.order.first().map(|(due, _)| *due)
    }
}
