//! Plain English of what is asked, what happens, and what must have been: for traces and failures.

mod asked;
mod facts;
mod outcomes;
mod rules;
mod units;

pub(crate) use asked::{command, input};
pub(crate) use facts::facts;
pub(crate) use outcomes::{
    account, after, answered, delivery, endpoint, intent, item, power, result, shown_delivery,
};
pub(crate) use units::span;
