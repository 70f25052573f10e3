//! The steps of `cargo xtask test`, in order; the first that fails ends it.

use crate::run::{has, run};
use crate::stopwatch::timed;
use crate::{contract, deny, graph, judges, schemas, sim, tidy};
use anyhow::{Context, Result, bail};
use std::time::Duration;

type Step = (&'static str, Check);

#[derive(Clone, Copy, Debug)]
enum Check {
    /// All of it passes or fails.
    Whole(fn() -> Result<()>),
    /// A part may be out of reach: it says which, and the summary repeats it.
    InParts(fn() -> Result<Option<String>>),
}

use Check::{InParts, Whole};

impl Check {
    fn run(self) -> Result<Option<String>> {
        match self {
            Whole(check) => check().map(|()| None),
            InParts(check) => check(),
        }
    }
}

/// The cheap ones first. The tests run real binaries and judges, so those are made before them.
const STEPS: &[Step] = &[
    ("format", Whole(format)),
    ("graph", Whole(graph::check)),
    ("tidy", Whole(tidy::check)),
    ("lints", Whole(lints)),
    ("judges", Whole(judges::install)),
    ("deny", InParts(deny::check)),
    ("build", Whole(build)),
    ("tests", Whole(tests)),
    ("doctests", Whole(doctests)),
    ("sim", Whole(sim::check)),
    ("schemas", Whole(|| schemas::run(true, None))),
    ("contract", Whole(contract::check)),
];

/// Runs every step, or the one that is named.
pub(crate) fn test(only: Option<&str>) -> Result<()> {
    run_steps(&chosen(STEPS, only)?)
}

fn chosen(steps: &[Step], only: Option<&str>) -> Result<Vec<Step>> {
    let chosen: Vec<Step> =
        steps.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)).copied().collect();
    if chosen.is_empty() {
        let known: Vec<&str> = steps.iter().map(|(name, _)| *name).collect();
        bail!("there is no such step; the steps are {}", known.join(", "));
    }
    Ok(chosen)
}

fn run_steps(steps: &[Step]) -> Result<()> {
    let mut lines: Vec<String> = Vec::new();
    for (name, step) in steps {
        println!("== {name}");
        let (done, took) = timed(|| step.run());
        let verdict = match &done {
            Ok(None) => "passed".to_owned(),
            Ok(Some(remark)) => format!("passed; {remark}"),
            Err(_) => "FAILED".to_owned(),
        };
        println!("== {name}: {verdict} after {}", seconds(took));
        lines.push(format!("{name:<10} {:>8}  {verdict}", seconds(took)));
        if let Err(error) = done {
            print_summary(&lines);
            return Err(error.context(format!("the step `{name}` failed")));
        }
    }
    print_summary(&lines);
    Ok(())
}

fn print_summary(lines: &[String]) {
    println!("\n{}", lines.join("\n"));
}

/// Seconds with one decimal, e.g. `12.3 s`.
fn seconds(took: Duration) -> String {
    format!("{}.{} s", took.as_secs(), took.subsec_millis() / 100)
}

fn format() -> Result<()> {
    run("cargo", &["fmt", "--all", "--check"]).context("`cargo fmt --all` mends it")?;
    sim::format().context("`cargo fmt` in sim/ mends it")
}

fn lints() -> Result<()> {
    run("cargo", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    sim::lints()
}

fn build() -> Result<()> {
    run("cargo", &["build", "--package", "zentra"])
}

fn tests() -> Result<()> {
    if has("cargo", &["nextest", "--version"]) {
        return run("cargo", &["nextest", "run", "--workspace"]);
    }
    println!("cargo-nextest is not installed: running `cargo test` instead");
    // `--tests` means every target with tests, the unit tests of libraries and binaries too.
    run("cargo", &["test", "--workspace", "--no-fail-fast", "--tests", "--examples"])
}

/// Apart from `tests`, because nextest does not run them.
fn doctests() -> Result<()> {
    run("cargo", &["test", "--workspace", "--doc", "--quiet"])
}

#[cfg(test)]
mod tests_of_steps {
    use super::*;

    const SAMPLE: &[Step] = &[
        ("good", Whole(|| Ok(()))),
        ("partly", InParts(|| Ok(Some("the rest is out of reach".into())))),
        ("bad", Whole(|| bail!("broken"))),
        ("late", InParts(|| bail!("not reached"))),
    ];

    #[test]
    fn the_first_failure_ends_it_and_names_the_step() {
        let error = run_steps(SAMPLE).unwrap_err();
        assert_eq!(format!("{error:#}"), "the step `bad` failed: broken");
    }

    #[test]
    fn one_step_can_be_chosen_and_an_unknown_one_lists_them() {
        assert_eq!(chosen(SAMPLE, Some("good")).unwrap().len(), 1);
        let error = chosen(SAMPLE, Some("nothing")).unwrap_err().to_string();
        assert!(error.contains("good, partly, bad, late"), "{error}");
    }

    #[test]
    fn seconds_have_one_decimal() {
        assert_eq!(seconds(Duration::from_millis(12_345)), "12.3 s");
    }
}
