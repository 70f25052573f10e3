//! Each limit has its place on the page of limits: whoever meets one must be able to look it up.
//!
//! Owns what counts as a limit: a public constant `..._MAX` of the core, and a setting `..._max`.

use crate::files::File;

const PAGE: &str = "docs/operating/limits.md";
const SETTINGS: &str = "crates/zentra-server/src/config/settings.rs";
const CORE: [&str; 7] = ["batch", "delivery", "engine", "events", "http-guard", "store", "table"];

/// The limits that the page does not name.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    let limits: Vec<(&File, &str)> = files
        .iter()
        .flat_map(|file| limits(file).into_iter().map(move |one| (file, one)))
        .collect();
    let page = files.iter().find(|file| file.path == PAGE).map_or("", |page| page.text.as_str());
    let is_missing = |limit: &&(&File, &str)| !page.contains(&format!("`{}`", limit.1));
    let told = |(file, limit): &(&File, &str)| {
        format!(
            "{}: give `{limit}` a row in {PAGE}: how much, how it is set, what it answers",
            file.path
        )
    };
    limits.iter().filter(is_missing).map(told).collect()
}

/// The limits that a file declares.
fn limits(file: &File) -> Vec<&str> {
    let in_core = |name| file.path.starts_with(&format!("crates/zentra-{name}/src/"));
    let (before, end) = match file.path.as_str() {
        SETTINGS => ("pub ", "_max"),
        _ if CORE.into_iter().any(in_core) => ("pub const ", "_MAX"),
        _ => return Vec::new(),
    };
    let lines = file.text.lines().filter_map(|line| line.trim().strip_prefix(before));
    lines.filter_map(|line| line.split(':').next()).filter(|name| name.ends_with(end)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(source: (&str, &str), page: &str) -> String {
        check(&[File::new(source.0, source.1), File::new(PAGE, page)]).join("\n")
    }

    #[test]
    fn a_limit_of_the_core_needs_its_row() {
        let source =
            ("crates/zentra-events/src/limits.rs", "pub const NAME_BYTES_MAX: usize = 1;\n");
        assert!(said(source, "| a name | `NAME_BYTES` |").contains("give `NAME_BYTES_MAX` a row"));
        assert_eq!(said(source, "| a name | `NAME_BYTES_MAX` |"), "");
        let inner = ("crates/zentra-store/src/a.rs", "pub(crate) const A_MAX: usize = 1;\n");
        assert_eq!(said(inner, ""), "", "what nobody outside can see is the crate's own");
        let shell = ("crates/zentra-server/src/a.rs", "pub const A_MAX: usize = 1;\n");
        assert_eq!(said(shell, ""), "");
    }

    #[test]
    fn so_does_a_setting() {
        let source = (SETTINGS, "pub struct Config {\n    pub inbox_max: usize,\n}\n");
        assert!(said(source, "").contains("give `inbox_max` a row"));
        assert_eq!(said(source, "`inbox_max`"), "");
    }
}
