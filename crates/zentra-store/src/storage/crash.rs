//! A disk that can lose power: what was written is not what is durable until it is synced.
//!
//! Owns two images of each file, the live one and the durable one, and the unsynced blocks between
//! them; a file's name is durable once the folder was synced. A crash keeps any choice of the
//! unsynced blocks and names. Operations can be made to fail from the n-th on. For tests.

use crate::storage::memory::MemoryStorage;
use crate::storage::{LockError, Storage, StorageFile};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The unit that a disk writes whole.
const BLOCK_BYTES: usize = 512;

#[derive(Default)]
struct Disk {
    files: BTreeMap<String, Image>,
    /// Changes of names since the folder was synced, in their order.
    renamed: Vec<Renamed>,
    operations_left: Option<u64>,
    /// Bytes by which files may still grow.
    room: Option<u64>,
    syncs: u64,
}

#[derive(Clone, Default)]
struct Image {
    live: Vec<u8>,
    durable: Vec<u8>,
    named: bool,
    unsynced: Vec<(usize, Vec<u8>)>,
}

/// A file that has another name now, or none.
#[derive(Clone)]
struct Renamed {
    from: String,
    to: Option<String>,
    /// What the name led to before: of one that is gone, the file itself.
    before: Option<Image>,
}

impl Renamed {
    /// It has reached the disk, and that the file was made before.
    fn keep(&self, files: &mut BTreeMap<String, Image>) {
        let renamed = self.to.as_ref().and_then(|to| files.get_mut(to));
        renamed.into_iter().for_each(|image| image.named = true);
    }

    fn undo(self, files: &mut BTreeMap<String, Image>) {
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

/// A folder on a disk that can lose power. Clones are handles to the same folder.
#[derive(Clone, Default)]
pub struct CrashStorage {
    disk: Arc<Mutex<Disk>>,
}

impl CrashStorage {
    /// An empty folder.
    pub fn new() -> CrashStorage {
        CrashStorage::default()
    }

    /// A folder with these files, all durable.
    pub fn with_files(files: BTreeMap<String, Vec<u8>>) -> CrashStorage {
        let storage = CrashStorage::new();
        for (name, bytes) in files {
            let (live, durable) = (bytes.clone(), bytes);
            let image = Image { live, durable, named: true, unsynced: Vec::new() };
            lock(&storage.disk).files.insert(name, image);
        }
        storage
    }

    /// Makes every change and sync fail after `operations` more.
    pub fn fail_after(&self, operations: u64) {
        lock(&self.disk).operations_left = Some(operations);
    }

    /// Lets files grow by so many bytes more and then says that the disk is full.
    pub fn full_after(&self, bytes: u64) {
        lock(&self.disk).room = Some(bytes);
    }

    /// How many syncs of files succeeded.
    pub fn syncs(&self) -> u64 {
        lock(&self.disk).syncs
    }

    /// How many blocks are written and not synced.
    pub fn unsynced_blocks(&self) -> usize {
        lock(&self.disk).files.values().map(|image| image.unsynced.len()).sum()
    }

    /// What is on the disk after the power is lost: what was synced, and of the unsynced blocks and
    /// names those that `keep` (called with 0, 1, ... in order) says.
    pub fn after_crash(&self, mut keep: impl FnMut(usize) -> bool) -> MemoryStorage {
        let disk = lock(&self.disk);
        let mut number = 0;
        let mut asked = || {
            number += 1;
            keep(number - 1)
        };
        let mut images = disk.files.clone();
        // The system writes them down in their order.
        let kept = disk.renamed.iter().take_while(|_| asked()).count();
        for renamed in disk.renamed[kept..].iter().rev() {
            renamed.clone().undo(&mut images);
        }
        disk.renamed[..kept].iter().for_each(|renamed| renamed.keep(&mut images));
        let mut files = BTreeMap::new();
        for (name, image) in &images {
            let mut bytes = image.durable.clone();
            for (at, block) in &image.unsynced {
                if asked() {
                    copy_in(&mut bytes, *at, block);
                }
            }
            if image.named || asked() {
                files.insert(name.clone(), bytes);
            }
        }
        MemoryStorage::with_files(files)
    }
}

impl Disk {
    fn operate(&mut self) -> io::Result<()> {
        match &mut self.operations_left {
            None => Ok(()),
            Some(0) => Err(io::Error::other("the disk fails now")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }

    fn grow(&mut self, bytes: usize) -> io::Result<()> {
        let Some(room) = &mut self.room else { return Ok(()) };
        match room.checked_sub(bytes as u64) {
            Some(left) => *room = left,
            None => return Err(io::ErrorKind::StorageFull.into()),
        }
        Ok(())
    }

    fn image(&mut self, name: &str) -> io::Result<&mut Image> {
        self.files.get_mut(name).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}

impl Storage for CrashStorage {
    fn location(&self) -> String {
        "a simulated disk".to_owned()
    }

    fn lock(&self) -> Result<(), LockError> {
        Ok(())
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(lock(&self.disk).files.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        lock(&self.disk).image(name)?;
        Ok(Arc::new(CrashFile { name: name.to_owned(), disk: Arc::clone(&self.disk) }))
    }

    fn create(&self, name: &str, len_bytes: u64) -> io::Result<Arc<dyn StorageFile>> {
        let mut disk = lock(&self.disk);
        disk.operate()?;
        let len = usize::try_from(len_bytes).map_err(io::Error::other)?;
        disk.files.insert(name.to_owned(), Image::default());
        // Without space for it the file is there all the same, and empty.
        disk.grow(len)?;
        disk.image(name)?.live.resize(len, 0);
        Ok(Arc::new(CrashFile { name: name.to_owned(), disk: Arc::clone(&self.disk) }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut disk = lock(&self.disk);
        disk.operate()?;
        let image = disk.files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        let before = disk.files.insert(to.to_owned(), image);
        disk.renamed.push(Renamed { from: from.to_owned(), to: Some(to.to_owned()), before });
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut disk = lock(&self.disk);
        disk.operate()?;
        let image = disk.files.remove(name).ok_or(io::ErrorKind::NotFound)?;
        disk.renamed.push(Renamed { from: name.to_owned(), to: None, before: Some(image) });
        Ok(())
    }

    fn sync_dir(&self) -> io::Result<()> {
        let mut disk = lock(&self.disk);
        disk.operate()?;
        disk.renamed.clear();
        for image in disk.files.values_mut() {
            image.named = true;
        }
        Ok(())
    }
}

struct CrashFile {
    name: String,
    disk: Arc<Mutex<Disk>>,
}

impl StorageFile for CrashFile {
    fn len_bytes(&self) -> io::Result<u64> {
        Ok(lock(&self.disk).image(&self.name)?.live.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut disk = lock(&self.disk);
        let live = &disk.image(&self.name)?.live;
        let rest = usize::try_from(offset).ok().and_then(|at| live.get(at..)).unwrap_or(&[]);
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut disk = lock(&self.disk);
        disk.operate()?;
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let image = disk.image(&self.name)?;
        copy_in(&mut image.live, start, bytes);
        let mut at = start;
        while at < start + bytes.len() {
            let end = ((at / BLOCK_BYTES + 1) * BLOCK_BYTES).min(start + bytes.len());
            image.unsynced.push((at, bytes[at - start..end - start].to_vec()));
            at = end;
        }
        Ok(())
    }

    fn set_len(&self, len_bytes: u64) -> io::Result<()> {
        let mut disk = lock(&self.disk);
        disk.operate()?;
        let len = usize::try_from(len_bytes).map_err(io::Error::other)?;
        let before = disk.image(&self.name)?.live.len();
        disk.grow(len.saturating_sub(before))?;
        disk.image(&self.name)?.live.resize(len, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut disk = lock(&self.disk);
        disk.operate()?;
        let image = disk.image(&self.name)?;
        image.durable = image.live.clone();
        image.unsynced.clear();
        disk.syncs += 1;
        Ok(())
    }
}

fn copy_in(to: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if to.len() < end {
        to.resize(end, 0);
    }
    to[at..end].copy_from_slice(bytes);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
