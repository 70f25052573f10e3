//! The crates as they are: what each manifest names, what its code names, and the printed table.
//!
//! Owns how a manifest and a folder are read. Must not know what is allowed.

use super::RULES;
use super::sizes::{Size, percent};
use crate::files::File;
use crate::run::root;
use cargo_metadata::{DependencyKind, Package};

/// One crate of the workspace and what its manifest names.
pub(super) struct Crate {
    pub(super) name: String,
    /// Its folder from the root, with a slash at its end.
    pub(super) folder: String,
    pub(super) uses: Vec<Use>,
}

/// One line of a manifest's dependencies.
pub(super) struct Use {
    pub(super) name: String,
    pub(super) kind: DependencyKind,
    /// Whether the crate's code names it.
    pub(super) in_code: bool,
}

impl Crate {
    pub(super) fn new(package: &Package, files: &[File]) -> Crate {
        let folder = package.manifest_path.parent().map(|path| path.as_str()).unwrap_or_default();
        let folder = folder.strip_prefix(root().to_str().unwrap_or_default()).unwrap_or(folder);
        let folder = format!("{}/", folder.trim_start_matches('/'));
        let sources = || {
            let own = files.iter().filter(|file| file.path.starts_with(&folder));
            own.filter(|file| file.path.ends_with(".rs"))
        };
        let named = |name: &str| {
            let name = name.replace('-', "_");
            sources().any(|file| file.text.contains(&name))
        };
        let uses = package.dependencies.iter().map(|used| Use {
            name: used.name.clone(),
            kind: used.kind,
            in_code: named(&used.name),
        });
        Crate { name: package.name.to_string(), uses: uses.collect(), folder }
    }
}

/// The crates in the order of the rules: lines, share of all lines, and the edges to ours.
pub(super) fn table(crates: &[Crate], sizes: &[Size]) -> String {
    let mut text = format!("{:<18} {:>6} {:>7}  uses\n", "crate", "lines", "share");
    for rule in RULES {
        let Some(one) = crates.iter().find(|one| one.name == rule.name) else { continue };
        let Some(size) = sizes.iter().find(|size| size.name == rule.name) else { continue };
        let edges = |in_tests: bool| {
            let kind = |used: &&Use| (used.kind == DependencyKind::Development) == in_tests;
            let ours = one.uses.iter().filter(kind).filter(|used| used.name != rule.name);
            let mut names: Vec<&str> =
                ours.filter_map(|used| used.name.strip_prefix("zentra-")).collect();
            names.sort_unstable();
            names.dedup();
            names.join(" ")
        };
        let (uses, tests) = (edges(false), edges(true));
        let tests = if tests.is_empty() { tests } else { format!("  (tests: {tests})") };
        let share = percent(size.share);
        let line = format!("{:<18} {:>6} {share:>7}  {uses}{tests}", rule.name, size.lines);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use DependencyKind::{Development, Normal};

    #[test]
    fn the_table_is_printed_with_sizes_and_edges() {
        let used = |name: &str, kind| Use { name: name.into(), kind, in_code: true };
        let uses = vec![
            used("zentra-table", Normal),
            used("zentra-events", Normal),
            used("serde", Normal),
            used("zentra-store", Development),
        ];
        let one =
            Crate { name: "zentra-ledger".into(), folder: "crates/zentra-ledger/".into(), uses };
        let size = Size { name: one.name.clone(), lines: 1234, share: 56 };
        let printed = table(&[one], &[size]);
        let line = "zentra-ledger        1234   5.6 %  events table  (tests: store)\n";
        assert!(printed.ends_with(line), "{printed}");
    }
}
