//! The rules that no compiler knows, read off every file that is, or will be, committed.
//!
//! Every violation is reported, each with what to do. Owns the order of the rules and the list
//! of seams; the rules are in the modules below.

mod bodies;
mod circles;
mod codes;
mod event_versions;
mod floats;
mod functions;
mod limits;
mod links;
mod manifests;
mod markdown;
mod metrics;
mod module_files;
mod modules;
mod orphans;
mod paths;
mod product;
mod rust;
mod seams;
mod source;
mod terms;
mod words;

use crate::files::{File, files};
use anyhow::{Result, bail};

/// Files that may expect a banned method or type: the seams between the core and the outside.
pub(crate) const SEAMS: &[&str] = &[
    "crates/zentra-env/src/env.rs",
    "crates/zentra-env/src/machine.rs",
    "crates/zentra/src/main.rs",
    "sim/src/main.rs",
    "sim/src/minutes.rs",
    "xtask/src/stopwatch.rs",
];

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
        if file.path.rsplit('/').next() != Some("Cargo.lock") {
            wrong.extend(words::check(file));
        }
    }
    wrong.extend(seams::check(files, SEAMS));
    wrong.extend(manifests::check(files));
    wrong.extend(codes::check(files));
    wrong.extend(event_versions::check(files));
    wrong.extend(floats::check(files));
    wrong.extend(orphans::check(files));
    wrong.extend(bodies::check(files));
    wrong.extend(circles::check(files));
    wrong.extend(links::check(files));
    wrong.extend(terms::check(files));
    wrong.extend(limits::check(files));
    wrong.extend(metrics::check(files));
    wrong
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
        let mut said = violations(&files);
        // Each exception of a list is missed here.
        said.retain(|one| !one.contains("any more"));
        assert_eq!(said.len(), 3, "{said:?}");
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
