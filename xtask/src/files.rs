//! The files of the repository: every text file that is, or will be, committed.
//!
//! Owns the walk. Must not know what is looked for in them.

use crate::run::{output, root};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::fs;

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
