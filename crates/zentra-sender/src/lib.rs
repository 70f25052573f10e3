//! Attempts: due deliveries become signed HTTP requests, their outcomes become commands.
//!
//! Owns the body of a webhook, signing at the moment of sending, the requests, the challenge of a
//! new endpoint, and what is recorded of them. Must not dial by itself (that is the guarded
//! client's), or decide when to try or what an outcome means: that is the scheduler's and the
//! engine's.

mod attempt;
mod bodies;
mod challenge;
mod group_commit;
mod payload;
mod prepare;
mod report;
mod result;
mod retry_after;

mod shell;
mod span;
mod warn;

pub use attempt::{Finished, Prepared, attempt};
pub use challenge::{Challenger, Unmet};
pub use payload::{render_payload, sha256, shown_hash};
pub use retry_after::retry_after;
pub use shell::{DeliverOptions, Schedule, run};
