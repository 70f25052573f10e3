//! The node: what of the product a process runs, one step at a time.

mod asking;
mod elsewhere;
mod messages;
mod opening;
mod process;
mod sealing;
mod sending;
mod snapshots;
mod space;
mod viewing;

pub(crate) use asking::{Answer, Asked, Decided, Input};
pub(crate) use elsewhere::elsewhere;
pub(crate) use opening::{open, reread};
pub(crate) use process::{Node, Output, PLACES};
