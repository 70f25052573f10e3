//! The paths to modules that code names: `crate::a::b`, `super::{a, b as c}`, `a::b` of a module.
//!
//! A small reader of `use` trees, which reads paths in expressions by the same rule. Works on code
//! whose comments and literals are blanked. Must not know which modules there are.

/// One path, and the name that it has where it is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Path {
    pub(crate) segments: Vec<String>,
    /// What a `use` calls it; `*` for all that is below.
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// `use a::b;`
    Import,
    /// `pub use a::b;` and `pub(crate) use a::b;`: told on, not used here.
    Export,
    /// `a::b()` somewhere in the code.
    Inline,
}

/// The paths that begin with `crate`, `super`, `self` or one of these modules.
pub(crate) fn paths(code: &str, modules: &[String]) -> Vec<Path> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = code[from..].find("::").map(|at| from + at) {
        from = at + 2;
        let before = code[..at].trim_end_matches(is_word);
        let head = &code[before.len()..at];
        let begins = ["crate", "super", "self"].contains(&head)
            || modules.iter().any(|module| module == head);
        let preceded = before.ends_with(':') || before.ends_with('.') || before.ends_with('$');
        if !begins || preceded || before.ends_with("in ") {
            continue;
        }
        let kind = kind(before);
        let mut reader = Reader { rest: &code[before.len()..], found: &mut found, kind };
        reader.tree(&[]);
        from = code.len() - reader.rest.len();
    }
    found
}

/// What kind of path follows this code.
fn kind(before: &str) -> Kind {
    let statement = before.rsplit([';', '}', '{']).next().unwrap_or_default().trim_start();
    let Some(visibility) = statement.trim_end().strip_suffix("use") else { return Kind::Inline };
    let visibility = visibility.rsplit(']').next().unwrap_or_default().trim();
    if visibility.starts_with("pub") { Kind::Export } else { Kind::Import }
}

struct Reader<'a> {
    rest: &'a str,
    found: &'a mut Vec<Path>,
    kind: Kind,
}

impl Reader<'_> {
    /// Reads one tree below these segments: `a::b`, `a::{b, c}`, `a::*`, `a as b`.
    fn tree(&mut self, above: &[String]) {
        let mut segments = above.to_vec();
        loop {
            self.blanks();
            if self.takes("*") {
                return self.push(segments, "*".into());
            }
            if self.kind != Kind::Inline && self.takes("{") {
                return self.branches(&segments);
            }
            let word = self.word();
            if word.is_empty() {
                break;
            }
            segments.push(word);
            if !self.takes("::") {
                break;
            }
        }
        // `a::{self}` is `a`.
        if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        let mut name = segments.last().cloned().unwrap_or_default();
        self.blanks();
        if self.kind != Kind::Inline && self.takes("as ") {
            self.blanks();
            name = self.word();
        }
        self.push(segments, name);
    }

    fn branches(&mut self, above: &[String]) {
        loop {
            self.blanks();
            if self.takes("}") || self.rest.is_empty() {
                return;
            }
            let before = self.rest.len();
            self.tree(above);
            self.blanks();
            self.takes(",");
            if self.rest.len() == before {
                return;
            }
        }
    }

    fn push(&mut self, segments: Vec<String>, name: String) {
        self.found.push(Path { segments, name, kind: self.kind });
    }

    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn takes(&mut self, text: &str) -> bool {
        let after = self.rest.strip_prefix(text);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn word(&mut self) -> String {
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: &str) -> Vec<String> {
        let told =
            |path: Path| format!("{}={} {:?}", path.name, path.segments.join("."), path.kind);
        paths(code, &["child".to_owned()]).into_iter().map(told).collect()
    }

    #[test]
    fn trees_are_read_to_their_leaves() {
        assert_eq!(
            said("use crate::a::{self, b::{C, D as E}, f::*};\npub(crate) use child::G;"),
            [
                "a=crate.a Import",
                "C=crate.a.b.C Import",
                "E=crate.a.b.D Import",
                "*=crate.a.f Import",
                "G=child.G Export",
            ]
        );
        assert_eq!(said("#[x]\npub use super::super::A;"), ["A=super.super.A Export"]);
    }

    #[test]
    fn paths_in_expressions_are_read_to_their_end() {
        assert_eq!(
            said("fn a() { crate::b::c::<D>(child::e(), F { g: super::H }) }"),
            ["c=crate.b.c Inline", "e=child.e Inline", "H=super.H Inline"]
        );
    }

    #[test]
    fn other_paths_are_not_ours() {
        assert_eq!(said("use std::child::a; pub(in crate::b) fn c() { d.child::<E>(); }"), [""; 0]);
    }
}
