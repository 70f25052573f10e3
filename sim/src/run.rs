//! One run, and many.

use crate::failure::Failure;
use crate::faults::Faults;
use crate::random::Random;
use crate::world::{Counts, Settings, World};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Wishes of a run, when nobody says how many.
pub(crate) const TICKS: u64 = 400;

/// How a run ended.
pub(crate) struct Ended {
    pub(crate) failure: Option<Failure>,
    pub(crate) counts: Counts,
    pub(crate) digest: [u8; 32],
    pub(crate) last: Vec<String>,
}

/// The settings of a seed, with faults that are its own unless they are given.
pub(crate) fn settings(seed: u64, ticks: u64, faults: Option<&Faults>) -> Settings {
    let drawn = || Faults::drawn(&mut Random::of(seed, "swarm"));
    Settings { seed, ticks, faults: faults.cloned().unwrap_or_else(drawn), prints: false }
}

/// Runs a world to its end.
pub(crate) fn run(settings: &Settings) -> Ended {
    let mut world = World::new(settings.clone());
    let ran = catch_unwind(AssertUnwindSafe(|| world.run()));
    let failure = match ran {
        Ok(ran) => ran.err(),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
            Some(Failure(format!("a panic: {}", text.unwrap_or_default())))
        }
    };
    Ended {
        failure,
        counts: world.counts(),
        digest: world.trace().digest(),
        last: world.trace().last().map(str::to_owned).collect(),
    }
}
