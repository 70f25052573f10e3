//! The seam of the suite: a place where a store keeps a log, and what can happen to it.

use crate::log::LogWriter;

/// Where a store keeps one log, and what can happen to it there.
pub trait Place {
    /// Opens the log; an empty place becomes an empty log. No writer of it is open.
    fn open(&mut self) -> Box<dyn LogWriter>;

    /// Ends the power while no writer is open: what was synced stays, and of the rest what `keep`
    /// says (called with 0, 1, ... for each part that may be lost by itself).
    fn lose_power(&mut self, keep: &dyn Fn(usize) -> bool);

    /// Makes all that changes the storage fail after `operations` more. False where the storage
    /// cannot be made to fail.
    fn fail_after(&mut self, operations: u64) -> bool;
}
