//! Backups: a copy of a data folder up to a position, made beside a server, checked, restored.
//!
//! Owns the manifest, the order of copying, and the refusal of what is not whole. Must not know who
//! asks for a backup, nor what entries say.

mod check;
mod copy;
#[cfg(test)]
mod cut_off;
mod error;
mod make;
mod manifest;
mod place;
mod restore;
mod within;

pub use check::{Checked, check_files};
pub use error::BackupError;
pub use make::{Made, make};
pub use manifest::{BackupFile, MANIFEST, Manifest};
pub use restore::restore;
pub use within::{log_of, snapshot_of};
