//! A folder of the file system.
//!
//! Owns the lock file. Uses `fdatasync` for data, `fsync` for the folder, `fallocate` for space.

use crate::error::RecoverError;
use crate::files;
use crate::storage::{LockError, Storage, StorageFile};
use rustix::fs::FallocateFlags;
use rustix::io::Errno;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

const LOCK_NAME: &str = "LOCK";

/// Files in a folder of the file system.
#[derive(Debug)]
pub struct FileStorage {
    folder: PathBuf,
    writable: bool,
    /// The lock lasts as long as this file is open.
    lock: Mutex<Option<File>>,
}

impl FileStorage {
    /// A folder for writing; it is made when it does not exist.
    ///
    /// # Errors
    /// [`RecoverError::Io`] when it cannot be made.
    pub fn open(folder: &Path) -> Result<FileStorage, RecoverError> {
        make_folder(folder).map_err(|source| RecoverError::Io {
            operation: "making the folder",
            file: folder.display().to_string(),
            source,
        })?;
        refuse_link(folder)?;
        Ok(FileStorage { folder: folder.to_owned(), writable: true, lock: Mutex::new(None) })
    }

    /// A folder that exists, without its lock: nothing can be changed through it.
    ///
    /// # Errors
    /// [`RecoverError::NoLog`] when there is no such folder.
    pub fn open_read_only(folder: &Path) -> Result<FileStorage, RecoverError> {
        if !folder.is_dir() {
            return Err(RecoverError::NoLog { folder: folder.display().to_string() });
        }
        refuse_link(folder)?;
        Ok(FileStorage { folder: folder.to_owned(), writable: false, lock: Mutex::new(None) })
    }

    fn refuse_unless_writable(&self) -> io::Result<()> {
        if self.writable {
            return Ok(());
        }
        Err(io::Error::new(ErrorKind::PermissionDenied, "the folder is open for reading only"))
    }
}

impl Storage for FileStorage {
    fn location(&self) -> String {
        self.folder.display().to_string()
    }

    fn lock(&self) -> Result<(), LockError> {
        self.refuse_unless_writable()?;
        let mut held = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_some() {
            return Ok(());
        }
        let path = self.folder.join(LOCK_NAME);
        let mut file = files::open_or_create(&path).map_err(|error| naming(&path, error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Held { holder: holder(&mut file) });
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        // The pid only helps people; nothing depends on it, and a full disk takes no byte of it.
        let _untold = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        *held = Some(file);
        Ok(())
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        let path = self.folder.join(name);
        let file = if self.writable { files::open_to_write(&path) } else { files::open(&path) };
        Ok(Arc::new(OnDisk { file: file? }))
    }

    fn create(&self, name: &str, len_bytes: u64) -> io::Result<Arc<dyn StorageFile>> {
        self.refuse_unless_writable()?;
        let file = OnDisk { file: files::create(&self.folder.join(name))? };
        file.set_len(len_bytes)?;
        Ok(Arc::new(file))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.refuse_unless_writable()?;
        let to = self.folder.join(to);
        files::refuse_link(&to)?;
        fs::rename(self.folder.join(from), to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.refuse_unless_writable()?;
        fs::remove_file(self.folder.join(name))
    }

    fn sync_dir(&self) -> io::Result<()> {
        sync_folder(&self.folder)
    }
}

/// Makes the folder and those above it that are missing, each durable in its parent.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    make_folder(parent)?;
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => sync_folder(parent),
        Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

fn refuse_link(folder: &Path) -> Result<(), RecoverError> {
    files::refuse_link(folder).map_err(|source| RecoverError::Io {
        operation: "opening the folder",
        file: folder.display().to_string(),
        source,
    })
}

/// The error, with the name of the file that it is about.
fn naming(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[derive(Debug)]
struct OnDisk {
    file: File,
}

impl StorageFile for OnDisk {
    fn len_bytes(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < buffer.len() {
            match self.file.read_at(&mut buffer[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(read) => done += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn set_len(&self, len_bytes: u64) -> io::Result<()> {
        let before = self.len_bytes()?;
        let Some(grown) = len_bytes.checked_sub(before).filter(|grown| *grown > 0) else {
            return self.file.set_len(len_bytes);
        };
        match rustix::fs::fallocate(&self.file, FallocateFlags::empty(), before, grown) {
            Ok(()) => Ok(()),
            // A file system that cannot reserve space gives a sparse file instead.
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => self.file.set_len(len_bytes),
            Err(error) => Err(error.into()),
        }
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}
