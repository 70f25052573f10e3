//! How much space the disk has, and who is told.
//!
//! Below the mark that is set, what callers ask to record is refused; below a part of it what
//! follows the log writes nothing, so that what it still owes for entries that are in the log does
//! not take the space of outcomes; below the reserve nothing is recorded at all, since a write that
//! fails ends the process. Owns the marks. Must not know what is refused.

use crate::config::Config;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::watch;
use zentra_engine::Space;
use zentra_runtime::Handle;
use zentra_runtime::background::Ticks;

/// How often the file system is asked. Between two looks the log can take a part of the reserve.
const EVERY: Duration = Duration::from_secs(1);
/// Free bytes below which nothing is recorded: outcomes of deliveries and checkpoints end here.
const RESERVE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// The reserve is at most this part of the mark.
const RESERVE_PART: u64 = 16;
/// Below this part of the mark followers write nothing.
const FOLLOWED_PART: u64 = 2;

/// What a disk has space for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskSpace {
    /// What may be recorded.
    pub space: Space,
    /// Whether what follows the log may write.
    pub followers: bool,
}

/// The disk of a data folder.
#[derive(Clone, Debug)]
pub struct Disk {
    folder: PathBuf,
    free_min: u64,
    read_only: bool,
}

impl Disk {
    /// The disk of this configuration's data folder.
    pub fn of(config: &Config) -> Disk {
        Disk {
            folder: config.data.clone(),
            free_min: config.disk_free_min_bytes,
            read_only: config.read_only,
        }
    }

    /// What it has space for now. One that cannot be asked has enough: a write tells.
    pub fn space(&self) -> DiskSpace {
        let found = match free_bytes(&self.folder) {
            Ok(free) => {
                metrics::gauge!("zentra_disk_free_bytes").set(free as f64);
                space_of(free, self.free_min)
            }
            Err(error) => {
                tracing::debug!(%error, "the file system does not tell its free space");
                DiskSpace { space: Space::Enough, followers: true }
            }
        };
        if self.read_only { DiskSpace { space: Space::ReadOnly, ..found } } else { found }
    }

    /// Tells the kernel and the followers whenever it changes.
    pub async fn watch(self, handle: Handle, stopping: watch::Receiver<bool>) {
        let mut ticks = Ticks::every(EVERY, stopping);
        while ticks.next().await {
            let disk = self.clone();
            let Ok(found) = tokio::task::spawn_blocking(move || disk.space()).await else { return };
            let DiskSpace { space, followers } = found;
            if handle.let_followers_write(followers) {
                match followers {
                    true => tracing::info!("lists and evidence go on"),
                    false => tracing::warn!("little disk space: lists and evidence do not go on"),
                }
            }
            if space != handle.space() && handle.set_space(space) {
                match space {
                    Space::Enough => tracing::info!("the disk has space again"),
                    Space::Low => tracing::warn!("little disk space: requests are refused"),
                    Space::Full => tracing::warn!("no disk space: nothing is recorded"),
                    Space::ReadOnly => tracing::warn!("read-only: nothing is recorded"),
                }
            }
        }
    }
}

fn space_of(free: u64, free_min: u64) -> DiskSpace {
    let reserve = (free_min / RESERVE_PART).min(RESERVE_BYTES_MAX);
    let space = match free {
        free if free < reserve => Space::Full,
        free if free < free_min => Space::Low,
        _ => Space::Enough,
    };
    DiskSpace { space, followers: free >= free_min / FOLLOWED_PART }
}

fn free_bytes(folder: &Path) -> io::Result<u64> {
    let told = rustix::fs::statvfs(folder)?;
    Ok(told.f_bavail.saturating_mul(told.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_below_what_followers_leave_and_that_is_below_the_mark() {
        const GIB: u64 = 1 << 30;
        let told = |free, free_min| {
            let DiskSpace { space, followers } = space_of(free, free_min);
            (space, followers)
        };
        assert_eq!(told(GIB, GIB), (Space::Enough, true));
        assert_eq!(told(GIB - 1, GIB), (Space::Low, true));
        assert_eq!(told(GIB / 2, GIB), (Space::Low, true));
        assert_eq!(told(GIB / 2 - 1, GIB), (Space::Low, false));
        assert_eq!(told(64 << 20, GIB), (Space::Low, false));
        assert_eq!(told((64 << 20) - 1, GIB), (Space::Full, false));
        assert_eq!(told(15, 256), (Space::Full, false));
        assert_eq!(told(16, 256), (Space::Low, false));
        assert_eq!(told(0, 0), (Space::Enough, true), "without a mark nothing is watched");
        assert!(free_bytes(Path::new(".")).unwrap() > 0);
    }
}
