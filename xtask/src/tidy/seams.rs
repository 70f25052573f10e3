//! Only the seams between the core and the outside may expect a banned method or type.

use crate::files::File;
use crate::tidy::source::Source;

/// What is wrong with the files, given the list of seams.
pub(crate) fn check(files: &[File], seams: &[&str]) -> Vec<String> {
    let mut wrong = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".rs")) {
        let source = Source::new(&file.text);
        for (number, line) in (1..).zip(source.code.lines()) {
            if line.contains("clippy::disallowed_") && !seams.contains(&file.path.as_str()) {
                wrong.push(format!(
                    "{}:{number}: only a seam may; take the value as an argument, or add the \
                     file to SEAMS in xtask/src/tidy.rs",
                    file.path
                ));
            }
        }
    }
    for seam in seams {
        let uses = |file: &&File| {
            file.path == *seam && Source::new(&file.text).code.contains("clippy::disallowed_")
        };
        if files.iter().find(uses).is_none() {
            wrong.push(format!("{seam}: no seam any more; delete it from xtask/src/tidy.rs"));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECT: &str = "//! x\n#![expect(clippy::disallowed_methods, reason = \"y\")]\n";

    #[test]
    fn a_file_that_is_not_listed_fails() {
        let said = check(&[File::new("a.rs", EXPECT), File::new("b.rs", EXPECT)], &["a.rs"]);
        assert_eq!(said.len(), 1);
        assert!(said[0].starts_with("b.rs:2: only a seam may"), "{said:?}");
        let spread = "//! x\n#[expect(\n    clippy::disallowed_types,\n)]\n";
        assert_eq!(check(&[File::new("b.rs", spread)], &[]).len(), 1);
    }

    #[test]
    fn a_listed_file_that_needs_it_no_longer_fails() {
        for files in [vec![], vec![File::new("a.rs", "//! clippy::disallowed_methods\n")]] {
            let said = check(&files, &["a.rs"]).join("\n");
            assert!(said.contains("a.rs: no seam any more"), "{said}");
        }
        assert!(check(&[File::new("a.rs", EXPECT)], &["a.rs"]).is_empty());
    }
}
