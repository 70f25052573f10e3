//! Why a list cannot be read or kept.
//!
//! Owns the words. Must not know who is told.

use zentra_events::Position;
use zentra_runtime::LogError;

/// Why a view cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The key-value store failed.
    #[error("the view store: {0}")]
    Store(#[from] fjall::Error),
    /// A stored row is not JSON.
    #[error("a view row: {0}")]
    Row(#[from] serde_json::Error),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// What is durable is not in the log.
    #[error("the entry at position {} is durable and cannot be read", .0.get())]
    NotDurable(Position),
    /// A stored key has not the form of one.
    #[error("a key of the view store has not the form of one")]
    Key,
    /// The cursor is not one that this list gave.
    #[error("the cursor is not one that this list gave")]
    BadCursor,
    /// The folder cannot be cleared.
    #[error("the view folder: {0}")]
    Folder(#[from] std::io::Error),
}
