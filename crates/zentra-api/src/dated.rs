//! The version of the API: a date, asked for by `Zentra-Version` and told in every answer.
//!
//! Owns the versions that there are (docs/reference/versioning.md). A request without the header
//! has the deployment's first version. Must not know what differs between versions: so far nothing.

use crate::problem::Problem;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header, as it is sent.
pub(crate) const NAME: &str = "Zentra-Version";
/// The header.
pub(crate) const ZENTRA_VERSION: HeaderName = HeaderName::from_static("zentra-version");
/// Every version, oldest first.
pub(crate) const VERSIONS: [&str; 1] = ["2026-11-26"];

/// The version that answers.
pub(crate) const CURRENT: &str = VERSIONS[VERSIONS.len() - 1];

/// The version that answers, as a header has it.
pub(crate) fn told() -> HeaderValue {
    HeaderValue::from_static(CURRENT)
}

/// Refuses a version that there is not, and one that is given twice.
///
/// # Errors
/// 400, naming those that there are.
pub(crate) fn check(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(asked) = headers.get(&ZENTRA_VERSION) else { return Ok(()) };
    if headers.get_all(&ZENTRA_VERSION).iter().nth(1).is_some() {
        return Err(Problem::field(NAME, "the header is given twice"));
    }
    if VERSIONS.iter().any(|known| asked.as_bytes() == known.as_bytes()) {
        return Ok(());
    }
    Err(Problem::field(NAME, format!("there is no such version; there is {CURRENT}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_one_that_there_is_or_none() {
        let with = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(ZENTRA_VERSION, HeaderValue::from_static(value));
            }
            check(&headers).is_ok()
        };
        assert!(with(&[]) && with(&[CURRENT]));
        for bad in [&[""] as &[_], &["2020-01-01"], &["latest"], &[CURRENT, CURRENT]] {
            assert!(!with(bad), "{bad:?}");
        }
        assert!(VERSIONS.is_sorted(), "oldest first");
    }
}
