//! A term of art is in the glossary or is not used: the names of files and of public types beside
//! docs/glossary.md.
//!
//! A name is judged by its last word (`key_table.rs`, `struct LeafReader`): it has a row, or is one
//! of the plain words below, which mean here what they mean to everyone. Owns that list. Tests and
//! the frozen versions of events are not looked at.

use crate::files::File;
use crate::tidy::product::without_tests;
use crate::tidy::source::Source;
use std::collections::{BTreeMap, BTreeSet};

const GLOSSARY: &str = "docs/glossary.md";

/// Words of English, of programming and of the protocols that need no row, in the singular.
#[rustfmt::skip]
const PLAIN: &[&str] = &[
    // Shapes of programs.
    "arg", "argument", "buffer", "builder", "byte", "caller", "client", "clock", "code", "codec",
    "command",
    "config", "connector", "context", "counter", "ctx", "decoder", "dense", "encoder", "engine",
    "error", "factory", "field", "file", "filter", "flag", "format", "handle", "handler", "hash",
    "header", "id", "index", "item", "iter", "iterator", "key", "kind", "lib", "limit", "line",
    "list", "main", "map", "memory", "meta", "metric", "mod", "name", "node", "number", "object",
    "option", "parameter", "params", "parser", "path", "pool", "process", "queue", "reader",
    "record", "ref", "registry", "report", "reporter", "request", "response", "result", "row",
    "router", "runtime", "schema", "server", "service", "set", "setting", "sink", "socket",
    "source", "sparse", "stack", "state", "status", "storage", "store", "struct", "table", "target",
    "task", "template", "text", "thread", "timer", "tree", "type", "value", "varint", "vector",
    "version", "writer", "root", "section", "resolver", "scheduler", "schedule", "signer",
    "verifier",
    // What programs do.
    "accept", "apply", "build", "check", "checked", "confirm", "copy", "decide", "decided",
    "deliver", "diagnose", "evolve", "expand", "fold", "load", "loaded", "make", "made", "merge",
    "open", "opened", "parse", "plan", "post", "prepare", "prepared", "prove", "proven", "read",
    "recover", "recovered", "recovery", "render", "rendering", "restore", "run", "select", "send",
    "sent", "serve", "show", "sign", "start", "stop", "submit", "sync", "use", "verified", "verify",
    "wait", "waiting", "walk", "warn", "write", "fuzzing", "testing", "finished", "ended",
    // Protocols, formats and machines.
    "address", "asymmetric", "auth", "base64", "binary", "body", "certificate", "connection",
    "disk", "host", "http", "https", "json", "message", "openapi", "payload", "problem", "protocol",
    "receiver", "tls", "url", "wire", "entropy", "folder", "output", "input", "metadata",
    // Money and time, as everyone has them.
    "amount", "balance", "currency", "direction", "money", "side", "tick", "timestamp", "time",
    "total", "unit",
    // Plain English.
    "access", "admission", "after", "ahead", "answer", "ask", "asked", "at", "background", "backup",
    "bound", "canonical", "capture", "cause", "choice", "conserve", "corruption", "cost", "count",
    "crash", "dated", "decision",
    "example", "depth", "detail", "diagnosis", "envelope", "fact", "fatal",
    "failure", "fault", "flow", "form", "health", "held", "identity", "leftover", "life", "lives",
    "nothing", "notice", "of", "due",
    "off", "only", "out", "outcome", "packed", "page", "part", "party", "past", "piece", "place",
    "progress", "question", "rate", "raw", "ready", "reason", "recorded", "rest", "rule", "seed",
    "short",
    "space", "span", "strict", "system", "told", "unmet", "usage", "visit", "wanted",
    "within", "would", "length", "size", "step", "retry", "instant", "link", "preview",
];

/// The names that are neither in the glossary nor plain.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    let Some(glossary) = files.iter().find(|file| file.path == GLOSSARY) else { return vec![] };
    let rows = rows(&glossary.text);
    let is_known = |word: &str| {
        singulars(word).any(|word| rows.contains(&word) || PLAIN.contains(&word.as_str()))
    };
    let mut unknown: BTreeMap<String, String> = BTreeMap::new();
    for file in files.iter().filter(|file| is_of_the_product(&file.path)) {
        for (name, word) in names(file) {
            if !is_known(&word) {
                unknown.entry(word).or_insert_with(|| format!("{}: `{name}`", file.path));
            }
        }
    }
    let told = |(word, place): (String, String)| {
        format!(
            "{place}: `{word}` is no word of {GLOSSARY}; use one that is, or the field's own with \
             a row there; a plain word goes to PLAIN in xtask/src/tidy/terms.rs"
        )
    };
    unknown.into_iter().map(told).collect()
}

fn is_of_the_product(path: &str) -> bool {
    path.starts_with("crates/")
        && path.contains("/src/")
        && path.ends_with(".rs")
        && !path.contains("/tests/")
        && !path.ends_with("/tests.rs")
}

/// The names of a file and of its public types, each with its last word in small letters.
fn names(file: &File) -> Vec<(String, String)> {
    let stem = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
    let last = stem.rsplit('_').next().unwrap_or_default();
    let mut names = vec![(format!("{stem}.rs"), last.to_owned())];
    let code = without_tests(&Source::new(&file.text).code);
    for line in code.lines().filter_map(|line| line.trim_start().strip_prefix("pub ")) {
        let mut words = line.split([' ', '<', '(', '{', ':', ';', '=']);
        let kind = words.next().unwrap_or_default();
        let name = words.next().unwrap_or_default();
        if ["struct", "enum", "trait", "type"].contains(&kind)
            && let Some(word) = last_word(name)
        {
            names.push((name.to_owned(), word));
        }
    }
    names
}

/// `KeyTable` gives `table`; a version of an event (`KeyMadeV1`) gives none.
fn last_word(name: &str) -> Option<String> {
    let at = name.rfind(|c: char| c.is_ascii_uppercase())?;
    let word = &name[at..];
    let is_version = word.starts_with('V') && word[1..].starts_with(|c: char| c.is_ascii_digit());
    (!is_version).then(|| word.to_ascii_lowercase())
}

/// A word and what it may be the plural of.
fn singulars(word: &str) -> impl Iterator<Item = String> {
    let forms = [
        Some(word.to_owned()),
        word.strip_suffix("ies").map(|stem| format!("{stem}y")),
        word.strip_suffix("es").map(str::to_owned),
        word.strip_suffix('s').map(str::to_owned),
    ];
    forms.into_iter().flatten()
}

/// Each word that a row of the glossary explains.
fn rows(glossary: &str) -> BTreeSet<String> {
    let explained = glossary.lines().filter_map(|line| line.strip_prefix("| ")?.split('|').next());
    let words = explained.flat_map(|cell| cell.split(|c: char| !c.is_alphanumeric()));
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(path: &str, text: &str) -> String {
        let glossary = "# Glossary\n\n| word | meaning |\n|---|---|\n| Dead letter | one |\n";
        check(&[File::new(GLOSSARY, glossary), File::new(path, text)]).join("\n")
    }

    #[test]
    fn a_name_whose_last_word_nobody_explains_fails() {
        let said_of = |text| said("crates/a/src/table.rs", text);
        assert!(said("crates/a/src/big_gizmo.rs", "").contains("`gizmo` is no word"));
        assert!(said_of("pub struct BigGizmo<T>(T);").contains("table.rs: `BigGizmo`: `gizmo`"));
        assert!(said_of("    pub enum Gizmo {").contains("`gizmo`"));
        assert!(said_of("pub type Gizmos = u8;").contains("`gizmos`"));
    }

    #[test]
    fn rows_plain_words_versions_and_tests_pass() {
        for (path, text) in [
            ("crates/a/src/dead_letters.rs", "pub struct Letter;\npub struct Keys;"),
            ("crates/a/src/table.rs", "pub struct GizmoMadeV1;\npub(crate) struct Gizmo;"),
            ("crates/a/src/table.rs", "#[cfg(test)]\nmod tests {\n    pub struct Gizmo;\n}"),
            ("crates/a/src/tests/gizmo.rs", ""),
            ("crates/a/tests/it/gizmo.rs", ""),
        ] {
            assert_eq!(said(path, text), "", "{path}");
        }
    }

    #[test]
    fn plain_words_are_there_once() {
        let once: BTreeSet<&str> = PLAIN.iter().copied().collect();
        let twice = PLAIN.iter().filter(|word| PLAIN.iter().filter(|o| o == word).count() > 1);
        assert_eq!(once.len(), PLAIN.len(), "{:?}", twice.collect::<BTreeSet<_>>());
    }
}
