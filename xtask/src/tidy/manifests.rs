//! Rules about Cargo.toml files and the one clippy.toml.

use crate::files::File;

/// What is wrong with the manifests.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    let mut wrong = Vec::new();
    let named = |name: &str| {
        let name = name.to_owned();
        files.iter().filter(move |file| file.path.rsplit('/').next() == Some(name.as_str()))
    };
    let clippy: Vec<&str> =
        named("clippy.toml").chain(named(".clippy.toml")).map(|file| file.path.as_str()).collect();
    if clippy != ["clippy.toml"] {
        wrong.push(format!(
            "clippy reads the nearest clippy.toml only and would drop the bans of the root: keep \
             one, at the root; found {clippy:?}"
        ));
    }
    for file in named("Cargo.toml") {
        if file.path == "Cargo.toml" {
            wrong.extend(without_reason(&file.text));
        } else if !inherits_lints(&file.text) {
            wrong.push(format!("{}: add `[lints]` with `workspace = true`", file.path));
        }
    }
    wrong
}

fn inherits_lints(manifest: &str) -> bool {
    let mut section = "";
    manifest.lines().map(str::trim).any(|line| {
        if line.starts_with('[') {
            section = line;
        }
        let squeezed: String = line.split_whitespace().collect();
        (section == "[lints]" && squeezed == "workspace=true")
            || (!section.starts_with('[') && squeezed == "lints.workspace=true")
    })
}

/// Third-party dependencies of the workspace without a comment line of why. One comment covers the
/// lines right below it, up to an empty one.
fn without_reason(manifest: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut inside = false;
    let mut reason = false;
    let mut open = 0_usize;
    for line in manifest.lines() {
        let is_continued = open > 0;
        let code = line.split(" #").next().unwrap_or_default();
        if !line.starts_with('#') {
            open += code.matches(['[', '{']).count();
            open = open.saturating_sub(code.matches([']', '}']).count());
        }
        if is_continued {
            continue;
        }
        if line.starts_with('[') {
            inside = line.starts_with("[workspace.dependencies");
            let own_table = line.strip_prefix("[workspace.dependencies.");
            if let Some(name) = own_table.filter(|name| !name.starts_with("zentra") && !reason) {
                wrong.push(unexplained(name.trim_end_matches(']')));
            }
            // The lines of a dependency's own table are no dependencies.
            inside &= own_table.is_none();
            reason = false;
        } else if let Some(comment) = line.strip_prefix('#') {
            reason = !comment.trim().is_empty();
        } else if line.trim().is_empty() {
            reason = false;
        } else if inside && !reason && !line.starts_with("zentra") {
            let name = line.split(['=', '.', ' ']).next().unwrap_or_default();
            wrong.push(unexplained(name));
        }
    }
    wrong
}

fn unexplained(name: &str) -> String {
    format!("Cargo.toml: say in a comment line above why `{name}` is needed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(rows: &[(&str, &str)]) -> String {
        let files: Vec<File> = rows.iter().map(|(path, text)| File::new(path, text)).collect();
        check(&files).join("\n")
    }

    fn said_of_root(dependencies: &str) -> String {
        let manifest = format!("[workspace.dependencies]\n{dependencies}\n[profile.dev]\na = 1\n");
        said(&[("clippy.toml", ""), ("Cargo.toml", &manifest)])
    }

    #[test]
    fn one_clippy_toml() {
        for rows in [
            vec![],
            vec![("crates/a/clippy.toml", "")],
            vec![("clippy.toml", ""), ("crates/a/clippy.toml", "")],
            vec![("clippy.toml", ""), (".clippy.toml", "")],
        ] {
            assert!(said(&rows).contains("keep one, at the root"), "{rows:?}");
        }
        assert_eq!(said(&[("clippy.toml", "")]), "");
    }

    #[test]
    fn each_crate_inherits_the_lints() {
        let said = |text: &str| said(&[("clippy.toml", ""), ("crates/a/Cargo.toml", text)]);
        for text in ["", "[package]\nlints.x = 1\n", "[lints]\n[other]\nworkspace = true\n"] {
            assert!(said(text).contains("crates/a/Cargo.toml: add `[lints]`"), "{text}");
        }
        assert_eq!(said("[package]\n\n[lints]\nworkspace = true\n"), "");
    }

    #[test]
    fn a_dependency_without_a_reason_fails() {
        for dependencies in [
            "serde = \"1\"",
            "# Why.\na = \"1\"\n\nserde = \"1\"",
            "#\nserde = \"1\"",
            "zentra-a = { path = \"a\" }\nserde.version = \"1\"",
            "# Why.\na = [\n  \"x\",\n]\n\nserde = \"1\"",
            "[workspace.dependencies.serde]\nversion = \"1\"",
        ] {
            let said = said_of_root(dependencies);
            assert!(said.contains("why `serde` is needed"), "{dependencies}\n{said}");
            assert_eq!(said.lines().count(), 1, "{said}");
        }
    }

    #[test]
    fn a_reason_covers_the_lines_right_below_it() {
        let dependencies = "zentra-a = { path = \"a\" }\n# Why.\na = \"1\"\nb = { features = [\n\
                            \"x\",\n] }\n# Another.\nc = \"1\"";
        assert_eq!(said_of_root(dependencies), "");
    }
}
