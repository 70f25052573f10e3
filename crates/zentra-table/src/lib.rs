//! The tables that write-side state is kept in, and the canonical bytes of their rows.
//!
//! They grow without a stall, and a clone shares what does not change: a snapshot holds a read view
//! of the state while the writer goes on. Owns how rows are kept and how they become bytes. Must
//! not know what a row means; pure, like everything that uses it.

mod dense;
mod index;
mod key_hash;
mod key_table;
mod section;
mod sparse;
mod visits;

pub use dense::Dense;
pub use key_hash::NameKey;
pub use key_table::{KeyTable, NUMBERS_MAX};
pub use section::{SectionError, SectionReader, SectionWriter, section_bytes};
pub use sparse::Sparse;
#[cfg(feature = "visits")]
pub use visits::visited;
