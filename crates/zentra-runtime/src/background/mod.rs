//! What follows the log beside the command path: its threads, stores, rests, and snapshots.

mod deferred;
mod snapshots;
mod store;
mod thread;
mod throttle;
mod ticks;

pub use deferred::{Deferred, Ended, PartState, keep};
pub use snapshots::snapshots;
pub use store::{open_store, small_buffers};
pub use thread::spawn;
pub(crate) use thread::step_back_a_little;
pub use throttle::{FOLLOWER_RESTS, Throttle, may_write, tell_behind};
pub use ticks::Ticks;
