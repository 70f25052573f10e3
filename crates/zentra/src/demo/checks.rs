//! What the demo claims, each with whether it was seen.

use serde_json::{Value, json};

/// The claims so far.
#[derive(Default)]
pub(crate) struct Checks {
    all: Vec<(String, bool)>,
}

impl Checks {
    /// Notes a claim.
    pub(crate) fn see(&mut self, claim: impl Into<String>, seen: bool) {
        self.all.push((claim.into(), seen));
    }

    /// Notes that a JSON value is as the product page has it.
    pub(crate) fn see_text(&mut self, claim: &str, value: &Value, expected: &str) {
        self.see(format!("{claim} is {expected}"), value.as_str() == Some(expected));
    }

    pub(crate) fn passed(&self) -> usize {
        self.all.iter().filter(|(_, seen)| *seen).count()
    }

    pub(crate) fn failed(&self) -> Vec<&str> {
        self.all.iter().filter(|(_, seen)| !seen).map(|(claim, _)| claim.as_str()).collect()
    }

    pub(crate) fn as_json(&self) -> Value {
        let rows = self.all.iter().map(|(claim, seen)| json!({ "claim": claim, "seen": seen }));
        Value::Array(rows.collect())
    }
}
