//! The domain "no": a value, not an error.
//!
//! Owns its two parts. Must not know who says it, or how it is shown.

use crate::code::Code;
use crate::quota::Quota;

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
    /// The quota that has no room, where one is why.
    pub quota: Option<Quota>,
}

impl Refusal {
    /// A refusal with this code and sentence.
    pub fn new(code: Code, detail: impl Into<String>) -> Refusal {
        Refusal { code, detail: detail.into(), retry_after_seconds: None, quota: None }
    }

    /// The refusal of what goes over a quota of the caller's scope.
    pub fn over_quota(quota: Quota, limit: u64, used: u64, more: u64) -> Refusal {
        let unit = quota.unit();
        let detail = format!(
            "the scope's quota {quota} has no room: limit {limit}, in use {used}, needed in \
             addition {more} (in {unit}); GET /quotas shows all; a key with the role deployment \
             sets more"
        );
        Refusal { quota: Some(quota), ..Refusal::new(Code::QuotaExceeded, detail) }
    }

    /// The refusal of a server that was started to record nothing.
    pub fn read_only() -> Refusal {
        let detail = "the server was started with `--read-only` and records nothing; start it \
                      without, or ask one that records";
        Refusal::new(Code::ReadOnly, detail)
    }

    /// The refusal of what may be taken after so many seconds.
    #[must_use]
    pub fn until(mut self, seconds: u64) -> Refusal {
        self.retry_after_seconds = Some(seconds);
        self
    }
}
