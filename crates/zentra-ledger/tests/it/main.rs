//! The ledger from outside: tables of cases, random histories, and the product page's own intent.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod invariants;
mod page;
mod properties;
mod table;
mod tables;
mod world;
