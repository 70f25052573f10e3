//! The node: what of the product a process runs, one step at a time.

mod log_time;
mod opening;
mod process;
mod sending;

pub(crate) use opening::{Opened, open, reread};
pub(crate) use process::{Answer, Asked, Decided, Input, Node};
