//! Licences, banned crates, sources and advisories of everything that we link, by cargo-deny.
//!
//! Owns its installation and what is said when the advisories cannot be fetched; the rules are in
//! deny.toml. Must not pass over a check in silence.

use crate::run::{has, output, run};
use anyhow::{Context, Result};

/// The version that is installed where there is none.
const VERSION: &str = "0.20.2";

/// Built for a check that takes a second: its own profile would take four times as long to compile.
const PROFILE: [&str; 6] = [
    "--config",
    "profile.release.lto=false",
    "--config",
    "profile.release.codegen-units=16",
    "--config",
    "profile.release.opt-level=1",
];

/// Installs cargo-deny from crates.io, where cargo keeps its programs, unless there is one.
pub(crate) fn install() -> Result<()> {
    if is_there() {
        return Ok(());
    }
    println!("installing cargo-deny {VERSION} from crates.io");
    let install = ["install", "cargo-deny", "--locked", "--quiet", "--version", VERSION];
    run("cargo", &[install.as_slice(), &PROFILE].concat())
        .with_context(|| format!("`cargo install cargo-deny --version {VERSION}` installs it"))?;
    run("cargo", &["deny", "--version"]).context("installed, but not found on the PATH")
}

/// Checks all that it can; what it could not is its answer.
pub(crate) fn check() -> Result<Option<String>> {
    install()?;
    run("cargo", &["deny", "--log-level", "error", "check", "bans", "licenses", "sources"])?;
    if let Err(error) = output("cargo", &["deny", "fetch", "db"]) {
        let remark = format!("advisories NOT CHECKED: {}", cause(&format!("{error:#}")));
        println!("{remark}");
        return Ok(Some(remark));
    }
    run("cargo", &["deny", "--log-level", "error", "--offline", "check", "advisories"])?;
    Ok(None)
}

/// The version, for the list of judges.
pub(crate) fn version() -> Result<String> {
    output("cargo", &["deny", "--version"])
}

fn is_there() -> bool {
    has("cargo", &["deny", "--version"])
}

/// The last line that says something, without what only a terminal understands.
fn cause(said: &str) -> String {
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("no reason");
    last.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_the_last_line_that_says_something() {
        let said = "cannot fetch\nCaused by:\n    could not resolve host: a.example\n\n";
        assert_eq!(cause(said), "could not resolve host: a.example");
        assert_eq!(cause(" \n"), "no reason");
    }
}
