//! The control socket: how the command line talks to the server that has a data folder open.

mod client;
mod error;
mod key;
mod protocol;
mod serve;
mod socket;

pub use client::{Client, connect};
pub use error::ControlError;
pub use key::{COMMAND_LINE, KeyWanted};
#[cfg(test)]
pub(crate) use protocol::Ask;
pub use protocol::ServerStatus;
pub(crate) use serve::{Control, serve};
pub(crate) use socket::ControlSocket;
