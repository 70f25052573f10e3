//! No floating point number stands between what came in and what is compared, stored or shown.
//!
//! Gauges are told in floating point numbers, so a cast on the line of one may stand. Owns the list
//! of files that name such types in order to refuse them.

use crate::files::File;
use crate::tidy::source::Source;

/// Files that refuse floating point numbers, and name their types for that.
const REFUSES: &[&str] =
    &["crates/zentra-evidence/src/canonical/writer.rs", "crates/zentra-api/src/json/fields.rs"];

/// What is wrong with the product's files.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    let product = |file: &&File| {
        let path = &file.path;
        path.starts_with("crates/") && path.contains("/src/") && path.ends_with(".rs")
    };
    let mut wrong = Vec::new();
    for file in files.iter().filter(product) {
        if REFUSES.contains(&file.path.as_str()) {
            continue;
        }
        for (number, line) in (1..).zip(Source::new(&file.text).code.lines()) {
            let floats = line.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            let named = floats.into_iter().any(|word| matches!(word, "f32" | "f64"));
            if named && !line.contains("gauge!(") && !line.contains("histogram!(") {
                wrong.push(format!(
                    "{}:{number}: a number keeps its text or is an integer; only a metric is a \
                     floating point one",
                    file.path
                ));
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(path: &str, line: &str) -> String {
        check(&[File::new(path, &format!("//! x f64\n{line}\n"))]).join("\n")
    }

    #[test]
    fn floating_point_numbers_fail_outside_of_metrics() {
        let path = "crates/a/src/b.rs";
        for bad in ["fn a(b: f64) {}", "let a = b as f32;", "fn visit_f64() -> f64 {"] {
            assert!(said(path, bad).starts_with("crates/a/src/b.rs:2: a number"), "{bad}");
        }
        for good in [
            "metrics::gauge!(\"a\").set(b as f64);",
            "metrics::histogram!(\"a\").record(b as f64);",
            "let hf64 = 1; // f64",
        ] {
            assert_eq!(said(path, good), "", "{good}");
        }
        assert_eq!(said("crates/a/tests/b.rs", "let a: f64 = 1.0;"), "");
        assert_eq!(said(REFUSES[0], "fn serialize_f64(_: f64) {}"), "");
    }
}
