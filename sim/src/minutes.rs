//! Fresh seeds for a time, on every core: each run is one thread's, and knows of no clock.
#![expect(clippy::disallowed_methods, reason = "how long it runs is by the real time")]

use crate::run::{Ended, run};
use crate::world::{Counts, Settings};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What came of them.
pub(crate) struct Ran {
    pub(crate) seeds: u64,
    pub(crate) seconds: u64,
    pub(crate) counts: Counts,
    /// The one with the smallest seed that failed, if one did: then the others end, too.
    pub(crate) failed: Option<(Settings, Ended)>,
}

/// When one thread ends, for whatever reason, the others do.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs seeds from one on, for so many minutes.
pub(crate) fn run_for(minutes: u64, from: u64, settings: &(dyn Fn(u64) -> Settings + Sync)) -> Ran {
    let (began, time) = (Instant::now(), Duration::from_secs(minutes * 60));
    let (next, over) = (AtomicU64::new(from), AtomicBool::new(false));
    let one = || {
        let _others_end_too = Over(&over);
        let (mut counts, mut failed) = (Counts::default(), None);
        while began.elapsed() < time && !over.load(Ordering::Relaxed) {
            let settings = settings(next.fetch_add(1, Ordering::Relaxed));
            let ended = run(&settings);
            counts = counts.with(&ended.counts);
            if ended.failure.is_some() {
                failed = Some((settings, ended));
                break;
            }
        }
        (counts, failed)
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let ran: Vec<(Counts, Option<(Settings, Ended)>)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(one)).collect();
        let ended = threads.into_iter().map(|thread| thread.join());
        ended.map(|ended| ended.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    let counts = ran.iter().fold(Counts::default(), |sum, (counts, _)| sum.with(counts));
    let failed = ran.into_iter().filter_map(|(_, failed)| failed);
    let failed = failed.min_by_key(|(settings, _)| settings.seed);
    let (seeds, seconds) = (next.into_inner() - from, began.elapsed().as_secs());
    Ran { seeds, seconds, counts, failed }
}
