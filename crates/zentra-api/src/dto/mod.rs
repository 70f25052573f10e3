//! What the bodies of requests mean: defaults, what is checked beyond their form, and the commands'
//! values that they come to. The bodies themselves are `zentra_api_types::request`.

mod endpoint;
mod event;
mod intent;
mod ledger;
mod rule;

pub(crate) use endpoint::retry_policy;
pub(crate) use event::EventFields;
pub(crate) use intent::{
    asked_details, check_lengths, check_page_words, check_unconfirmed, details,
};
pub(crate) use ledger::{check_reason, check_text, floor, line};
pub(crate) use rule::{PolicyFields, templates};
