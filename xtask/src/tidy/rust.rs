//! Rules about one Rust file.

use crate::files::File;
use crate::tidy::functions::{LINES_MAX, functions};
use crate::tidy::module_files::logic;
use crate::tidy::source::Source;

const FILE_LINES_MAX: usize = 500;
const COLUMNS_MAX: usize = 100;

/// What is wrong with a Rust file.
pub(crate) fn check(file: &File) -> Vec<String> {
    let path = &file.path;
    let source = Source::new(&file.text);
    let mut wrong = Vec::new();
    if !file.text.starts_with("//!") {
        wrong.push(format!("{path}:1: begin with `//!`: why it exists, what it owns"));
    }
    let lines = file.text.lines().count();
    if lines > FILE_LINES_MAX {
        wrong.push(format!("{path}: {lines} lines, over {FILE_LINES_MAX}; split it by idea"));
    }
    wrong.extend(shapes(file));
    wrong.extend(leftovers(path, &source));
    for function in functions(&source.code).iter().filter(|one| one.lines > LINES_MAX) {
        wrong.push(format!(
            "{path}:{}: `{}` has {} lines, over {LINES_MAX}; split it",
            function.line, function.name, function.lines
        ));
    }
    if (path == "mod.rs" || path.ends_with("/mod.rs"))
        && let Some(stray) = logic(&source.code)
    {
        wrong.push(format!("{path}: only `mod` and `use` belong here; move `{stray}` to a file"));
    }
    wrong
}

/// Lines that are too wide or not ASCII.
fn shapes(file: &File) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        let path = &file.path;
        if let Some(other) = line.chars().find(|c| !c.is_ascii()) {
            let escaped = other.escape_unicode();
            wrong.push(format!("{path}:{number}: source is ASCII; write {escaped} as an escape"));
        }
        let columns = line.chars().count();
        if columns > COLUMNS_MAX && !line.contains("://") {
            wrong.push(format!(
                "{path}:{number}: {columns} columns, over {COLUMNS_MAX}; break the line"
            ));
        }
    }
    wrong
}

/// Marks and macros of unfinished work.
fn leftovers(path: &str, source: &Source) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, (code, comment)) in (1..).zip(source.code.lines().zip(source.comments.lines())) {
        for mark in ["FIXME", "XXX"] {
            if has_word(comment, mark) || has_word(code, mark) {
                wrong.push(format!("{path}:{number}: {mark}; do it, or leave it out"));
            }
        }
        for name in ["dbg!", "todo!"] {
            if has_word(code, name) {
                wrong.push(format!("{path}:{number}: {name} must not be left behind"));
            }
        }
    }
    wrong
}

/// Whether a word stands in a line, not as part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let ends = word.ends_with('!') || !line[at + word.len()..].starts_with(is_word);
        ends && !line[..at].ends_with(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(path: &str, text: &str) -> String {
        check(&File::new(path, text)).join("\n")
    }

    #[test]
    fn each_rule_fires() {
        let long = format!("//! x\n{}", "static A: u8 = 1;\n".repeat(FILE_LINES_MAX));
        let function = format!("//! x\n    fn a() {{\n{}    }}\n", "b(\"}\");\n".repeat(69));
        let wide = format!("//! x\n// {}\n", "w".repeat(COLUMNS_MAX));
        let wide_text = format!("//! x\nconst A: &str = \"{}\";\n", "w".repeat(COLUMNS_MAX));
        for (path, text, expected) in [
            ("a.rs", "fn a() {}\n", "a.rs:1: begin with"),
            ("a.rs", "", "a.rs:1: begin with"),
            ("a.rs", &long, "501 lines, over 500"),
            ("a.rs", &function, "a.rs:2: `a` has 71 lines, over 70"),
            ("a.rs", &wide, "a.rs:2: 103 columns, over 100"),
            ("a.rs", &wide_text, "columns, over 100"),
            ("a.rs", "//! caf\u{e9}\n", "write \\u{e9} as an escape"),
            ("a.rs", "//! x\n// FIXME later\n", "a.rs:2: FIXME"),
            ("a.rs", "//! x\n/* XXX */\n", "a.rs:2: XXX"),
            ("a.rs", "//! x\nfn a() { dbg!(1) }\n", "a.rs:2: dbg! must not"),
            ("a.rs", "//! x\nfn a() { todo!() }\n", "a.rs:2: todo! must not"),
            ("b/mod.rs", "//! x\nfn a() {}\n", "b/mod.rs: only `mod` and `use`"),
        ] {
            let said = said(path, text);
            assert!(said.contains(expected), "{path}: {said:?} lacks {expected:?}");
        }
    }

    #[test]
    fn tidy_files_pass() {
        let at_most = format!("//! x\nfn a() {{\n{}}}\n", "b();\n".repeat(68));
        let link = format!("//! https://example.com/{}\n", "w".repeat(COLUMNS_MAX));
        for (path, text) in [
            ("a.rs", "//! Why.\n\nfn a() {\n    b(\"XXX dbg! todo!\");\n}\n"),
            ("a.rs", "//! Not a mark: XXXX, PREFIXME.\n"),
            ("a.rs", &at_most),
            ("a.rs", &link),
            ("b/mod.rs", "//! x\nmod a;\npub use a::B;\n"),
            ("b/mod_rs.rs", "//! x\nfn a() {}\n"),
        ] {
            assert_eq!(said(path, text), "");
        }
    }
}
