//! List views: what people page through and filter, folded from durable entries.
//!
//! Kept in an ordered key-value store off the command path; deletable, and folded again from the
//! log when missing.

mod ahead;
#[cfg(test)]
mod ahead_lives;
mod dated;
mod fold;
mod key;
mod list;
#[cfg(test)]
mod lives;
mod replays;
mod row;
mod rows;
#[cfg(test)]
mod sent;
mod store;
mod told;

pub(crate) use ahead::Seen;
pub(crate) use dated::takes_effect;
pub use list::{ListKind, Page, RowFilter};
pub use rows::Rows;
pub use store::{ViewError, Views, run};
