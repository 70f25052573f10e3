//! Installs the judges that are not ours, once; says which it has, fails when it cannot.
//!
//! hledger, faketime, and Go with its module library come from Debian; `standardwebhooks` from PyPI
//! into a venv and from npm into a folder, and so do the readers of the API's description, all
//! under `.judges/`, which is not committed; cargo-deny comes from crates.io. Owns these places;
//! the tests find the judges there. Must not know what the judges are asked.

use crate::deny;
use crate::run::{has, output, root, run, run_in};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// A program that must be there, how to ask whether it is, and the Debian package that brings it.
struct Tool {
    program: &'static str,
    asks: &'static [&'static str],
    package: &'static str,
}

const TOOLS: &[Tool] = &[
    Tool { program: "hledger", asks: &["--version"], package: "hledger" },
    // Debian's python3 alone has `venv` but cannot make one: `ensurepip` is packaged apart.
    Tool { program: "python3", asks: &["-c", "import ensurepip, venv"], package: "python3-venv" },
    Tool { program: "node", asks: &["--version"], package: "nodejs" },
    Tool { program: "npm", asks: &["--version"], package: "npm" },
    // A clock of its own for a real server that the simulated world drives.
    Tool { program: "faketime", asks: &["--version"], package: "faketime" },
    Tool { program: "go", asks: &["version"], package: "golang-go" },
];

/// The Go library that the transparency-log judge is built with, and its package.
const GO_LIBRARY: &str = "/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog";
const GO_LIBRARY_PACKAGE: &str = "golang-golang-x-mod-dev";

/// Installs what is missing and prints the versions of all.
pub(crate) fn install() -> Result<()> {
    let from = root().join("xtask/judges/webhooks");
    debian()?;
    python(&from)?;
    node(&from)?;
    deny::install()?;
    print_versions()
}

fn debian() -> Result<()> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    install_packages(&missing)?;
    let still = self::missing();
    if !still.is_empty() {
        bail!("installed, but not found on the PATH: {}", still.join(", "));
    }
    Ok(())
}

/// Installs packages of Debian.
pub(crate) fn install_packages(packages: &[&str]) -> Result<()> {
    println!("installing {} from Debian", packages.join(", "));
    let help = || format!("install these Debian packages as root: {}", packages.join(" "));
    run("apt-get", &["update", "-q"]).with_context(help)?;
    let install = ["install", "-y", "-q", "--no-install-recommends"];
    run("apt-get", &[install.as_slice(), packages].concat()).with_context(help)
}

/// The Debian packages whose programs or files are not there.
fn missing() -> Vec<&'static str> {
    let tools = TOOLS.iter().filter(|tool| !has(tool.program, tool.asks));
    let mut missing: Vec<&str> = tools.map(|tool| tool.package).collect();
    if !Path::new(GO_LIBRARY).exists() {
        missing.push(GO_LIBRARY_PACKAGE);
    }
    missing
}

fn python(from: &Path) -> Result<()> {
    let wanted = from.join("requirements.txt");
    let venv = root().join(".judges/py");
    let done = venv.join("requirements.txt");
    let asks = ["-c", "import standardwebhooks"];
    if same(&wanted, &done) && has(&venv_python(), &asks) {
        return Ok(());
    }
    println!("installing {} into .judges/py", wanted.display());
    run("python3", &["-m", "venv", "--clear", &venv.display().to_string()])?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let wanted_text = wanted.display().to_string();
    run(&venv_python(), &[install.as_slice(), &["--requirement", &wanted_text]].concat())
        .context("cannot install the Python judge")?;
    run(&venv_python(), &asks)?;
    // Last, so that an installation that was cut off is done again.
    fs::copy(&wanted, &done)?;
    Ok(())
}

fn node(from: &Path) -> Result<()> {
    let folder = root().join(".judges/node");
    fs::create_dir_all(&folder)?;
    // The judge's program is copied because Node resolves packages from a program's own folder.
    for name in ["package.json", "package-lock.json", ".npmrc", "verify.mjs"] {
        fs::copy(from.join(name), folder.join(name)).with_context(|| format!("copying {name}"))?;
    }
    let wanted = from.join("package-lock.json");
    let done = folder.join("node_modules/.zentra-lock");
    if same(&wanted, &done) && node_package().exists() {
        return Ok(());
    }
    println!("installing {} into .judges/node", wanted.display());
    run_in(&folder, "npm", &["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .context("cannot install the Node judge")?;
    if !node_package().exists() {
        bail!("npm succeeded without installing {}", node_package().display());
    }
    fs::copy(&wanted, &done)?;
    Ok(())
}

fn print_versions() -> Result<()> {
    let of_python = "import importlib.metadata as m, platform as p; \
                     print('python', p.python_version(), 'standardwebhooks', \
                     m.version('standardwebhooks'))";
    let of_node = "const {version} = JSON.parse(require('fs').readFileSync(process.argv[1])); \
                   console.log('node', process.versions.node, 'standardwebhooks', version)";
    let package = node_package().display().to_string();
    print!("{}", output("hledger", &["--version"])?);
    print!("{}", output(&venv_python(), &["-c", of_python])?);
    print!("{}", output("node", &["-e", of_node, &package])?);
    print!("{}", output("go", &["version"])?);
    print!("{}", deny::version()?);
    Ok(())
}

fn venv_python() -> String {
    venv_tool("python")
}

/// A program of the Python judges.
pub(crate) fn venv_tool(name: &str) -> String {
    root().join(".judges/py/bin").join(name).display().to_string()
}

/// A program of the Node judges.
pub(crate) fn node_tool(name: &str) -> String {
    root().join(".judges/node/node_modules/.bin").join(name).display().to_string()
}

fn node_package() -> PathBuf {
    root().join(".judges/node/node_modules/standardwebhooks/package.json")
}

fn same(a: &Path, b: &Path) -> bool {
    matches!((fs::read(a), fs::read(b)), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_files_with_the_same_bytes_are_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        assert!(!same(&a, &b), "two missing files are not a finished installation");
        fs::write(&a, "1").unwrap();
        assert!(!same(&a, &b));
        fs::write(&b, "2").unwrap();
        assert!(!same(&a, &b));
        fs::write(&b, "1").unwrap();
        assert!(same(&a, &b));
    }
}
