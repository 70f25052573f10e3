//! Mutations: bugs that are put into the product's text, one at a time, to see that the simulator
//! finds each.
//!
//! They are made in a copy of the sources, below target/, so that nothing of the product has a
//! switch for them. Owns how the copy is made, built and run. Must not know what a bug is.

mod shell;
mod table;

use crate::files::files;
use crate::run::{root, said_in};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use table::Mutation;

/// Seeds within which each must be found: by the world, and with a real server.
const SEEDS: &str = "0..100";
const REAL_SEEDS: &str = "0..10";

/// Who looks for a bug.
#[derive(Clone, Copy, Debug)]
enum Finder {
    World,
    RealServer,
}

/// Every table, with who looks for its bugs.
const TABLES: [(&[Mutation], Finder); 2] =
    [(table::MUTATIONS, Finder::World), (shell::MUTATIONS, Finder::RealServer)];

/// Tries each, or the one that is named; fails when one is not found.
pub(crate) fn run(only: Option<&str>) -> Result<()> {
    let copy = copy()?;
    let (mut missed, mut tried) = (Vec::new(), 0);
    for (bugs, finder) in TABLES {
        let chosen: Vec<&Mutation> =
            bugs.iter().filter(|bug| only.is_none_or(|only| only == bug.name)).collect();
        if chosen.is_empty() {
            continue;
        }
        if let Found::By { seed, what } = simulate(&copy, finder)? {
            bail!("without any mutation something is wrong: seed {seed}: {what}");
        }
        for bug in &chosen {
            let found = with(&copy, bug, |copy| simulate(copy, finder))?;
            println!("| `{}` | {} | {} |", bug.name, bug.breaks, found.words());
            if found == Found::Never {
                missed.push(bug.name);
            }
        }
        tried += chosen.len();
    }
    if tried == 0 {
        bail!("there is no such mutation");
    }
    if !missed.is_empty() {
        bail!("not found: {}", missed.join(", "));
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
enum Found {
    By { seed: String, what: String },
    Never,
}

impl Found {
    fn words(&self) -> String {
        match self {
            Found::By { seed, what } => format!("{seed} | {what}"),
            Found::Never => "never | ".to_owned(),
        }
    }
}

/// A copy of the sources in which only what differs is written, so that little is built again.
fn copy() -> Result<PathBuf> {
    let copy = root().join("target/mutations");
    for file in files()? {
        write(&copy.join(&file.path), &file.text)?;
    }
    Ok(copy)
}

fn write(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

/// Does something while a bug is in the copy.
fn with<T>(copy: &Path, bug: &Mutation, task: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
    let path = copy.join(bug.file);
    let whole = fs::read_to_string(&path)?;
    write(&path, &mutated(&whole, bug)?)?;
    let done = task(copy);
    write(&path, &whole)?;
    done.with_context(|| bug.name)
}

fn mutated(text: &str, bug: &Mutation) -> Result<String> {
    let places = text.matches(bug.from).count();
    if places != 1 {
        bail!("{}: its text stands {places} times in {}", bug.name, bug.file);
    }
    Ok(text.replacen(bug.from, bug.to, 1))
}

/// Runs seeds until one fails.
fn simulate(copy: &Path, finder: Finder) -> Result<Found> {
    let folder = copy.join("sim");
    said_in(&folder, "cargo", &["build", "--quiet"]).context("it does not compile")?;
    let binary = copy.join("target/debug/zentra").display().to_string();
    let mut args = vec!["run", "--quiet", "--", "--seeds"];
    match finder {
        Finder::World => args.push(SEEDS),
        Finder::RealServer => {
            let build = ["build", "--quiet", "--package", "zentra"];
            said_in(copy, "cargo", &build).context("it does not compile")?;
            args.extend([REAL_SEEDS, "--real", &binary]);
        }
    }
    let Err(failed) = said_in(&folder, "cargo", &args) else {
        return Ok(Found::Never);
    };
    let told = format!("{failed:#}");
    let last = told.lines().rfind(|line| line.starts_with("repeat: ")).unwrap_or_default();
    let seed = last.split_whitespace().skip_while(|word| *word != "--seed").nth(1);
    let wrong = told.lines().rfind(|line| line.contains("WRONG: "));
    let what = match (wrong, told.contains("a panic: ")) {
        (_, true) => "the product's own assertion".to_owned(),
        (Some(line), _) => line.split("WRONG: ").nth(1).unwrap_or_default().to_owned(),
        (None, _) => bail!("it ended without a verdict: {told}"),
    };
    let what: String = what.chars().filter(|c| *c != '|' && *c != '`').take(80).collect();
    Ok(Found::By { seed: seed.unwrap_or("?").to_owned(), what })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_each_mutation_stands_once_in_its_file() {
        let all = TABLES.iter().flat_map(|(bugs, _)| *bugs);
        for bug in all.clone() {
            let text = fs::read_to_string(root().join(bug.file)).unwrap();
            assert_ne!(mutated(&text, bug).unwrap(), text, "{}", bug.name);
        }
        assert!(all.count() >= 20);
    }
}
