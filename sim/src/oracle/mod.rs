//! The oracle: an independent model of what the product must answer, written from its documents.

mod access;
mod auditing_batches;
mod auditor;
mod batches;
mod books;
mod contents;
mod deliveries;
mod evidence;
mod fact;
mod hooks;
mod intents;
mod listing;
mod log_time;
mod looking;
mod messages;
mod model;
mod money;
mod published;
mod reading;
mod rows;
mod rules;

pub(crate) use auditor::{Answered, Oracle, request_id, sending_of};
pub(crate) use books::{AMOUNT_MAX, Account};
pub(crate) use deliveries::{Delivery, Rests};
pub(crate) use fact::{Depth, Fact, Side, Status};
pub(crate) use hooks::{Endpoint, Hears};
pub(crate) use intents::{Intent, Stage};
pub(crate) use looking::Would;
pub(crate) use model::Scope;
pub(crate) use published::{Published, opened};
pub(crate) use reading::Reading;
pub(crate) use rows::{Row, id_of};
