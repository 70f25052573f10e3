//! List views: what people page through and filter, folded from durable entries.
//!
//! Kept in an ordered key-value store off the command path; deletable, and folded again from the
//! log when missing.

mod dated;
mod fold;
mod key;
mod list;
#[cfg(test)]
mod lives;
mod row;
mod store;
mod told;

pub use list::{ListKind, Page, RowFilter};
pub use store::{ViewError, Views, run};
