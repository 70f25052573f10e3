//! Every link of a page leads to a file and a heading that are there, and every page that code or
//! text names by its path is there.
//!
//! Owns what counts as a link. Must not ask anything of the network.

use crate::files::File;
use std::collections::{BTreeMap, BTreeSet};

/// The links and names of pages that lead nowhere.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    let pages: BTreeMap<&str, &File> = files.iter().map(|one| (one.path.as_str(), one)).collect();
    let mut wrong = Vec::new();
    for file in files {
        for (number, line) in (1..).zip(file.text.lines()) {
            let place = format!("{}:{number}", file.path);
            if file.path.ends_with(".md") {
                let broken = links(line).filter_map(|link| broken(&file.path, link, &pages));
                wrong.extend(broken.map(|why| format!("{place}: {why}")));
            }
            if !file.path.starts_with("xtask/") {
                let missing = named(line).filter(|name| !pages.contains_key(*name));
                wrong.extend(missing.map(|name| format!("{place}: there is no {name}")));
            }
        }
    }
    wrong
}

/// What is wrong with a link of a page, if anything is.
fn broken(from: &str, link: &str, pages: &BTreeMap<&str, &File>) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { from.to_owned() } else { joined(from, path) };
    let Some(page) = pages.get(target.as_str()) else {
        return Some(format!("the link `{link}` leads nowhere: there is no {target}"));
    };
    let there = heading.is_empty() || headings(&page.text).contains(heading);
    (!there).then(|| format!("the link `{link}` leads to no heading of {target}"))
}

/// The path that a link of a page leads to, from the root.
fn joined(from: &str, path: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The targets of `[text](target)`.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next())
}

/// The pages under `docs/` that a line names by their path.
fn named(line: &str) -> impl Iterator<Item = &str> {
    let is_path = |c: char| c.is_ascii_alphanumeric() || "/_-.".contains(c);
    line.match_indices("docs/").filter_map(move |(at, _)| {
        let whole = !line[..at].ends_with(is_path);
        let rest = &line[at..];
        let name = &rest[..rest.find(|c| !is_path(c)).unwrap_or(rest.len())];
        let name = name.trim_end_matches('.');
        (whole && name.ends_with(".md")).then_some(name)
    })
}

/// The names by which headings of a page are linked.
fn headings(text: &str) -> BTreeSet<String> {
    let titles = text.lines().filter(|line| line.starts_with('#'));
    let names = titles.map(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(from: &str, text: &str) -> String {
        let page = File::new("docs/a/b.md", "# B\n\n## How it `ends`, mostly\n");
        check(&[page, File::new(from, text), File::new("LICENSE", "")]).join("\n")
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        for (from, text) in [
            ("README.md", "[b](docs/a/b.md#how-it-ends-mostly) and [web](https://a.example/x)"),
            ("docs/c/d.md", "# D\n[b](../a/b.md), [up](../../LICENSE), [here](#d)"),
            ("crates/a/src/lib.rs", "//! See docs/a/b.md."),
            ("crates/a/src/lib.rs", "include!(\"../../docs/codes/\"); // a.example/docs/x.md"),
        ] {
            assert_eq!(said(from, text), "", "{text}");
        }
    }

    #[test]
    fn others_fail_with_their_line() {
        for (from, text, expected) in [
            ("README.md", "x\n[b](docs/b.md)", "README.md:2: the link `docs/b.md` leads nowhere"),
            ("docs/c/d.md", "[b](b.md)", "there is no docs/c/b.md"),
            ("README.md", "[b](docs/a/b.md#ends)", "leads to no heading of docs/a/b.md"),
            ("crates/a/src/lib.rs", "//! See docs/a/c.md.", "lib.rs:1: there is no docs/a/c.md"),
        ] {
            let said = said(from, text);
            assert!(said.contains(expected), "{text}: {said}");
        }
    }
}
