//! The command line: which runs, and what is told of them.

use crate::faults::Faults;
use crate::minutes::run_for;
use crate::output::show;
use crate::real::{Real, runs};
use crate::run::{Ended, TICKS, run, settings};
use crate::shrink::shrink;
use crate::world::{Counts, Settings};
use clap::{Parser, value_parser};
use std::ops::Range;
use std::path::PathBuf;
use zentra_env::Env;

/// Minutes of a year: the most that is run at once.
const MINUTES: u64 = 365 * 24 * 60;
/// The largest seed that fresh ones begin with: nobody gets to the last from there.
const FROM: u64 = u64::MAX / 2;

#[derive(Parser)]
#[command(about = "Runs the simulated world: docs/internals/simulation.md")]
pub(crate) struct Args {
    /// One seed
    #[arg(long, group = "which")]
    seed: Option<u64>,
    /// Many seeds, as 0..200
    #[arg(long, group = "which", default_value = "0..200", value_parser = range)]
    seeds: Range<u64>,
    /// The seeds of a file: the first word of each line that is no remark
    #[arg(long, group = "which")]
    file: Option<PathBuf>,
    /// Run fresh seeds for so many minutes, on every core
    #[arg(long, group = "which", value_parser = value_parser!(u64).range(1..=MINUTES))]
    minutes: Option<u64>,
    /// The first of the fresh seeds: those before are the step's
    #[arg(long, requires = "minutes", default_value = "2000")]
    #[arg(value_parser = value_parser!(u64).range(..=FROM))]
    from: u64,
    /// Wishes of each run
    #[arg(long, value_parser = value_parser!(u64).range(1..))]
    ticks: Option<u64>,
    /// Which faults there are, as crash,net or none; each seed has its own otherwise
    #[arg(long, value_parser = Faults::named)]
    faults: Option<Faults>,
    /// Drive a real server: this program
    #[arg(long)]
    real: Option<PathBuf>,
    /// Print each step
    #[arg(long, conflicts_with = "minutes")]
    trace: bool,
    /// Look for a smaller run that fails
    #[arg(long, conflicts_with = "real")]
    shrink: bool,
}

/// Runs what is asked. Gives whether all is well.
///
/// # Errors
/// What is wrong with the arguments.
pub(crate) fn command(args: &Args, machine: &dyn Fn() -> Env) -> Result<bool, String> {
    let faults = args.faults.as_ref();
    if let Some(binary) = &args.real {
        let (binary, prints, ticks) = (binary.clone(), args.trace, args.ticks);
        let (minutes, faults) = (args.minutes, faults.map(real_only).transpose()?);
        let real = Real { binary, minutes, ticks, faults, prints };
        return runs(&real, seeds(args)?, &machine());
    }
    if let Some(minutes) = args.minutes {
        return Ok(fresh(args, minutes, faults));
    }
    let (mut sum, mut count, mut digest) = (Counts::default(), 0_u64, blake3::Hasher::new());
    for seed in seeds(args)? {
        let mut settings = settings(seed, args.ticks.unwrap_or(TICKS), faults);
        settings.prints = args.trace;
        let ended = run(&settings);
        if ended.failure.is_some() {
            told(args, settings, ended);
            return Ok(false);
        }
        sum = sum.with(&ended.counts);
        count += 1;
        digest.update(&ended.digest);
    }
    let digest = digest.finalize().to_hex();
    show(&format!("{count} seeds, {}: all is well ({digest:.8})", sum.words()));
    Ok(true)
}

/// Fresh seeds for a time.
fn fresh(args: &Args, minutes: u64, faults: Option<&Faults>) -> bool {
    let from = args.from;
    show(&format!("fresh seeds from {from} on, for {minutes} minutes"));
    let ran = run_for(minutes, from, &|seed| settings(seed, args.ticks.unwrap_or(TICKS), faults));
    let (seeds, seconds) = (ran.seeds, ran.seconds.max(1));
    let (sum, rate) = (ran.counts.words(), ran.counts.steps / seconds);
    let ends = if ran.failed.is_some() { "and one failed" } else { "all is well" };
    let last = from + seeds.max(1) - 1;
    show(&format!(
        "{seeds} seeds, {from} to {last}, in {seconds} s, {rate} steps a second, {sum}: {ends}"
    ));
    let Some((settings, ended)) = ran.failed else { return true };
    told(args, settings, ended);
    false
}

/// Tells of a run that failed, or of a smaller one.
fn told(args: &Args, settings: Settings, ended: Ended) {
    let (settings, ended) = if args.shrink {
        shrink(Settings { prints: false, ..settings }, ended)
    } else {
        (settings, ended)
    };
    tell(&settings, &ended);
}

fn tell(settings: &Settings, ended: &Ended) {
    for line in &ended.last {
        show(line);
    }
    if let Some(failure) = &ended.failure {
        show(&failure.0);
    }
    let Settings { seed, ticks, faults, .. } = settings;
    let faults = faults.text();
    show(&format!("repeat: cargo xtask sim --seed {seed} --ticks {ticks} --faults {faults}"));
}

/// The seeds that are asked for: there is at least one.
fn seeds(args: &Args) -> Result<Box<dyn Iterator<Item = u64>>, String> {
    if args.minutes.is_some() {
        return Ok(Box::new(args.from..=u64::MAX));
    }
    if let Some(seed) = args.seed {
        return Ok(Box::new(std::iter::once(seed)));
    }
    if let Some(file) = &args.file {
        let wrong = |error: String| format!("{}: {error}", file.display());
        let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
        return Ok(Box::new(listed(&text).map_err(wrong)?.into_iter()));
    }
    Ok(Box::new(args.seeds.clone()))
}

/// These faults, if a real server can meet each of them.
pub(crate) fn real_only(faults: &Faults) -> Result<Faults, String> {
    let real = faults.real();
    if real == *faults {
        return Ok(real);
    }
    Err(format!("of these faults a real server can meet {} alone", real.text()))
}

/// The seeds of a list: a line each, with what it found after it.
pub(crate) fn listed(text: &str) -> Result<Vec<u64>, String> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let seed = |line: &str| line.split_whitespace().next().and_then(|word| word.parse().ok());
    let seeds = lines.map(|line| seed(line).ok_or_else(|| format!("`{line}` begins with no seed")));
    match seeds.collect::<Result<Vec<u64>, String>>()? {
        seeds if seeds.is_empty() => Err("there are no seeds; a line begins with one".to_owned()),
        seeds => Ok(seeds),
    }
}

/// A range of seeds with at least one in it.
fn range(text: &str) -> Result<Range<u64>, String> {
    let ends = text.split_once("..");
    let range = ends.and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
    match range {
        Some(range) if range.is_empty() => {
            Err("no seed is in it: seeds are a range without its end, as 0..200".to_owned())
        }
        Some(range) => Ok(range),
        None => Err("seeds are a range, as 0..200".to_owned()),
    }
}
