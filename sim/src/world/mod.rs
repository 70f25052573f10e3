//! The world: everything around a process, and the process itself, one step at a time.

mod answers;
mod balance_checks;
mod beside;
mod checks;
mod decay;
mod fairness;
mod flight;
mod folder;
mod follow_checks;
mod follow_steps;
mod harm;
mod harming;
mod hook_checks;
mod life;
mod list_checks;
mod list_steps;
mod node_steps;
mod receivers;
mod requests;
mod sending;
mod space;
mod state;

pub(crate) use state::{Counts, Settings, World};
