//! `zentra demo`: the product page's flow on a real server, shown and checked.

mod checks;
mod client;
mod flow;
mod receiver;
mod run;
mod show;

pub(crate) use run::run;
