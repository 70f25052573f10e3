//! Which runs there are, and what is told of them.

use super::driver::{Counts, Driver};
use super::server::is_zentra;
use crate::failure::Failure;
use crate::faults::{Fault, Faults, Met, REAL};
use crate::output::show;
use crate::run::settings;
use crate::stopped::caught;
use crate::temporary::Place;
use crate::world::Settings;
use std::path::PathBuf;
use std::time::Duration;
use zentra_env::Env;

/// Wishes of a run, when nobody says how many.
const TICKS: u64 = 250;

/// Faults that are done to a server, time by time; others are there for the whole of a run.
const DONE: [Fault; 4] = [Fault::Crash, Fault::Slow, Fault::Clock, Fault::Stop];

/// What is asked of the runs.
pub(crate) struct Real {
    /// The program of the server.
    pub(crate) binary: PathBuf,
    /// For how long, if not until the seeds are over.
    pub(crate) minutes: Option<u64>,
    pub(crate) ticks: Option<u64>,
    pub(crate) faults: Option<Faults>,
    pub(crate) prints: bool,
}

/// Runs what is asked. Gives whether all is well.
///
/// # Errors
/// The program is another one.
pub(crate) fn runs(
    real: &Real,
    seeds: Box<dyn Iterator<Item = u64>>,
    env: &Env,
) -> Result<bool, String> {
    is_zentra(&real.binary)?;
    let until = real.minutes.map(|minutes| env.passed() + Duration::from_secs(60 * minutes));
    let (mut sum, mut count) = (Counts::default(), 0_u64);
    let (mut met, mut had) = (Met::default(), Met::default());
    for seed in seeds {
        if until.is_some_and(|until| env.passed() >= until) {
            break;
        }
        let settings = settings_of(real, seed);
        had.add_all(&settings.faults);
        match run(real, settings, env) {
            Ok((counts, more)) => (sum, met) = (with(sum, &counts), met.with(&more)),
            Err(()) => return Ok(false),
        }
        count += 1;
    }
    let Counts { asked, answered, entries, received, signatures, starts, readings } = sum;
    show(&format!(
        "{count} seeds against a real server, {asked} requests, {answered} answers, {readings} \
         readings, {entries} entries, {received} webhooks received ({signatures} signatures \
         checked), {starts} starts; met: {} (one ends each run); runs with {}: all is well",
        met.words_of(&DONE),
        had.words_of(&REAL),
    ));
    Ok(true)
}

/// The settings of a seed, with those of its faults that a server can meet.
fn settings_of(real: &Real, seed: u64) -> Settings {
    let settings = settings(seed, real.ticks.unwrap_or(TICKS), real.faults.as_ref());
    Settings { faults: settings.faults.real(), prints: real.prints, ..settings }
}

fn run(real: &Real, settings: Settings, env: &Env) -> Result<(Counts, Met), ()> {
    let Settings { seed, ticks, .. } = settings;
    let faults = settings.faults.text();
    let mut driver = match Driver::new(&real.binary, settings, env) {
        Ok(driver) => driver,
        Err(Failure(told)) => {
            show(&told);
            return Err(());
        }
    };
    let ran = caught(|| driver.run());
    let failure = match ran {
        Ok(Ok(())) => return Ok((driver.counts(), driver.site.met())),
        Ok(Err(Failure(told))) => told,
        Err(panic) => panic,
    };
    Place::Disk.stop_without_room(&failure);
    for line in driver.last() {
        show(&line);
    }
    show(&format!("WRONG: {failure}"));
    show(&format!(
        "repeat: cargo xtask sim --real --seed {seed} --ticks {ticks} --faults {faults} (as far as \
         a process can be repeated)"
    ));
    Err(())
}

fn with(sum: Counts, more: &Counts) -> Counts {
    Counts {
        asked: sum.asked + more.asked,
        answered: sum.answered + more.answered,
        entries: sum.entries + more.entries,
        received: sum.received + more.received,
        signatures: sum.signatures + more.signatures,
        starts: sum.starts + more.starts,
        readings: sum.readings + more.readings,
    }
}
