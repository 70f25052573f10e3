//! The command line: which runs, and what is told of them.

use crate::faults::Faults;
use crate::minutes::run_for;
use crate::output::show;
use crate::real::{Real, runs};
use crate::run::{Ended, TICKS, run, settings};
use crate::shrink::shrink;
use crate::world::{Counts, Settings};
use clap::Parser;
use std::ops::Range;
use zentra_env::Env;

#[derive(Parser)]
#[command(about = "Runs the simulated world: docs/internals/simulation.md")]
pub(crate) struct Args {
    /// One seed
    #[arg(long)]
    seed: Option<u64>,
    /// Many seeds, as 0..200
    #[arg(long, default_value = "0..200")]
    seeds: String,
    /// The seeds of a file: the first word of each line that is no remark
    #[arg(long)]
    file: Option<std::path::PathBuf>,
    /// Run fresh seeds for so many minutes, on every core
    #[arg(long)]
    minutes: Option<u64>,
    /// The first of the fresh seeds: those before are the step's
    #[arg(long, default_value_t = 2_000)]
    from: u64,
    /// Wishes of each run
    #[arg(long)]
    ticks: Option<u64>,
    /// Which faults there are, as crash,net or none; each seed has its own otherwise
    #[arg(long)]
    faults: Option<String>,
    /// Drive a real server: this program
    #[arg(long)]
    real: Option<std::path::PathBuf>,
    /// Print each step
    #[arg(long)]
    trace: bool,
    /// Look for a smaller run that fails
    #[arg(long)]
    shrink: bool,
}

/// Runs what is asked. Gives whether all is well.
///
/// # Errors
/// What is wrong with the arguments.
pub(crate) fn command(args: &Args, machine: &dyn Fn() -> Env) -> Result<bool, String> {
    let faults = args.faults.as_deref().map(Faults::named).transpose()?;
    if let Some(binary) = &args.real {
        let (binary, prints, ticks) = (binary.clone(), args.trace, args.ticks);
        let fresh = args.minutes.map(|minutes| (minutes, args.from));
        let real = Real { binary, seeds: seeds(args)?, fresh, ticks, faults, prints };
        return Ok(runs(&real, &machine()));
    }
    if let Some(minutes) = args.minutes {
        return Ok(fresh(args, minutes, faults.as_ref()));
    }
    let seeds = seeds(args)?;
    let (mut sum, mut digest) = (Counts::default(), blake3::Hasher::new());
    for seed in &seeds {
        let mut settings = settings(*seed, args.ticks.unwrap_or(TICKS), faults.as_ref());
        settings.prints = args.trace;
        let ended = run(&settings);
        if ended.failure.is_some() {
            told(args, settings, ended);
            return Ok(false);
        }
        sum = sum.with(&ended.counts);
        digest.update(&ended.digest);
    }
    let digest = digest.finalize().to_hex();
    show(&format!("{} seeds, {}: all is well ({digest:.8})", seeds.len(), sum.words()));
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

fn seeds(args: &Args) -> Result<Vec<u64>, String> {
    if let Some(seed) = args.seed {
        return Ok(vec![seed]);
    }
    if let Some(file) = &args.file {
        let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
        return listed(&text);
    }
    let range = range(&args.seeds).ok_or("seeds are a range, as 0..200")?;
    Ok(range.collect())
}

/// The seeds of a list: a line each, with what it found after it.
pub(crate) fn listed(text: &str) -> Result<Vec<u64>, String> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let seed = |line: &str| line.split_whitespace().next().and_then(|word| word.parse().ok());
    lines.map(|line| seed(line).ok_or_else(|| format!("{line}: no seed"))).collect()
}

fn range(text: &str) -> Option<Range<u64>> {
    let (from, to) = text.split_once("..")?;
    Some(from.parse().ok()?..to.parse().ok()?)
}
