//! The suite of the log's contract, on each storage.

use crate::support::{SMALL, open};
use tempfile::TempDir;
use zentra_log::LogWriter;
use zentra_log::conformance::{self, Place};
use zentra_store::{CrashStorage, FileStorage, MemoryStorage, Storage};

fn opened(storage: impl Storage + 'static) -> Box<dyn LogWriter> {
    Box::new(open(storage, SMALL).unwrap().0)
}

struct Memory(MemoryStorage);

impl Place for Memory {
    fn open(&mut self) -> Box<dyn LogWriter> {
        opened(self.0.clone())
    }

    fn lose_power(&mut self, _: &dyn Fn(usize) -> bool) {}

    fn fail_after(&mut self, _: u64) -> bool {
        false
    }
}

struct Crash(CrashStorage);

impl Place for Crash {
    fn open(&mut self) -> Box<dyn LogWriter> {
        opened(self.0.clone())
    }

    fn lose_power(&mut self, keep: &dyn Fn(usize) -> bool) {
        self.0 = CrashStorage::with_files(self.0.after_crash(keep).to_files());
    }

    fn fail_after(&mut self, operations: u64) -> bool {
        self.0.fail_after(operations);
        true
    }
}

/// A folder; the machine keeps its power, so that only the process may be gone.
struct Folder(TempDir);

impl Place for Folder {
    fn open(&mut self) -> Box<dyn LogWriter> {
        opened(FileStorage::open(self.0.path()).unwrap())
    }

    fn lose_power(&mut self, _: &dyn Fn(usize) -> bool) {}

    fn fail_after(&mut self, _: u64) -> bool {
        false
    }
}

#[test]
fn in_memory() {
    conformance::run(|| Memory(MemoryStorage::new()));
}

#[test]
fn on_a_disk_that_loses_power() {
    conformance::run(|| Crash(CrashStorage::new()));
}

#[test]
fn in_a_folder() {
    conformance::run(|| Folder(tempfile::tempdir().unwrap()));
}
