//! The rules that no compiler knows, read off every file that is, or will be, committed.
//!
//! Every violation is reported, each with what to do. Owns the walk over the files and the lists
//! of exceptions; the rules are in the modules below.

mod codes;
mod event_versions;
mod floats;
mod functions;
mod limits;
mod manifests;
mod markdown;
mod metrics;
mod module_files;
mod orphans;
mod rust;
mod seams;
mod source;
mod words;

use crate::run::{output, root};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::fs;

/// Files that may expect a banned method or type: the seams between the core and the outside.
pub(crate) const SEAMS: &[&str] = &[
    "crates/zentra-server/src/clock.rs",
    "crates/zentra-server/src/entropy.rs",
    "xtask/src/stopwatch.rs",
];

/// One file, as the rules see it.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    #[cfg(test)]
    pub(crate) fn new(path: &str, text: &str) -> File {
        File { path: path.into(), text: text.into() }
    }
}

/// Applies every rule to every file.
pub(crate) fn check() -> Result<()> {
    let files = files()?;
    let wrong = violations(&files);
    if wrong.is_empty() {
        println!("{} files are tidy", files.len());
        return Ok(());
    }
    bail!("{} violations:\n  {}", wrong.len(), wrong.join("\n  "));
}

fn violations(files: &[File]) -> Vec<String> {
    let mut wrong = Vec::new();
    for file in files {
        if file.path.ends_with(".rs") {
            wrong.extend(rust::check(file));
        }
        if file.path.ends_with(".md") {
            wrong.extend(markdown::check(file));
        }
        // Cargo names the registry in it; nobody writes it by hand.
        if file.path != "Cargo.lock" {
            wrong.extend(words::check(file));
        }
    }
    wrong.extend(seams::check(files, SEAMS));
    wrong.extend(manifests::check(files));
    wrong.extend(codes::check(files));
    wrong.extend(event_versions::check(files));
    wrong.extend(floats::check(files));
    wrong.extend(orphans::check(files));
    wrong.extend(limits::check(files));
    wrong.extend(metrics::check(files));
    wrong
}

/// Every text file that git tracks or would track.
pub(crate) fn files() -> Result<Vec<File>> {
    let listed = output("git", &["ls-files", "-co", "--exclude-standard", "-z"])?;
    // A file in conflict is listed once a side.
    let paths: BTreeSet<&str> = listed.split('\0').filter(|path| !path.is_empty()).collect();
    let mut files = Vec::new();
    for path in paths {
        let full = root().join(path);
        // A file that is deleted but not yet committed so is listed too.
        if !full.is_file() {
            continue;
        }
        let bytes = fs::read(&full).with_context(|| format!("reading {path}"))?;
        match String::from_utf8(bytes) {
            Ok(text) => files.push(File { path: path.to_owned(), text }),
            Err(_) if path.ends_with(".rs") => bail!("{path}: not UTF-8"),
            // Binary fixtures have no rules.
            Err(_) => {}
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_violation_of_every_file_is_reported() {
        let files = [
            File::new("clippy.toml", ""),
            File::new("a.rs", "fn a() {}\n// FIXME\n"),
            File::new("b.md", "no title\n"),
        ];
        let seams = SEAMS.len();
        assert_eq!(violations(&files).len(), 3 + seams, "{:?}", violations(&files));
    }

    #[test]
    fn the_lock_file_may_name_the_registry() {
        let text =
            concat!("source = \"registry+https://github.com/rust-lang/crates", ".io-index\"");
        let said = |path: &str| violations(&[File::new(path, text)]).join("\n");
        assert!(said("b.toml").contains("b.toml:1: "));
        assert!(!said("Cargo.lock").contains("Cargo.lock:1: "));
    }
}
