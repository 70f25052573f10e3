//! One run, and many.

use crate::failure::Failure;
use crate::faults::Faults;
use crate::random::Random;
use crate::stopped::caught;
use crate::temporary::Place;
use crate::world::{Counts, Settings, World};

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
    let ran = caught(|| world.run());
    let failure = match ran {
        Ok(ran) => ran.err(),
        Err(panic) => Some(Failure(panic)),
    };
    if let Some(Failure(told)) = &failure {
        Place::Memory.stop_without_room(told);
    }
    Ended {
        failure,
        counts: world.counts(),
        digest: world.trace().digest(),
        last: world.trace().last().map(str::to_owned).collect(),
    }
}
