//! What callers ask: every command, well-formed and not, once and again.

mod access;
mod hooks;
mod money;
mod names;
mod wishes;

pub(crate) use hooks::HANGS;
pub(crate) use wishes::Workload;
