//! What a load is: how many intents, between whom, and how they are sent.

/// What to send.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) intents: u64,
    pub(crate) accounts: u64,
    pub(crate) batch: u64,
    pub(crate) connections: u64,
    pub(crate) random_ids: bool,
    pub(crate) single: bool,
}
