//! Since when what waits is due, and how much is parked, over all queues: what an operator watches.
//!
//! Owns the sums, kept as queues change, so that telling them takes no walk. Must not decide what
//! starts.

use std::collections::BTreeSet;
use zentra_events::Timestamp;

/// What each queue told last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dues {
    queues: Vec<QueueDue>,
    /// Queues by when the first of what may be attempted is due.
    order: BTreeSet<(Timestamp, u32)>,
    parked: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct QueueDue {
    due: Option<Timestamp>,
    parked: usize,
}

impl Dues {
    /// Takes in when the first of a queue is due, if one may be attempted, and how many are parked.
    pub(crate) fn tell(&mut self, queue: u32, due: Option<Timestamp>, parked: usize) {
        let index = queue as usize;
        if self.queues.len() <= index {
            self.queues.resize(index + 1, QueueDue::default());
        }
        let before = std::mem::replace(&mut self.queues[index], QueueDue { due, parked });
        self.parked = self.parked - before.parked + parked;
        if before.due != due {
            self.order.extend(due.map(|due| (due, queue)));
            if let Some(before) = before.due {
                self.order.remove(&(before, queue));
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
