//! Every source file is a module of something: one that no module names is never compiled, and a
//! test in it proves nothing.

use crate::files::File;
use crate::tidy::source::Source;
use std::collections::BTreeSet;

/// Files that cargo finds by itself, where they stand in a folder that it looks into.
const ROOTS: [&str; 3] = ["main.rs", "lib.rs", "build.rs"];
const ROOT_FOLDERS: [&str; 4] = ["examples", "benches", "tests", "bin"];

/// The files that no module names.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    let sources = || files.iter().filter(|file| file.path.ends_with(".rs"));
    let named: BTreeSet<(&str, String)> = sources().flat_map(named).collect();
    let is_orphan = |file: &&File| {
        let (folder, name) = split(&file.path);
        if ROOTS.contains(&name) || folder.is_empty() {
            return false;
        }
        let (folder, stem) = match name {
            "mod.rs" => split(folder),
            name => (folder, name.trim_end_matches(".rs")),
        };
        let is_root = ROOT_FOLDERS.contains(&split(folder).1) && name != "mod.rs";
        !is_root && !named.contains(&(folder, stem.to_owned()))
    };
    let told = |file: &File| {
        format!("{}: no module names it, so nothing compiles it; add `mod` or delete it", file.path)
    };
    sources().filter(is_orphan).map(told).collect()
}

/// The folder and name of each module that a file names, both beside it and below it.
fn named(file: &File) -> Vec<(&str, String)> {
    let (folder, name) = split(&file.path);
    let below = file.path.trim_end_matches(".rs");
    let source = Source::new(&file.text);
    let statements = source.code.split([';', '{', '}']);
    let modules = statements.filter_map(|statement| {
        let word = statement.trim_end().rsplit_once("mod ")?.1;
        (!word.is_empty() && !word.contains(char::is_whitespace)).then(|| word.to_owned())
    });
    let here = ROOTS.contains(&name) || name == "mod.rs" || ROOT_FOLDERS.contains(&split(folder).1);
    modules.map(|module| (if here { folder } else { below }, module)).collect()
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_module_names_is_no_orphan() {
        let files = [
            File::new("crates/a/src/lib.rs", "mod b;\n#[cfg(test)]\npub(crate) mod c;\n"),
            File::new("crates/a/src/b.rs", "mod d;\n"),
            File::new("crates/a/src/b/d.rs", ""),
            File::new("crates/a/src/c/mod.rs", "mod e;\n"),
            File::new("crates/a/src/c/e.rs", ""),
            File::new("crates/a/tests/it/main.rs", "mod f;"),
            File::new("crates/a/tests/it/f.rs", ""),
            File::new("crates/a/benches/g.rs", "mod support;\n"),
            File::new("crates/a/benches/support/mod.rs", ""),
            File::new("crates/a/examples/h.rs", ""),
            File::new("crates/a/build.rs", ""),
        ];
        assert_eq!(check(&files), Vec::<String>::new());
    }

    #[test]
    fn what_nobody_names_is_one() {
        let files = [
            File::new("crates/a/src/lib.rs", "// mod b;\nmod bb;\n"),
            File::new("crates/a/src/b.rs", ""),
            File::new("crates/a/src/bb/c.rs", ""),
            File::new("crates/a/src/d/mod.rs", ""),
            File::new("crates/a/tests/it/main.rs", "mod tests {}\n"),
            File::new("crates/a/tests/it/f.rs", ""),
        ];
        let orphans = ["src/b.rs", "src/bb/c.rs", "src/d/mod.rs", "tests/it/f.rs"];
        let said = check(&files);
        assert_eq!(said.len(), orphans.len(), "{said:?}");
        for (said, orphan) in said.iter().zip(orphans) {
            assert!(said.starts_with(&format!("crates/a/{orphan}: ")), "{said}");
        }
    }
}
