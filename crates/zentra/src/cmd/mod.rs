//! One file a subcommand.

pub(crate) mod journal;
pub(crate) mod key;
pub(crate) mod log;
pub(crate) mod rebuild;
pub(crate) mod schemas;
pub(crate) mod serve;
