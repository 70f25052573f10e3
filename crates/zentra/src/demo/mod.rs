//! `zentra demo`: the flow of docs/product-page.md on a real server, shown and checked.

mod checks;
mod client;
mod flow;
mod receiver;
mod run;
mod show;

pub(crate) use run::run;
