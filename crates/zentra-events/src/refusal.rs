//! The domain "no": a value, not an error.
//!
//! Owns its two parts. Must not know who says it, or how it is shown.

use crate::code::Code;

/// Why nothing happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// One sentence with the values that decided, and what to do.
    pub detail: String,
    /// After how many seconds the same request may be taken; none where time heals nothing.
    pub retry_after_seconds: Option<u64>,
}

impl Refusal {
    /// A refusal with this code and sentence.
    pub fn new(code: Code, detail: impl Into<String>) -> Refusal {
        Refusal { code, detail: detail.into(), retry_after_seconds: None }
    }

    /// The refusal of what may be taken after so many seconds.
    #[must_use]
    pub fn until(mut self, seconds: u64) -> Refusal {
        self.retry_after_seconds = Some(seconds);
        self
    }
}
