//! Each metric has its row on the page of metrics: who sees a number must be able to look it up.
//!
//! Owns what counts as a metric: a name that is given to `counter!`, `gauge!` or `histogram!`.

use crate::files::File;

const PAGE: &str = "docs/operating/metrics.md";
const MACROS: [&str; 3] = ["counter!(\"", "gauge!(\"", "histogram!(\""];

/// The metrics that the page does not name.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    let page = files.iter().find(|file| file.path == PAGE).map_or("", |page| page.text.as_str());
    let of_crates =
        files.iter().filter(|file| file.path.starts_with("crates/") && file.path.ends_with(".rs"));
    let metrics = of_crates.flat_map(|file| metrics(file).map(move |name| (file, name)));
    let missing = metrics.filter(|(_, name)| !page.contains(&format!("| `{name}` |")));
    let told = |(file, name): (&File, &str)| {
        format!("{}: give `{name}` a row in {PAGE}: type, labels, what it tells", file.path)
    };
    missing.map(told).collect()
}

/// The metrics that a file records.
fn metrics(file: &File) -> impl Iterator<Item = &str> {
    MACROS.into_iter().flat_map(|before| {
        file.text.split(before).skip(1).filter_map(|rest| rest.split('"').next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_needs_its_row() {
        let text = format!("metrics::{}zentra_a_total\").increment(1);", MACROS[0]);
        let source = || File::new("crates/zentra-server/src/a.rs", &text);
        let said = |page: &str| check(&[source(), File::new(PAGE, page)]).join("\n");
        assert!(said("`zentra_a_total` alone").contains("give `zentra_a_total` a row"));
        assert_eq!(said("| `zentra_a_total` | counter |"), "");
    }
}
