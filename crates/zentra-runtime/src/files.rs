//! The process's files, shared out before anything asks for one.
//!
//! A server that runs out of files can neither take a connection nor write a table, and a store
//! that failed once stays closed. So what may grow with callers gets a share that leaves the rest
//! alone. Owns the shares. Must not open anything.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are kept free for the log's next segments, snapshots and whatever comes and goes.
const HEADROOM: u64 = 48;
/// Connections there are always, however few files.
const CONNECTIONS_MIN: u64 = 8;
/// Attempts there are always.
const ATTEMPTS_MIN: u64 = zentra_delivery::PLACES_MIN as u64;
/// The least that a store takes.
const STORE_MIN: u64 = 10;
/// The most of its tables that a store keeps open.
const STORE_MAX: u64 = 900;

/// What may be open at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileShares {
    /// Connections of callers.
    pub connections: usize,
    /// Delivery attempts.
    pub attempts: usize,
}

/// Raises the process's limit as far as the system lets it, and shares the files out. The settings
/// are met where there are enough.
pub fn share_files(connections_max: usize, attempts_max: usize) -> FileShares {
    let total = raised();
    let open = std::fs::read_dir("/proc/self/fd").map_or(HEADROOM, |open| open.count() as u64);
    let shares = shared(total, open, connections_max, attempts_max);
    if shares.connections < connections_max || shares.attempts < attempts_max {
        tracing::warn!(
            files = total,
            connections = shares.connections,
            attempts = shares.attempts,
            "the limit on open files (ulimit -n) is low: fewer connections and attempts at once"
        );
    }
    shares
}

/// Tables that each of the two stores beside the log keeps open.
pub fn store_share() -> usize {
    let total = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(of_store(total)).unwrap_or(usize::MAX)
}

fn raised() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum {
        let all = Rlimit { current: maximum, maximum };
        match setrlimit(Resource::Nofile, all) {
            Ok(()) => return maximum.unwrap_or(u64::MAX),
            Err(error) => tracing::debug!(%error, "the limit on open files stays"),
        }
    }
    current.unwrap_or(u64::MAX)
}

/// A sixteenth for each store; of the rest one half for connections and a quarter for attempts,
/// which keep as many idle connections again.
fn shared(total: u64, open: u64, connections_max: usize, attempts_max: usize) -> FileShares {
    let taken = open.saturating_add(HEADROOM).saturating_add(2 * of_store(total));
    let rest = total.saturating_sub(taken);
    let few = |share: u64, least: u64| usize::try_from(share.max(least)).unwrap_or(usize::MAX);
    FileShares {
        connections: connections_max.min(few(rest / 2, CONNECTIONS_MIN)),
        attempts: attempts_max.min(few(rest / 4, ATTEMPTS_MIN)),
    }
}

fn of_store(total: u64) -> u64 {
    (total / 16).clamp(STORE_MIN, STORE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_files_are_shared_and_many_meet_the_settings() {
        let all = |shares: FileShares| (shares.connections, shares.attempts);
        assert_eq!(all(shared(256, 20, 4_096, 512)), (78, 39));
        assert_eq!(all(shared(1_048_576, 200, 4_096, 512)), (4_096, 512));
        assert_eq!(all(shared(u64::MAX, 200, 4_096, 512)), (4_096, 512));
        assert_eq!(all(shared(64, 60, 4_096, 512)), (8, 3));
        for total in [256, 1_024, 4_096] {
            let shares = shared(total, 30, usize::MAX, usize::MAX);
            let taken = (shares.connections + 2 * shares.attempts) as u64 + 2 * of_store(total);
            assert!(taken + 30 + HEADROOM <= total, "{total}: {shares:?}");
        }
    }
}
