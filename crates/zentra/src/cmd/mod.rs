//! One file a subcommand.

pub(crate) mod backup;
pub(crate) mod journal;
pub(crate) mod key;
pub(crate) mod log;
pub(crate) mod open;
pub(crate) mod rebuild;
pub(crate) mod restore;
pub(crate) mod schemas;
pub(crate) mod serve;
pub(crate) mod wait;
