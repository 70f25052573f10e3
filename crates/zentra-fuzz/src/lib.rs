//! What must hold of any bytes: a reader gives an error or a value, and what it reads encodes to
//! the same and back.
//!
//! A function a reader, which panics where its property does not hold. The fuzz targets in `fuzz/`
//! call them with what libFuzzer makes up, the tests here with the seeds, what is near them, and
//! what was found before.
//! Must not be part of the product.

mod batch_body;
mod decided;
mod entry;
mod fold;
mod frame;
mod life;
mod note;
mod pieces;
pub mod seeds;
mod snapshot;

pub use batch_body::check as batch_body;
pub use entry::check as entry;
pub use fold::check as fold;
pub use frame::check as frame;
pub use note::check as note;
pub use pieces::join;
pub use snapshot::check as snapshot;

/// A property of any bytes; tells whether they were read as something.
pub type Property = fn(&[u8]) -> bool;

/// Every target by its name.
pub const TARGETS: [(&str, Property); 6] = [
    ("batch_body", batch_body),
    ("entry", entry),
    ("fold", fold),
    ("frame", frame),
    ("note", note),
    ("snapshot", snapshot),
];
