//! How large each crate is: its lines, its share of all of them, and that none holds too much.
//!
//! Owns the bound and the crates that are above it today. Lines are those of all Rust files in a
//! crate's folder, tests too, as `wc -l` counts them. Must not know which edges are allowed.

use crate::files::File;

/// No crate holds more than a fifth of all lines.
const SHARE_MAX: u32 = 200;

/// How far an exception may stand above what its crate has, before it must be lowered.
const SLACK: u32 = 25;

/// Crates that are above the bound today, and what each may hold at most, in thousandths. These
/// numbers only shrink.
const EXCEPTIONS: &[(&str, u32)] = &[];

/// The lines of one crate.
#[derive(Debug, PartialEq)]
pub(super) struct Size {
    pub(super) name: String,
    pub(super) lines: usize,
    /// In thousandths of all lines.
    pub(super) share: u32,
}

/// The size of each crate, given its name and its folder from the root (with a slash at its end).
pub(super) fn sizes(crates: &[(String, String)], files: &[File]) -> Vec<Size> {
    let lines = |folder: &str| {
        let sources = files.iter().filter(|file| file.path.ends_with(".rs"));
        let own = sources.filter(|file| file.path.starts_with(folder));
        own.map(|file| file.text.lines().count()).sum::<usize>()
    };
    let counted: Vec<usize> = crates.iter().map(|(_, folder)| lines(folder)).collect();
    let all = counted.iter().sum::<usize>().max(1);
    let sized = crates.iter().zip(counted).map(|((name, _), lines)| Size {
        name: name.clone(),
        lines,
        share: u32::try_from(lines * 1000 / all).unwrap_or(u32::MAX),
    });
    sized.collect()
}

/// The crates that hold too much, and the exceptions that hold no longer.
pub(super) fn violations(sizes: &[Size]) -> Vec<String> {
    judged(sizes, EXCEPTIONS)
}

fn judged(sizes: &[Size], exceptions: &[(&str, u32)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for size in sizes {
        let (name, share) = (&size.name, size.share);
        let told = percent(share);
        let exception = exceptions.iter().find(|(listed, _)| listed == name);
        wrong.extend(match exception {
            None if share > SHARE_MAX => Some(format!(
                "{name}: {told} of all lines, over {}; cut it by what its code is about",
                percent(SHARE_MAX)
            )),
            Some((_, bound)) if share > *bound => Some(format!(
                "{name}: {told} of all lines, over its bound of {}; it only shrinks: put what is \
                 new into another crate",
                percent(*bound)
            )),
            Some(_) if share <= SHARE_MAX => Some(format!(
                "{name}: within a fifth of all lines; delete it from EXCEPTIONS in \
                 xtask/src/graph/sizes.rs"
            )),
            Some((_, bound)) if share + SLACK < *bound => Some(format!(
                "{name}: {told} of all lines; lower its bound in xtask/src/graph/sizes.rs to {}",
                share + SLACK / 2
            )),
            _ => None,
        });
    }
    for (listed, _) in exceptions {
        if !sizes.iter().any(|size| size.name == *listed) {
            wrong.push(format!("{listed}: no such crate; delete it from EXCEPTIONS"));
        }
    }
    wrong
}

/// Thousandths as a text, e.g. `40.2 %`.
pub(super) fn percent(thousandths: u32) -> String {
    format!("{}.{} %", thousandths / 10, thousandths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(share: u32, exceptions: &[(&str, u32)]) -> String {
        judged(&[Size { name: "a".into(), lines: 1, share }], exceptions).join("\n")
    }

    #[test]
    fn lines_are_counted_by_folder_and_shares_of_all() {
        let folder = |name: &str| (name.to_owned(), format!("crates/{name}/"));
        let files = [
            File::new("crates/a/src/lib.rs", "1\n2\n3\n"),
            File::new("crates/a/README.md", "not Rust\n"),
            File::new("crates/ab/tests/it/main.rs", "1\n"),
        ];
        let sizes = sizes(&[folder("a"), folder("ab")], &files);
        let found: Vec<_> = sizes.iter().map(|size| (size.lines, size.share)).collect();
        assert_eq!(found, [(3, 750), (1, 250)]);
        assert_eq!(percent(402), "40.2 %");
    }

    #[test]
    fn more_than_a_fifth_fails() {
        assert_eq!(said(SHARE_MAX, &[]), "");
        assert!(said(SHARE_MAX + 1, &[]).contains("a: 20.1 % of all lines, over 20.0 %"));
    }

    #[test]
    fn an_exception_only_shrinks() {
        assert_eq!(said(400, &[("a", 400 + SLACK)]), "");
        assert!(said(401, &[("a", 400)]).contains("over its bound of 40.0 %"));
        assert!(said(400, &[("a", 401 + SLACK)]).contains("lower its bound"));
        assert!(said(SHARE_MAX, &[("a", 210)]).contains("delete it from EXCEPTIONS"));
        assert!(said(100, &[("b", 210)]).contains("b: no such crate"));
    }
}
