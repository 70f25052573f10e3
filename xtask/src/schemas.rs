//! schemas/ is generated from the code by the binary; a difference fails.
//!
//! Owns the comparison of two folders. Must not know what a schema looks like.

use crate::run::{root, run as run_program};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Generates the folder (schemas/ unless another is named), or checks it.
pub(crate) fn run(check: bool, folder: Option<PathBuf>) -> Result<()> {
    let kept = folder.unwrap_or_else(|| root().join("schemas"));
    let fresh = tempfile::tempdir()?;
    generate(fresh.path())?;
    if !check {
        return replace(&read(fresh.path())?, &kept);
    }
    let fresh = read(fresh.path())?;
    let drifted = differences(&fresh, &read(&kept)?);
    if drifted.is_empty() {
        println!("{} generated files are as the code says", fresh.len());
        return Ok(());
    }
    bail!(
        "schemas/ differs from the code:\n  {}\nrun `cargo xtask schemas` and commit the result; \
         the schema of a released event version does not change, a new version is added instead",
        drifted.join("\n  ")
    );
}

/// A folder's files, by their path inside it.
type Files = BTreeMap<String, Vec<u8>>;

fn generate(folder: &Path) -> Result<()> {
    let folder = folder.display().to_string();
    let binary = ["run", "--quiet", "--package", "zentra", "--bin", "zentra", "--"];
    run_program("cargo", &[binary.as_slice(), &["schemas", "--dir", &folder]].concat())
}

/// Writes what differs and removes what is generated no longer.
fn replace(fresh: &Files, kept: &Path) -> Result<()> {
    fs::create_dir_all(kept)?;
    for (name, bytes) in fresh {
        let path = kept.join(name);
        if fs::read(&path).is_ok_and(|old| old == *bytes) {
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))?;
        println!("wrote {name}");
    }
    for name in read(kept)?.keys().filter(|name| !fresh.contains_key(*name)) {
        fs::remove_file(kept.join(name))?;
        println!("removed {name}");
    }
    Ok(())
}

fn differences(fresh: &Files, kept: &Files) -> Vec<String> {
    let mut said = Vec::new();
    for (name, bytes) in fresh {
        match kept.get(name) {
            None => said.push(format!("{name} is missing")),
            Some(old) if old != bytes => said.push(format!("{name} is out of date")),
            Some(_) => {}
        }
    }
    for name in kept.keys().filter(|name| !fresh.contains_key(*name)) {
        said.push(format!("{name} is generated no longer"));
    }
    said
}

fn read(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        if !next.exists() {
            continue;
        }
        for entry in fs::read_dir(&next).with_context(|| format!("reading {}", next.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder)?.display().to_string();
                files.insert(name, fs::read(&path)?);
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(rows: &[(&str, &str)]) -> Files {
        rows.iter().map(|(name, text)| ((*name).into(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn every_kind_of_drift_is_named() {
        let fresh = files(&[("same", "1"), ("events/new", "1"), ("changed", "2")]);
        let kept = files(&[("same", "1"), ("changed", "1"), ("old", "1")]);
        assert_eq!(
            differences(&fresh, &kept),
            ["changed is out of date", "events/new is missing", "old is generated no longer"]
        );
    }

    #[test]
    fn generating_leaves_exactly_what_was_generated() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("old"), "1").unwrap();
        let fresh = files(&[("a", "1"), ("events/b", "2")]);
        replace(&fresh, folder.path()).unwrap();
        assert_eq!(read(folder.path()).unwrap(), fresh);
    }
}
