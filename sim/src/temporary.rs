//! Folders of runs.
//!
//! Owns their names, which tell whose they are, what processes that are gone left behind, and what
//! is the machine's fault. Must not know what is in them.

use crate::stopped::stop;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile, TempDir};

/// How names begin; the process and something of its own follow.
const PREFIX: &str = "zentra-sim-";
/// Where files are in memory.
const MEMORY: &str = "/dev/shm";
/// What a run needs, at the least, to be judged by what it does.
const ROOM_BYTES: usize = 1 << 20;

/// Where folders are.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// In memory, if the system has such a place.
    Memory,
    Disk,
}

impl Place {
    fn path(self) -> PathBuf {
        match self {
            Place::Memory if Path::new(MEMORY).exists() => PathBuf::from(MEMORY),
            Place::Memory | Place::Disk => std::env::temp_dir(),
        }
    }

    /// An empty folder: it goes when this is dropped.
    pub(crate) fn folder(self) -> TempDir {
        let made = made_in(&self.path()).or_else(|_| made_in(&Place::Disk.path()));
        made.unwrap_or_else(|error| {
            stop(&format!("this machine makes no folder for a run: {error}"))
        })
    }

    /// What failed is this machine's, if there is no more room for folders here.
    pub(crate) fn stop_without_room(self, failure: &str) {
        let path = self.path();
        if let Err(error) = has_room(&path) {
            let path = path.display();
            stop(&format!("this machine has no room in {path} ({error}), and so: {failure}"));
        }
    }
}

/// Removes the folders of processes that are gone: who is killed leaves its own.
pub(crate) fn sweep() {
    for place in [Place::Memory, Place::Disk] {
        sweep_in(&place.path(), &|process| Path::new("/proc").join(process).exists());
    }
}

fn made_in(place: &Path) -> io::Result<TempDir> {
    let name = format!("{PREFIX}{}-", std::process::id());
    Builder::new().prefix(&name).tempdir_in(place)
}

fn has_room(place: &Path) -> io::Result<()> {
    NamedTempFile::new_in(place)?.write_all(&vec![1; ROOM_BYTES])
}

fn sweep_in(place: &Path, lives: &dyn Fn(&str) -> bool) {
    let items = fs::read_dir(place).into_iter().flatten().flatten();
    for item in items {
        let name = item.file_name();
        let process = name.to_str().and_then(process);
        if process.is_some_and(|process| !lives(process)) {
            let _is_somebody_elses = fs::remove_dir_all(item.path()).is_err();
        }
    }
}

/// Whose folder this is.
fn process(name: &str) -> Option<&str> {
    let (process, _) = name.strip_prefix(PREFIX)?.split_once('-')?;
    process.parse::<u32>().is_ok().then_some(process)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_processes_that_are_gone_are_swept_and_no_others() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        let others = ["zentra-sim-77-a", "zentra-sim-abcdef", "zentra-sim-x-a", "else-5-a"];
        for name in others.iter().chain(&["zentra-sim-5-a", "zentra-sim-5-b"]) {
            fs::create_dir(at(name)).unwrap();
            fs::write(at(name).join("file"), "x").unwrap();
        }
        sweep_in(place.path(), &|process| process == "77");
        assert!(others.iter().all(|name| at(name).exists()));
        assert!(!at("zentra-sim-5-a").exists() && !at("zentra-sim-5-b").exists());
    }

    #[test]
    fn a_folder_tells_whose_it_is() {
        let folder = Place::Memory.folder();
        let name = folder.path().file_name().and_then(|name| name.to_str());
        assert_eq!(name.and_then(process), Some(std::process::id().to_string().as_str()));
    }
}
