//! List views: what people page through and filter, folded from durable entries.
//!
//! Kept in an ordered key-value store off the command path; deletable, and folded again from the
//! log when missing. Owns the rows, the words for how far an intent has come, and the sums by which
//! a past balance is found. Must not know HTTP, or who asks.

mod ahead;
#[cfg(test)]
mod ahead_lives;
mod as_of;
mod asked;
mod dated;
mod dated_posting;
mod endpoint_mark;
mod error;
mod fold;
mod follower;
mod key;
mod list;
#[cfg(test)]
mod lives;
mod progress;
mod replay_counts;
mod replays;
mod row;
mod rows;
#[cfg(test)]
mod sent;
mod store;
mod told;
mod views;

pub use ahead::ReadOutcome;
pub use as_of::{Read, Totals, last_recorded, prev, totals_at};
pub use asked::asked;
pub use dated::{Dated, takes_effect};
pub use error::ViewError;
pub use follower::run;
pub use key::ListKind;
pub use list::{Page, RowFilter};
pub use progress::Progress;
pub use replays::ReplayProgress;
pub use rows::Rows;
pub use views::Views;
