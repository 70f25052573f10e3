//! Whole files at rest: copied, put there and taken away while no process runs.

use super::image::Image;
use super::storage::{Disk, lock};
use std::collections::BTreeMap;
use zentra_runtime::FolderPart;

/// Files and their bytes.
pub(crate) type Bytes = BTreeMap<String, Vec<u8>>;

impl Disk {
    /// The files of a part.
    pub(crate) fn files(&self, part: FolderPart) -> Bytes {
        let state = lock(&self.state);
        let images = state.folders.get(&part).map(|files| &files.images);
        let bytes = |(name, image): (&String, &Image)| (name.clone(), image.durable.clone());
        images.into_iter().flatten().map(bytes).collect()
    }

    /// Puts a file there.
    pub(crate) fn put(&self, part: FolderPart, name: &str, bytes: &[u8]) {
        let image = Image::at_rest(bytes);
        lock(&self.state).folders.entry(part).or_default().images.insert(name.to_owned(), image);
    }

    /// Puts files in the place of those of a part.
    pub(crate) fn replaces(&self, part: FolderPart, files: &Bytes) {
        lock(&self.state).folders.remove(&part);
        files.iter().for_each(|(name, bytes)| self.put(part, name, bytes));
    }

    /// Takes a file away.
    pub(crate) fn lose(&self, part: FolderPart, name: &str) {
        if let Some(files) = lock(&self.state).folders.get_mut(&part) {
            files.images.remove(name);
        }
    }

    /// Others may read the master key from now on.
    pub(crate) fn exposes_the_key(&self) {
        lock(&self.state).is_key_exposed = true;
    }

    /// A hash of all that is on it.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        for (part, files) in &lock(&self.state).folders {
            for (name, image) in &files.images {
                hasher.update(format!("{part:?}/{name} {}\n", image.live.len()).as_bytes());
                hasher.update(&image.live);
            }
        }
        *hasher.finalize().as_bytes()
    }
}
