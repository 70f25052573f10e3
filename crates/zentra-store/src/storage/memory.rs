//! A folder in memory: for tests and for logs that need not outlive the process.

use crate::storage::{LockError, Storage, StorageFile};
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// A folder in memory. Clones are handles to the same folder.
#[derive(Debug, Default)]
pub struct MemoryStorage {
    folder: Arc<Folder>,
    holds_lock: AtomicBool,
}

#[derive(Debug, Default)]
struct Folder {
    files: Mutex<BTreeMap<String, Arc<InMemory>>>,
    locked: AtomicBool,
}

impl MemoryStorage {
    /// An empty folder.
    pub fn new() -> MemoryStorage {
        MemoryStorage::default()
    }

    /// A folder with these files.
    pub fn with_files(files: BTreeMap<String, Vec<u8>>) -> MemoryStorage {
        let storage = MemoryStorage::new();
        for (name, bytes) in files {
            storage.files().insert(name, Arc::new(InMemory { bytes: RwLock::new(bytes) }));
        }
        storage
    }

    /// A copy of every file.
    pub fn to_files(&self) -> BTreeMap<String, Vec<u8>> {
        let files = self.files();
        files.iter().map(|(name, file)| (name.clone(), file.read().clone())).collect()
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<String, Arc<InMemory>>> {
        self.folder.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for MemoryStorage {
    fn clone(&self) -> MemoryStorage {
        MemoryStorage { folder: Arc::clone(&self.folder), holds_lock: AtomicBool::new(false) }
    }
}

impl Drop for MemoryStorage {
    fn drop(&mut self) {
        if self.holds_lock.load(Ordering::Acquire) {
            self.folder.locked.store(false, Ordering::Release);
        }
    }
}

impl Storage for MemoryStorage {
    fn location(&self) -> String {
        "memory".to_owned()
    }

    fn lock(&self) -> Result<(), LockError> {
        if self.holds_lock.load(Ordering::Acquire) {
            return Ok(());
        }
        if self.folder.locked.swap(true, Ordering::AcqRel) {
            return Err(LockError::Held { holder: Some(std::process::id()) });
        }
        self.holds_lock.store(true, Ordering::Release);
        Ok(())
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.files().keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        match self.files().get(name) {
            Some(file) => Ok(Arc::clone(file) as Arc<dyn StorageFile>),
            None => Err(ErrorKind::NotFound.into()),
        }
    }

    fn create(&self, name: &str, len_bytes: u64) -> io::Result<Arc<dyn StorageFile>> {
        let bytes = vec![0; to_usize(len_bytes)?];
        let file = Arc::new(InMemory { bytes: RwLock::new(bytes) });
        self.files().insert(name.to_owned(), Arc::clone(&file));
        Ok(file)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = self.files();
        let file = files.remove(from).ok_or(ErrorKind::NotFound)?;
        files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.files().remove(name).map(drop).ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn sync_dir(&self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Debug)]
struct InMemory {
    bytes: RwLock<Vec<u8>>,
}

impl InMemory {
    fn read(&self) -> std::sync::RwLockReadGuard<'_, Vec<u8>> {
        self.bytes.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Vec<u8>> {
        self.bytes.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StorageFile for InMemory {
    fn len_bytes(&self) -> io::Result<u64> {
        Ok(self.read().len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(copy_from(&self.read(), offset, buffer))
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        copy_into(&mut self.write(), to_usize(offset)?, bytes);
        Ok(())
    }

    fn set_len(&self, len_bytes: u64) -> io::Result<()> {
        self.write().resize(to_usize(len_bytes)?, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Fills `buffer` from `offset` of the file's bytes; returns how much there was.
pub(crate) fn copy_from(bytes: &[u8], offset: u64, buffer: &mut [u8]) -> usize {
    let from = usize::try_from(offset).ok().and_then(|start| bytes.get(start..)).unwrap_or(&[]);
    let length = from.len().min(buffer.len());
    buffer[..length].copy_from_slice(&from[..length]);
    length
}

/// Writes into the file's bytes, which grow when they must.
pub(crate) fn copy_into(file: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    file[offset..end].copy_from_slice(bytes);
}

pub(crate) fn to_usize(length: u64) -> io::Result<usize> {
    usize::try_from(length).map_err(|_| ErrorKind::InvalidInput.into())
}
