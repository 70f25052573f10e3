//! Each event version has a schema and golden bytes.

use crate::files::File;
use std::collections::BTreeSet;

const REGISTRY: &str = "crates/zentra-events/src/event/registry.rs";

/// What is wrong between the registry and the generated files; nothing before there is a registry.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    let Some(registry) = files.iter().find(|file| file.path == REGISTRY) else { return vec![] };
    let versions: Vec<(&str, &str)> = registry.text.lines().filter_map(version_of).collect();
    if versions.is_empty() {
        return vec![format!("{REGISTRY}: no line `1 \"name\" 1 => ...`; mend this rule")];
    }
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let mut wrong = Vec::new();
    for (name, version) in versions {
        let schema = format!("schemas/events/{name}.v{version}.json");
        if !paths.contains(schema.as_str()) {
            wrong.push(format!("{schema}: missing; `cargo xtask schemas` writes it"));
        }
        let golden = format!("fixtures/events/{name}.v{version}.hex");
        if !paths.contains(golden.as_str()) {
            wrong.push(format!("{golden}: missing; the example make_fixtures writes it"));
        }
    }
    wrong
}

/// The name and version of a line `<tag> "<name>" <version> => ...`.
fn version_of(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split(" => ").next()?.split_whitespace();
    words.next()?.parse::<u16>().ok()?;
    let name = words.next()?.strip_prefix('"')?.strip_suffix('"')?;
    let version = words.next()?;
    version.parse::<u16>().ok()?;
    Some((name, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_without_its_files_fails() {
        let mut files = vec![File::new(REGISTRY, "events! {\n    1 \"a.b\" 2 => AB(ABV2);\n}\n")];
        let said = check(&files).join("\n");
        assert!(said.contains("schemas/events/a.b.v2.json: missing"), "{said}");
        assert!(said.contains("fixtures/events/a.b.v2.hex: missing"), "{said}");
        files.push(File::new("schemas/events/a.b.v2.json", ""));
        files.push(File::new("fixtures/events/a.b.v2.hex", ""));
        assert!(check(&files).is_empty());
    }

    #[test]
    fn a_registry_that_cannot_be_read_fails() {
        let said = check(&[File::new(REGISTRY, "enum Event {}\n")]).join("\n");
        assert!(said.contains("mend this rule"), "{said}");
        assert!(check(&[]).is_empty(), "without a registry there is no rule");
    }
}
