//! The control socket: how the command line talks to the server that has a data folder open.
//!
//! Owns where the socket is, who is answered, and what is said. Must not decide anything: what is
//! asked goes through the kernel like every other command.

mod client;
mod error;
mod key;
mod protocol;
mod serve;
mod socket;

pub use client::{Client, connect};
pub use error::ControlError;
pub use key::{COMMAND_LINE, KeyWanted};
pub use protocol::{ControlRequest, ControlResponse, ServerStatus};
pub use serve::{Control, serve};
pub use socket::ControlSocket;
