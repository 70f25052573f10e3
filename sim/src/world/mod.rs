//! The world: everything around a process, and the process itself, one step at a time.

mod checks;
mod life;
mod node_steps;
mod requests;
mod state;

pub(crate) use state::{Counts, Settings, World};
