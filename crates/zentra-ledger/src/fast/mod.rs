//! The fast path: an intent is decided and folded in one step, and folded again from its compact
//! form.

mod apply;
mod condition;
mod decide;
mod plan;
mod plans;

pub use condition::{Condition, IntentTerms, RequestFacts, check_request, check_terms};
pub use decide::FastIntent;
pub use plan::FastPlan;
pub(crate) use plan::Plans;
