//! `zentra bench`: load on a real server process, measured from another process over loopback.

mod bodies;
mod connection;
mod ledger;
mod load;
mod reads;
mod report;
mod target;

pub(crate) use ledger::run;
