//! `zentra bench`: load on a real server process, measured from another process over loopback.

mod bodies;
mod ceiling;
mod connection;
mod ledger;
mod load;
mod plan;
mod reads;
mod report;
mod run;
mod target;
mod trivial;

pub(crate) use run::run;
