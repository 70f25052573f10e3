//! What the deployment can still hold, whatever a scope may: memory for the state, positions of the
//! log, space on the disk.
//!
//! Owns these refusals. What leaves nothing in memory goes on when the memory is used up. Must not
//! know scopes and their quotas, nor how much memory or disk a machine has.

use crate::batch::GROUP_ITEMS_MAX;
use crate::engine::Engine;
use crate::error::Refusal;
use crate::space::Space;
use zentra_events::Code;
use zentra_events::limits::POSITION_BITS;

/// Seconds after which a request that found the disk too full may be sent again.
const STORAGE_RETRY_SECONDS: u64 = 5;

impl Engine {
    /// Sets how many bytes the state may take.
    pub fn set_state_bytes_max(&mut self, bytes: u64) {
        self.state_bytes_max = bytes;
    }

    /// About how many bytes the state takes.
    pub fn state_bytes(&self) -> u64 {
        self.meters.held_bytes()
    }

    /// Why the state cannot hold so many bytes more, or the log one more entry, if it cannot. The
    /// state can always hold nothing more.
    pub(crate) fn state_is_full(&self, bytes: u64) -> Option<Refusal> {
        // A linked group that begins has all its positions.
        if self.next.get().saturating_add(GROUP_ITEMS_MAX as u64) >> POSITION_BITS != 0 {
            return Some(Refusal::new(Code::LimitReached, "the log has no positions left"));
        }
        let full = self.state_bytes().saturating_add(bytes) > self.state_bytes_max && bytes > 0;
        full.then(|| {
            Refusal::new(
                Code::LimitReached,
                format!(
                    "the state has reached the deployment's limit of {} bytes; what only moves \
                     what is there goes on, without an Idempotency-Key",
                    self.state_bytes_max
                ),
            )
        })
    }

    /// How much space the disk has, as it was set.
    pub fn space(&self) -> Space {
        self.space
    }

    /// Sets how much space the disk has.
    pub fn set_space(&mut self, space: Space) {
        self.space = space;
    }

    /// Why nothing is recorded for a caller, if nothing is.
    pub(crate) fn records_nothing(&self) -> Option<Refusal> {
        match self.space {
            Space::Enough => None,
            Space::Low | Space::Full => {
                let detail = "the server's disk has no space but its reserve, which is kept for \
                              outcomes of deliveries; reads go on; try again when space was made";
                Some(Refusal::new(Code::StorageLow, detail).until(STORAGE_RETRY_SECONDS))
            }
            Space::ReadOnly => Some(Refusal::read_only()),
        }
    }
}
