//! Running programs from the repository's root.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Runs a program; its output goes where ours goes.
pub(crate) fn run(program: &str, args: &[&str]) -> Result<()> {
    run_in(&root(), program, args)
}

/// As [`run`], in another folder.
pub(crate) fn run_in(folder: &Path, program: &str, args: &[&str]) -> Result<()> {
    // Debian's package manager would otherwise wait for answers that nobody gives.
    run_with(folder, &[("DEBIAN_FRONTEND", "noninteractive")], program, args)
}

/// As [`run`], in another folder and with more variables.
pub(crate) fn run_with(
    folder: &Path,
    variables: &[(&str, &str)],
    program: &str,
    args: &[&str],
) -> Result<()> {
    let status = command(program, args)
        .envs(variables.iter().copied())
        .current_dir(folder)
        .status()
        .with_context(|| format!("cannot start {program}"))?;
    if !status.success() {
        bail!("`{program} {}` failed ({status})", args.join(" "));
    }
    Ok(())
}

/// What a program writes to its standard output.
pub(crate) fn output(program: &str, args: &[&str]) -> Result<String> {
    let output = command(program, args)
        .current_dir(root())
        .output()
        .with_context(|| format!("cannot start {program}"))?;
    if !output.status.success() {
        bail!("`{program} {}`: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// All that a program writes, whatever it writes it to.
pub(crate) fn said(program: &str, args: &[&str]) -> Result<String> {
    said_in(&root(), program, args)
}

/// As [`said`], in another folder.
pub(crate) fn said_in(folder: &Path, program: &str, args: &[&str]) -> Result<String> {
    let output = command(program, args)
        .current_dir(folder)
        .output()
        .with_context(|| format!("cannot start {program}"))?;
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told).into_owned();
    if !output.status.success() {
        bail!("`{program} {}`: {told}", args.join(" "));
    }
    Ok(told)
}

/// Whether a program is there and answers.
pub(crate) fn has(program: &str, args: &[&str]) -> bool {
    command(program, args).current_dir(root()).output().is_ok_and(|output| output.status.success())
}

/// A program in the environment that the developer has, not in the one that `cargo run` adds for
/// xtask: build scripts that read those variables would run again, with all that depends on them.
fn command(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_of_xtask) {
            command.env_remove(&name);
        }
    }
    command
}

/// Whether a variable tells a running package about itself.
fn is_of_xtask(name: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_NAME", "CARGO_CRATE_NAME"]
        .iter()
        .any(|head| name.starts_with(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_describes_xtask_is_removed() {
        for name in ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH"] {
            assert!(is_of_xtask(name), "{name}");
        }
        for name in ["CARGO", "CARGO_HOME", "CARGO_TARGET_DIR", "PATH", "CARGO_BUILD_JOBS"] {
            assert!(!is_of_xtask(name), "{name}");
        }
    }

    #[test]
    fn a_failing_program_is_an_error_that_names_it() {
        let error = run("git", &["no-such-command"]).unwrap_err().to_string();
        assert!(error.contains("`git no-such-command` failed"), "{error}");
        assert!(output("git", &["no-such-command"]).is_err());
        assert!(!has("no-such-program", &[]));
        assert!(has("git", &["--version"]));
    }
}
