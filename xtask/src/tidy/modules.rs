//! Which file of a crate uses which: the modules that a root reaches, and where their paths lead.
//!
//! Follows `mod x;` from `lib.rs` or `main.rs` and re-exports to where a thing is defined, so that
//! a path through a `mod.rs` leads to the file behind it. Reads code of the product only. Must not
//! know which uses are right.

use crate::files::File;
use crate::tidy::paths::{Kind, Path, paths};
use crate::tidy::product::without_tests;
use crate::tidy::source::Source;
use std::collections::{BTreeMap, BTreeSet};

/// How often a re-export is followed; a path that leads on longer leads in a ring.
const HOPS_MAX: usize = 16;

struct Module<'a> {
    path: &'a str,
    code: String,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    paths: Vec<Path>,
}

/// The modules of one crate, the root first.
pub(crate) struct Modules<'a>(Vec<Module<'a>>);

impl<'a> Modules<'a> {
    /// All that a root reaches.
    pub(crate) fn of(root: &'a File, files: &BTreeMap<&'a str, &'a File>) -> Modules<'a> {
        let mut all = Modules(Vec::new());
        let folder = root.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        all.enter(root, folder.to_owned(), None, files);
        all
    }

    fn enter(
        &mut self,
        file: &'a File,
        below: String,
        parent: Option<usize>,
        files: &BTreeMap<&'a str, &'a File>,
    ) -> usize {
        let code = without_tests(&Source::new(&file.text).code);
        let names = declared(&code);
        let paths = paths(&code, &names);
        let at = self.0.len();
        self.0.push(Module { path: &file.path, code, parent, children: BTreeMap::new(), paths });
        for name in names {
            let beside = [format!("{below}/{name}.rs"), format!("{below}/{name}/mod.rs")];
            let Some(child) = beside.iter().find_map(|path| files.get(path.as_str())) else {
                continue;
            };
            let child = self.enter(child, format!("{below}/{name}"), Some(at), files);
            self.0[at].children.insert(name, child);
        }
        at
    }

    /// Each file and the files that it uses.
    pub(crate) fn uses(&self) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
        let mut uses: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (at, module) in self.0.iter().enumerate() {
            let used = uses.entry(module.path).or_default();
            for path in module.paths.iter().filter(|path| path.kind != Kind::Export) {
                let target = self.0[self.lead(at, &path.segments, HOPS_MAX)].path;
                // What a mod.rs names is elsewhere; what is not found behind it is no edge.
                if target != module.path && !target.ends_with("/mod.rs") {
                    used.insert(target);
                }
            }
        }
        uses
    }

    /// The module where a path that is written in a module leads.
    fn lead(&self, from: usize, segments: &[String], hops: usize) -> usize {
        let mut segments = segments.iter();
        let mut at = from;
        let mut first = true;
        while let Some(segment) = segments.next() {
            at = match segment.as_str() {
                "crate" => 0,
                "self" => at,
                "super" => self.0[at].parent.unwrap_or(at),
                name => match self.step(at, name, first, hops) {
                    Step::Into(module) => module,
                    Step::Elsewhere(module, path) => {
                        let rest = path.iter().chain(segments).cloned().collect::<Vec<_>>();
                        return self.lead(module, &rest, hops - 1);
                    }
                    Step::Here => return at,
                },
            };
            first = false;
        }
        at
    }

    /// Where a name leads from a module. `first` is for the first name of a path that is written
    /// in this very module.
    fn step(&self, at: usize, name: &str, first: bool, hops: usize) -> Step<'_> {
        let module = &self.0[at];
        if let Some(child) = module.children.get(name) {
            return Step::Into(*child);
        }
        if first || hops == 0 || defines(&module.code, name) {
            return Step::Here;
        }
        let told = || module.paths.iter().filter(|path| path.kind != Kind::Inline);
        if let Some(path) = told().find(|path| path.name == name) {
            return Step::Elsewhere(at, &path.segments);
        }
        for path in told().filter(|path| path.name == "*") {
            let behind = self.lead(at, &path.segments, hops - 1);
            if behind != at && defines(&self.0[behind].code, name) {
                return Step::Into(behind);
            }
        }
        Step::Here
    }
}

enum Step<'a> {
    Into(usize),
    Elsewhere(usize, &'a [String]),
    Here,
}

/// The modules that code declares in files of their own.
fn declared(code: &str) -> Vec<String> {
    let statements = code.split([';', '{', '}']).zip(code.matches([';', '{', '}']));
    let modules = statements.filter(|(_, end)| *end == ";").filter_map(|(statement, _)| {
        let word = statement.trim_end().rsplit_once("mod ")?.1;
        (!word.is_empty() && !word.contains(char::is_whitespace)).then(|| word.to_owned())
    });
    modules.collect()
}

/// Whether code defines a thing of this name.
fn defines(code: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let words =
        ["struct", "enum", "fn", "trait", "type", "const", "static", "union", "macro_rules!"];
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].trim_end();
        !code[at + name.len()..].starts_with(is_word)
            && before.len() < at
            && words.iter().any(|word| before.ends_with(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<File> = files.iter().map(|(path, text)| File::new(path, text)).collect();
        let by_path = files.iter().map(|file| (file.path.as_str(), file)).collect();
        let uses = Modules::of(&files[0], &by_path).uses();
        let told = |(from, to): (&str, BTreeSet<&str>)| {
            to.into_iter().map(move |to| format!("{from} -> {to}")).collect::<Vec<_>>()
        };
        uses.into_iter().flat_map(told).collect()
    }

    #[test]
    fn a_path_leads_to_the_file_that_defines_its_end() {
        let files = [
            ("s/lib.rs", "mod a;\nmod b;\npub use a::A;"),
            ("s/a.rs", "use crate::b::{C, inner::D};\npub struct A;"),
            ("s/b/mod.rs", "mod c;\nmod inner;\npub use c::C;\npub(crate) use inner::*;"),
            ("s/b/c.rs", "use super::D;\npub struct C;"),
            ("s/b/inner.rs", "pub struct D;\nfn e() { crate::A::f() }"),
        ];
        assert_eq!(
            said(&files),
            [
                "s/a.rs -> s/b/c.rs",
                "s/a.rs -> s/b/inner.rs",
                "s/b/c.rs -> s/b/inner.rs",
                "s/b/inner.rs -> s/a.rs",
            ]
        );
    }

    #[test]
    fn a_parent_uses_the_children_whose_things_it_takes() {
        let files = [
            ("s/main.rs", "mod a;\nmod b;\nuse a::A;\nfn main() { b::run(A) }"),
            ("s/a.rs", "pub struct A;"),
            ("s/b.rs", "mod c;\npub use c::run;"),
            ("s/b/c.rs", "pub fn run() {}"),
        ];
        assert_eq!(said(&files), ["s/main.rs -> s/a.rs", "s/main.rs -> s/b/c.rs"]);
    }

    #[test]
    fn tests_are_not_read_and_rings_of_exports_end() {
        let files = [
            ("s/lib.rs", "mod a;\nmod b;\n#[cfg(test)]\nmod c;"),
            ("s/a.rs", "pub use crate::b::X;\n#[cfg(test)]\nmod tests { use crate::b::Y; }"),
            ("s/b.rs", "pub use crate::a::X;\nfn f() { super::a::X }"),
            ("s/c.rs", "use crate::a::A;"),
        ];
        assert!(said(&files).len() <= 1);
    }
}
