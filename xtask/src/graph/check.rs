//! The workspace as it is beside the rules: prints it, fails with all that is wrong.

use super::edges;
use super::sizes::{self, sizes};
use super::workspace::{Crate, table};
use crate::files::files;
use crate::run::root;
use anyhow::{Result, bail};
use cargo_metadata::MetadataCommand;

/// Compares every crate of the workspace with the table, and prints what there is.
pub(crate) fn check() -> Result<()> {
    let metadata =
        MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec()?;
    let files = files()?;
    let crates: Vec<Crate> =
        metadata.packages.iter().map(|package| Crate::new(package, &files)).collect();
    let folders: Vec<(String, String)> =
        crates.iter().map(|one| (one.name.clone(), one.folder.clone())).collect();
    let sizes = sizes(&folders, &files);
    print!("{}", table(&crates, &sizes));
    let mut wrong = edges::violations(&crates);
    wrong.extend(sizes::violations(&sizes));
    if wrong.is_empty() {
        return Ok(());
    }
    bail!("{} things are wrong:\n  {}", wrong.len(), wrong.join("\n  "));
}
