//! The API in one process: requests through the whole router, over a real log.

mod access;
mod authority;
mod balances;
mod batches;
mod costs;
mod described;
mod described_bodies;
mod described_values;
mod echo;
mod edges;
mod examples;
mod hostile;
mod judged;
mod lists;
mod little_space;
mod operations;
mod page;
mod query_costs;
mod repeats;
mod requests;
mod roles;
mod rules;
mod scopes;
mod times;
mod trails;
mod world;
