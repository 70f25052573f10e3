//! The same workload and the same oracle, against a real server over HTTP.

mod asks;
mod driver;
mod effects;
mod evidence;
mod fitting;
mod follower;
mod forms;
mod http;
mod lists;
mod lives;
mod own;
mod pool;
mod receipts;
mod receiver;
mod rest;
mod ring;
mod runs;
mod server;
mod shown;
mod told;

pub(crate) use runs::{Real, runs};
