//! Each stable code has a page in docs/reference/codes, and each page a code.

use crate::files::File;
use std::collections::BTreeSet;

const REGISTRY: &str = "crates/zentra-events/src/code.rs";
const PAGES: &str = "docs/reference/codes/";

/// What is wrong between the registry and the pages; nothing before there is a registry.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    let Some(registry) = files.iter().find(|file| file.path == REGISTRY) else { return vec![] };
    let mut wrong = Vec::new();
    let mut codes = BTreeSet::new();
    for code in registry.text.lines().filter_map(code_of) {
        if !codes.insert(code) {
            wrong.push(format!("{REGISTRY}: {code} is there twice"));
        }
    }
    if codes.is_empty() {
        wrong.push(format!("{REGISTRY}: no line `Name => \"code\",`; mend this rule"));
    }
    let pages = files.iter().filter_map(|file| {
        let name = file.path.strip_prefix(PAGES)?.strip_suffix(".md")?;
        Some((name, file))
    });
    let mut paged = BTreeSet::new();
    for (name, file) in pages {
        paged.insert(name);
        if !codes.contains(name) {
            wrong.push(format!("{}: there is no such code; delete the page", file.path));
        } else if file.text.lines().next() != Some(&format!("# {name}")) {
            wrong.push(format!("{}: the first line is `# {name}`", file.path));
        }
    }
    for code in codes.difference(&paged) {
        wrong.push(format!("{PAGES}{code}.md: write the page of the code {code}"));
    }
    wrong
}

/// The code of a line `Name => "snake_case",`.
fn code_of(line: &str) -> Option<&str> {
    let (name, rest) = line.trim().split_once(" => \"")?;
    let code = rest.strip_suffix("\",")?;
    let is_name = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric());
    let is_code = code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    (is_name && is_code && !code.is_empty()).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(registry: &str, pages: &[(&str, &str)]) -> String {
        let mut files = vec![File::new(REGISTRY, registry)];
        files.extend(pages.iter().map(|(path, text)| File::new(path, text)));
        check(&files).join("\n")
    }

    #[test]
    fn each_side_without_the_other_fails() {
        let registry = "codes! {\n    AmountZero => \"amount_zero\",\n}\n";
        let page = ("docs/reference/codes/amount_zero.md", "# amount_zero\n\nWhy.\n");
        let other = ("docs/reference/codes/other.md", "# other\n");
        assert_eq!(said(registry, &[page]), "");
        assert!(
            said(registry, &[]).contains("docs/reference/codes/amount_zero.md: write the page")
        );
        assert!(said(registry, &[page, other]).contains("other.md: there is no such code"));
        let untitled = said(registry, &[("docs/reference/codes/amount_zero.md", "# Amount\n")]);
        assert!(untitled.contains("the first line is `# amount_zero`"), "{untitled}");
    }

    #[test]
    fn a_registry_that_cannot_be_read_or_repeats_itself_fails() {
        assert!(said("enum Code { A }\n", &[]).contains("mend this rule"));
        let twice = said("A => \"a\",\nB => \"a\",\n", &[("docs/reference/codes/a.md", "# a\n")]);
        assert!(twice.contains("a is there twice"), "{twice}");
    }

    #[test]
    fn without_a_registry_there_is_no_rule() {
        assert!(check(&[File::new("docs/reference/codes/other.md", "# other\n")]).is_empty());
    }
}
