//! The handlers, one file a resource. Each turns a request into a command or a look-up.

pub(crate) mod accounts;
pub(crate) mod balances;
pub(crate) mod batches;
pub(crate) mod currencies;
pub(crate) mod deliveries;
pub(crate) mod endpoints;
pub(crate) mod events;
pub(crate) mod intents;
pub(crate) mod keys;
pub(crate) mod legs;
pub(crate) mod postings;
pub(crate) mod quotas;
pub(crate) mod replays;
pub(crate) mod rules;
pub(crate) mod scopes;
pub(crate) mod system;
pub(crate) mod transfers;
