//! Coverage: which lines of the core the simulated world reaches by itself.
//!
//! The world, and the server that it drives, are built with rustc's counters; LLVM's own tools read
//! these. Owns how that is built, run and told. Must not know what is simulated.

mod lines;

use crate::judges;
use crate::run::{has, output, root, run_with};
use anyhow::{Context, Result, bail};
use lines::Lines;
use std::fs;
use std::path::{Path, PathBuf};

/// The crates that count.
const CRATES: [&str; 6] = ["engine", "ledger", "delivery", "store", "views", "sealer"];

/// A store for tests, built with the feature `test-util`: no part of the product.
const NO_PART: &str = "--ignore-filename-regex=zentra-store/src/storage/memory.rs";

/// Seeds of the world.
const SEEDS: &str = "0..200";
/// Seeds of a real server.
const REAL_SEEDS: &str = "0..8";

/// Counters can be mapped into their file (`%c`, which is slow): a process that is killed leaves
/// them, too.
const FLAGS: &str = "-Cinstrument-coverage -Cllvm-args=-runtime-counter-relocation";

/// Runs it, shows the share of each crate, and writes the lines that are not reached.
pub(crate) fn run() -> Result<()> {
    let tools = tools()?;
    let folder = root().join("target/coverage");
    let counters = folder.join("counters");
    if counters.exists() {
        fs::remove_dir_all(&counters)?;
    }
    fs::create_dir_all(&counters)?;
    let built = folder.display().to_string();
    let pattern = |name: &str| counters.join(name).display().to_string();
    let (at_end, mapped) = (pattern("%p-%m.profraw"), pattern("%p-%m%c.profraw"));
    let counting = |pattern| {
        [("RUSTFLAGS", FLAGS), ("CARGO_TARGET_DIR", built.as_str()), ("LLVM_PROFILE_FILE", pattern)]
    };
    let build = ["build", "--package", "zentra", "--locked"];
    run_with(&root(), &counting(&at_end), "cargo", &build)?;
    let server = folder.join("debug/zentra").display().to_string();
    let real = ["--real", server.as_str(), "--seeds", REAL_SEEDS];
    for (args, pattern) in [(&["--seeds", SEEDS][..], &at_end), (&real, &mapped)] {
        let args = [&["run", "--quiet", "--locked", "--"], args].concat();
        run_with(&root().join("sim"), &counting(pattern), "cargo", &args)?;
    }
    tell(&lines(&tools, &folder, &counters)?, &folder.join("uncovered.txt"))
}

/// The folder of LLVM's tools that read what this compiler's counters write.
fn tools() -> Result<PathBuf> {
    let told = output("rustc", &["-vV"])?;
    let version = told.lines().find_map(|line| line.strip_prefix("LLVM version: "));
    let major = version.and_then(|version| version.split('.').next());
    let major = major.context("rustc does not say which LLVM it is of")?;
    let folder = PathBuf::from(format!("/usr/lib/llvm-{major}/bin"));
    let program = folder.join("llvm-cov").display().to_string();
    if !has(&program, &["--version"]) {
        judges::install_packages(&[&format!("llvm-{major}")])?;
    }
    if !has(&program, &["--version"]) {
        bail!("{program} is not there");
    }
    Ok(folder)
}

/// The counted lines of both programs.
fn lines(tools: &Path, folder: &Path, counters: &Path) -> Result<Lines> {
    let merged = folder.join("counters.profdata").display().to_string();
    let tool = |name: &str| tools.join(name).display().to_string();
    let from = counters.display().to_string();
    output(&tool("llvm-profdata"), &["merge", "-sparse", &from, "-o", &merged])?;
    let program = |name: &str| folder.join("debug").join(name).display().to_string();
    let (world, server) = (program("zentra-sim"), program("zentra"));
    let sources = CRATES.map(|name| root().join(format!("crates/zentra-{name}/src")));
    let sources = sources.map(|path| path.display().to_string());
    let profile = format!("-instr-profile={merged}");
    let asked = ["export", "-format=lcov", &profile, NO_PART, &world, "-object", &server];
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    Lines::of(&output(&tool("llvm-cov"), &[&asked[..], &["--sources"], &sources].concat())?)
}

fn tell(lines: &Lines, uncovered: &Path) -> Result<()> {
    let here = format!("{}/", root().display());
    let (mut reached, mut all) = (0, 0);
    for name in CRATES {
        let within = format!("{here}crates/zentra-{name}/src/");
        let (some, count) = lines.count(&within);
        (reached, all) = (reached + some, all + count);
        println!("zentra-{name:<10} {some:>6} of {count:>6} lines  {}", percent(some, count));
    }
    println!("{:<17} {reached:>6} of {all:>6} lines  {}", "all", percent(reached, all));
    let text = lines.uncovered().replace(&here, "");
    fs::write(uncovered, text)?;
    println!("the others: {}", uncovered.display());
    Ok(())
}

/// A share with one decimal, cut off.
fn percent(part: u64, all: u64) -> String {
    let tenths = (part * 1_000).checked_div(all).unwrap_or(0);
    format!("{:>3}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_cut_off_not_rounded_up() {
        assert_eq!(percent(899_999, 1_000_000), " 89.9 %");
        assert_eq!(percent(7, 7), "100.0 %");
        assert_eq!(percent(0, 0), "  0.0 %");
    }
}
