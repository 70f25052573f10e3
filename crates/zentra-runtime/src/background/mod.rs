//! What follows the log beside the command path: its threads, stores, rests, and snapshots.

mod late;
mod pace;
mod snapshots;
mod store;
mod thread;

pub use late::{Ended, Late, PartState, keep};
pub use pace::{FOLLOWER_RESTS, Pace, may_write, tell_behind};
pub use snapshots::snapshots;
pub use store::{open_store, small_buffers};
pub use thread::spawn;
pub(crate) use thread::step_back_a_little;
