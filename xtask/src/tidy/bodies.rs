//! The form of an entry's body shows in few files: the codec, the ledger's fast path, one dispatch
//! of the engine, the filter of subscriptions.
//!
//! Everywhere else an entry is its events. Owns the list of these files. Tests are not looked at.

use crate::files::File;
use crate::tidy::product::without_tests;
use crate::tidy::source::Source;

/// Files that may tell a compact body from events, and why.
const MAY: &[(&str, &str)] = &[
    ("crates/zentra-events/src/entry.rs", "both forms"),
    ("crates/zentra-events/src/frame.rs", "the codec"),
    ("crates/zentra-events/src/frame_builder.rs", "the codec"),
    ("crates/zentra-events/src/place.rs", "the codec"),
    ("crates/zentra-events/src/settled_row.rs", "the codec"),
    ("crates/zentra-engine/src/fast_path.rs", "makes compact entries"),
    ("crates/zentra-engine/src/rebuild.rs", "the dispatch of the fold"),
    ("crates/zentra-runtime/src/subscription.rs", "the filter of subscriptions"),
    ("crates/zentra-runtime/src/framer.rs", "the filter of subscriptions"),
    ("crates/zentra-api/src/submit.rs", "answers from a template"),
];
/// The folder of the ledger that decides and folds compact bodies.
const FAST: &str = "crates/zentra-ledger/src/fast/";
/// What tells the forms apart.
const TELLS: &[&str] = &[
    "Body::Settled",
    "BodyRef::Settled",
    "Body::Events",
    "BodyRef::Events",
    ".settled()",
    "is_compact(",
];

/// Where the form of a body shows and should not.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    let mut wrong = Vec::new();
    for file in files.iter().filter(|file| is_judged(&file.path)) {
        let code = without_tests(&Source::new(&file.text).code);
        for (number, line) in (1..).zip(code.lines()) {
            if TELLS.iter().any(|tells| line.contains(tells)) {
                wrong.push(format!(
                    "{}:{number}: the form of a body shows; read `events()`, or do it where the \
                     forms are told apart (xtask/src/tidy/bodies.rs)",
                    file.path
                ));
            }
        }
    }
    wrong
}

fn is_judged(path: &str) -> bool {
    path.starts_with("crates/")
        && path.contains("/src/")
        && path.ends_with(".rs")
        && !path.contains("/tests/")
        && !path.ends_with("/tests.rs")
        && !path.starts_with(FAST)
        && !path.starts_with("crates/zentra-fuzz/")
        && !MAY.iter().any(|(may, _)| *may == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(path: &str, line: &str) -> String {
        check(&[File::new(path, &format!("//! x\n{line}\n"))]).join("\n")
    }

    #[test]
    fn forms_show_only_where_they_are_told_apart() {
        let line = "if let Body::Settled(_) = entry.body {}";
        let path = "crates/zentra-server/src/payload.rs";
        assert!(said(path, line).starts_with("crates/zentra-server/src/payload.rs:2: the form"));
        assert!(said(path, "if entry.settled().is_some() {}").contains("the form"));
        assert_eq!(said(path, "let events = entry.events();"), "");
        assert_eq!(said("crates/zentra-events/src/frame.rs", line), "");
        assert_eq!(said("crates/zentra-ledger/src/fast/apply.rs", line), "");
        assert_eq!(said(path, &format!("#[cfg(test)]\nmod tests {{\n{line}\n}}")), "");
    }
}
