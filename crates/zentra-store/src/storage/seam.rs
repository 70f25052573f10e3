//! What the log needs from a folder and from a file in it.

use std::io;
use std::sync::Arc;

/// Why a folder was not locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody has it.
    #[error("the lock is held")]
    Held {
        /// The process, when it can be told.
        holder: Option<u32>,
    },
    /// The system failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A folder.
pub trait Storage: Send + Sync {
    /// How to name the folder in messages.
    fn location(&self) -> String;

    /// Takes the folder for this handle alone, until the handle is dropped.
    ///
    /// # Errors
    /// When another handle or process has it.
    fn lock(&self) -> Result<(), LockError>;

    /// The names of the files, in any order.
    ///
    /// # Errors
    /// When the system fails.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Opens a file that exists.
    ///
    /// # Errors
    /// `NotFound`, or when the system fails.
    fn open(&self, name: &str) -> io::Result<Arc<dyn StorageFile>>;

    /// Makes a file of `len_bytes` zero bytes, with its space reserved where the system can. A file
    /// of that name is replaced. The name is durable after [`Storage::sync_dir`], the length after
    /// [`StorageFile::sync_data`].
    ///
    /// # Errors
    /// When the system fails, for instance for want of space.
    fn create(&self, name: &str, len_bytes: u64) -> io::Result<Arc<dyn StorageFile>>;

    /// Gives a file another name; a file that has it already is replaced, in one step. Durable
    /// after [`Storage::sync_dir`].
    ///
    /// # Errors
    /// `NotFound`, or when the system fails.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Takes a file away. Durable after [`Storage::sync_dir`].
    ///
    /// # Errors
    /// `NotFound`, or when the system fails.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes the names of created files durable.
    ///
    /// # Errors
    /// When the system fails.
    fn sync_dir(&self) -> io::Result<()>;
}

/// An open file. Reads and writes name their offset, so that one handle serves many threads.
pub trait StorageFile: Send + Sync {
    /// The length.
    ///
    /// # Errors
    /// When the system fails.
    fn len_bytes(&self) -> io::Result<u64>;

    /// Fills as much of `buffer` as the file has from `offset`; returns how much.
    ///
    /// # Errors
    /// When the system fails.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes all bytes at `offset`. Durable after [`StorageFile::sync_data`], in any order before.
    ///
    /// # Errors
    /// When the system fails; then any part may have been written.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Cuts the file, or extends it with zero bytes.
    ///
    /// # Errors
    /// When the system fails.
    fn set_len(&self, len_bytes: u64) -> io::Result<()>;

    /// Makes every write and length before this call durable.
    ///
    /// # Errors
    /// When the system fails; then it is not known what is durable.
    fn sync_data(&self) -> io::Result<()>;
}
