//! No circles of files: what two files need of each other belongs to one of them, or below both.
//!
//! Owns the table of the circles that there are, each with its reason. Tests are not looked at.

use crate::files::File;
use crate::tidy::modules::Modules;
use std::collections::{BTreeMap, BTreeSet};

/// A circle that is known: files from the root, and which recursion they are.
struct Known {
    files: &'static [&'static str],
    why: &'static str,
}

/// The circles that there are: shapes that are recursive, and no others.
const KNOWN: &[Known] = &[Known {
    files: &[
        "crates/zentra-evidence/src/canonical/object.rs",
        "crates/zentra-evidence/src/canonical/writer.rs",
    ],
    why: "a value holds objects, an object holds values",
}];

/// The circles that are not known, and the known ones that are gone.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    judged(&circles(files), KNOWN)
}

fn judged(found: &[BTreeSet<&str>], known: &[Known]) -> Vec<String> {
    let mut wrong = Vec::new();
    for circle in found {
        let listed = known.iter().any(|known| circle.iter().all(|one| known.files.contains(one)));
        if !listed {
            let names: Vec<&str> = circle.iter().copied().collect();
            wrong.push(format!(
                "a circle of files, each of which leads to every other; move what they share below \
                 them, or do it in the one that stands above:\n    {}",
                names.join("\n    ")
            ));
        }
    }
    for known in known {
        let gone = |one: &&&str| !found.iter().any(|circle| circle.contains(**one));
        for one in known.files.iter().filter(gone) {
            wrong.push(format!(
                "{one}: in no circle any more ({}); delete it from KNOWN in \
                 xtask/src/tidy/circles.rs",
                known.why
            ));
        }
    }
    wrong
}

/// The circles of files inside each crate: every two of one lead to each other.
fn circles(files: &[File]) -> Vec<BTreeSet<&str>> {
    let by_path: BTreeMap<&str, &File> =
        files.iter().map(|file| (file.path.as_str(), file)).collect();
    let is_root =
        |file: &&File| ["src/lib.rs", "src/main.rs"].iter().any(|end| file.path.ends_with(end));
    let roots = files.iter().filter(is_root);
    roots.flat_map(|root| of_graph(&Modules::of(root, &by_path).uses())).collect()
}

/// The sets of at least two nodes that all lead to each other.
fn of_graph<'a>(uses: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Vec<BTreeSet<&'a str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        uses.keys().map(|from| (*from, reached(from, uses))).collect();
    let mut circles = BTreeSet::new();
    for (from, to) in &reached {
        let back = |one: &&&str| reached.get(**one).is_some_and(|to| to.contains(from));
        let circle: BTreeSet<&str> = to.iter().filter(back).copied().collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

fn reached<'a>(from: &str, uses: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = uses[from].iter().copied().collect();
    while let Some(next) = open.pop() {
        if reached.insert(next) {
            open.extend(uses.get(next).into_iter().flatten());
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[Pair] = &[
        ("crates/a/src/lib.rs", "mod b;\nmod c;\nmod d;"),
        ("crates/a/src/b.rs", "use crate::c::C;\npub struct B;"),
        ("crates/a/src/c.rs", "use crate::{b::B, d};\npub struct C;"),
        ("crates/a/src/d.rs", "pub fn e() {}\n#[cfg(test)]\nmod tests { use crate::b::B; }"),
    ];

    type Pair = (&'static str, &'static str);

    fn said(files: &[Pair], known: &[Known]) -> String {
        let files: Vec<File> = files.iter().map(|(path, text)| File::new(path, text)).collect();
        judged(&circles(&files), known).join("\n")
    }

    #[test]
    fn a_new_circle_fails_with_its_files_and_no_others() {
        let said = said(TWO, &[]);
        assert!(said.contains("\n    crates/a/src/b.rs\n    crates/a/src/c.rs"), "{said}");
        assert!(!said.contains("src/d.rs"), "{said}");
    }

    #[test]
    fn a_known_one_passes_until_it_is_gone() {
        let known =
            || Known { files: &["crates/a/src/b.rs", "crates/a/src/c.rs"], why: "a B has Cs" };
        assert_eq!(said(TWO, &[known()]), "");
        let cut = said(&TWO[..2], &[known()]);
        assert!(
            cut.contains("b.rs: in no circle any more") && cut.contains("c.rs: in no"),
            "{cut}"
        );
    }

    #[test]
    fn longer_circles_are_found_and_lines_are_none() {
        let graph = |edges: &[(&'static str, &'static [&'static str])]| {
            let uses = edges.iter().map(|(from, to)| (*from, to.iter().copied().collect()));
            of_graph(&uses.collect())
        };
        assert_eq!(graph(&[("a", &["b"]), ("b", &["c"]), ("c", &[])]), []);
        let three = graph(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"]), ("d", &["a"])]);
        assert_eq!(three, [BTreeSet::from(["a", "b", "c"])]);
    }
}
