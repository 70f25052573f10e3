//! The disk's folders and their files: the `Storage` seam of zentra-store.
//!
//! Operations can be made to fail from one on; then the disk fails until it is stopped. Each call
//! counts, whatever folder it is for, so that a crash can be put between any two.

use super::image::Image;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zentra_runtime::FolderPart;
use zentra_store::{LockError, Storage, StorageFile};

/// A simulated disk with a folder for each part of a data folder. Clones are handles to the same.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    pub(super) state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) folders: BTreeMap<FolderPart, Files>,
    /// Changes and syncs until all of them fail.
    pub(super) operations_left: Option<u64>,
    pub(super) fails: bool,
    pub(super) is_locked: bool,
    pub(super) is_key_exposed: bool,
    /// Bytes that all files may have, if that is bounded.
    pub(super) capacity: Option<usize>,
    /// Something was refused for want of space.
    pub(super) was_full: bool,
    operations: u64,
}

/// A folder's files.
#[derive(Clone, Default)]
pub(super) struct Files {
    pub(super) images: BTreeMap<String, Image>,
    /// Changes of names since the folder was synced, in their order.
    pub(super) renamed: Vec<Renamed>,
}

/// A file that has another name now, or none.
#[derive(Clone)]
pub(super) struct Renamed {
    from: String,
    to: Option<String>,
    /// What the name led to before: of one that is gone, the file itself.
    before: Option<Image>,
}

impl Renamed {
    /// It has reached the disk, and that the file was made before.
    pub(super) fn keep(&self, files: &mut BTreeMap<String, Image>) {
        let renamed = self.to.as_ref().and_then(|to| files.get_mut(to));
        renamed.into_iter().for_each(|image| image.named = true);
    }

    /// It has not reached the disk.
    pub(super) fn undo(self, files: &mut BTreeMap<String, Image>) {
        match self.to {
            Some(to) => {
                let renamed = files.remove(&to);
                files.extend(renamed.map(|image| (self.from, image)));
                files.extend(self.before.map(|image| (to, image)));
            }
            None => files.extend(self.before.map(|image| (self.from, image))),
        }
    }
}

impl Disk {
    /// Makes every change and sync fail after so many more, until the disk is stopped.
    pub(crate) fn fail_after(&self, operations: u64) {
        lock(&self.state).operations_left = Some(operations);
    }

    /// Whether it has begun to fail, or had no space.
    pub(crate) fn fails(&self) -> bool {
        let state = lock(&self.state);
        state.fails || state.was_full
    }

    /// Whether it has begun to fail: not even a file is taken away.
    pub(crate) fn is_broken(&self) -> bool {
        lock(&self.state).fails
    }

    /// Whether something was refused for want of space.
    pub(crate) fn lacked_space(&self) -> bool {
        lock(&self.state).was_full
    }

    /// A copy that changes on its own, with all that was written, durable or not.
    pub(crate) fn copy(&self) -> Disk {
        let mut state = State { folders: lock(&self.state).folders.clone(), ..State::default() };
        for files in state.folders.values_mut() {
            files.renamed.clear();
            files.images.values_mut().for_each(Image::sync);
        }
        Disk { state: Arc::new(Mutex::new(state)) }
    }

    /// A copy of which a part is not there.
    pub(crate) fn copy_without(&self, part: FolderPart) -> Disk {
        let copy = self.copy();
        lock(&copy.state).folders.remove(&part);
        copy
    }

    /// Whether others may read the master key.
    pub(super) fn is_key_exposed(&self) -> bool {
        lock(&self.state).is_key_exposed
    }

    /// One of its folders.
    pub(super) fn folder(&self, part: FolderPart) -> Folder {
        Folder { part, state: Arc::clone(&self.state), holds_lock: AtomicBool::new(false) }
    }
}

impl State {
    fn operate(&mut self) -> io::Result<()> {
        self.operations += 1;
        match &mut self.operations_left {
            None => Ok(()),
            Some(0) => {
                self.fails = true;
                Err(io::Error::other("the disk fails"))
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }

    /// How much of a growth there is space for; an error when that is not all of it.
    fn grow(&mut self, bytes: usize) -> Result<(), usize> {
        let Some(free) = self.free() else { return Ok(()) };
        if bytes <= free {
            return Ok(());
        }
        self.was_full = true;
        Err(free)
    }

    fn files(&mut self, part: FolderPart) -> &mut Files {
        self.folders.entry(part).or_default()
    }

    fn image(&mut self, part: FolderPart, name: &str) -> io::Result<&mut Image> {
        let images = &mut self.files(part).images;
        images.get_mut(name).ok_or_else(|| ErrorKind::NotFound.into())
    }
}

/// A folder of the disk, as a process has it open.
pub(super) struct Folder {
    part: FolderPart,
    state: Arc<Mutex<State>>,
    holds_lock: AtomicBool,
}

impl Folder {
    fn file(&self, name: &str) -> Arc<dyn StorageFile> {
        let (part, name) = (self.part, name.to_owned());
        Arc::new(File { part, name, state: Arc::clone(&self.state) })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.holds_lock.load(Ordering::Relaxed) {
            lock(&self.state).is_locked = false;
        }
    }
}

impl Storage for Folder {
    fn location(&self) -> String {
        "the simulated disk".to_owned()
    }

    fn lock(&self) -> Result<(), LockError> {
        if std::mem::replace(&mut lock(&self.state).is_locked, true) {
            return Err(LockError::Held { holder: Some(1) });
        }
        self.holds_lock.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(lock(&self.state).files(self.part).images.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        lock(&self.state).image(self.part, name)?;
        Ok(self.file(name))
    }

    fn create(&self, name: &str, len_bytes: u64) -> io::Result<Arc<dyn StorageFile>> {
        let mut state = lock(&self.state);
        state.operate()?;
        let len = usize::try_from(len_bytes).map_err(io::Error::other)?;
        state.files(self.part).images.insert(name.to_owned(), Image::of_zeros(0));
        state.grow(len).map_err(no_space)?;
        state.files(self.part).images.insert(name.to_owned(), Image::of_zeros(len));
        Ok(self.file(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = lock(&self.state);
        state.operate()?;
        let files = state.files(self.part);
        let image = files.images.remove(from).ok_or(ErrorKind::NotFound)?;
        let before = files.images.insert(to.to_owned(), image);
        files.renamed.push(Renamed { from: from.to_owned(), to: Some(to.to_owned()), before });
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = lock(&self.state);
        state.operate()?;
        let files = state.files(self.part);
        let image = files.images.remove(name).ok_or(ErrorKind::NotFound)?;
        files.renamed.push(Renamed { from: name.to_owned(), to: None, before: Some(image) });
        Ok(())
    }

    fn sync_dir(&self) -> io::Result<()> {
        let mut state = lock(&self.state);
        state.operate()?;
        let files = state.files(self.part);
        files.renamed.clear();
        for image in files.images.values_mut() {
            image.named = true;
        }
        Ok(())
    }
}

struct File {
    part: FolderPart,
    name: String,
    state: Arc<Mutex<State>>,
}

impl StorageFile for File {
    fn len_bytes(&self) -> io::Result<u64> {
        Ok(lock(&self.state).image(self.part, &self.name)?.live.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = lock(&self.state);
        let live = &state.image(self.part, &self.name)?.live;
        let rest = usize::try_from(offset).ok().and_then(|at| live.get(at..)).unwrap_or(&[]);
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = lock(&self.state);
        state.operate()?;
        let at = usize::try_from(offset).map_err(io::Error::other)?;
        let before = state.image(self.part, &self.name)?.live.len();
        let fits = state.grow((at + bytes.len()).saturating_sub(before));
        let length = match fits {
            Ok(()) => bytes.len(),
            // As much of it as there is space for.
            Err(free) => (before + free).saturating_sub(at).min(bytes.len()),
        };
        state.image(self.part, &self.name)?.write(at, &bytes[..length]);
        fits.map_err(no_space)
    }

    fn set_len(&self, len_bytes: u64) -> io::Result<()> {
        let mut state = lock(&self.state);
        state.operate()?;
        let len = usize::try_from(len_bytes).map_err(io::Error::other)?;
        let before = state.image(self.part, &self.name)?.live.len();
        state.grow(len.saturating_sub(before)).map_err(no_space)?;
        state.image(self.part, &self.name)?.set_len(len);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = lock(&self.state);
        state.operate()?;
        state.image(self.part, &self.name)?.sync();
        Ok(())
    }
}

fn no_space(_free: usize) -> io::Error {
    ErrorKind::StorageFull.into()
}

pub(super) fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
