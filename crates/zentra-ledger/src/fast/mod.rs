//! The fast path: an intent is decided and folded in one step, and folded again from its compact
//! form.

mod apply;
mod decide;
mod plan;

pub(crate) use apply::apply;
pub use decide::FastIntent;
pub(crate) use decide::decide;
pub use plan::Plan;
pub(crate) use plan::{holds, plan};
