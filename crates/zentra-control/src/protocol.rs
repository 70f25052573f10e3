//! What is said over the control socket: one line of JSON each way, then the end.
//!
//! The text of a key never passes: who asks makes it, and sends its hash. Owns the forms. Must not
//! know who asks or answers.

use serde::{Deserialize, Serialize};

/// The most bytes of a question. An answer is shorter.
pub(crate) const LINE_BYTES_MAX: u64 = 16 * 1024;

/// A request of the command line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case", deny_unknown_fields)]
pub enum ControlRequest {
    /// Its address, version and durable position.
    Status {},
    /// A key, and its scope when that is new.
    Key {
        /// Its scope.
        scope: String,
        /// Who acts with it.
        actor: String,
        /// BLAKE3 of the key's text, in hexadecimal.
        hash: String,
        /// The bits of its roles.
        roles: u8,
        /// What it is for.
        label: String,
    },
}

/// The answer of the server.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "response", rename_all = "snake_case")]
pub enum ControlResponse {
    /// As asked.
    Status(ServerStatus),
    /// It is durable.
    Done,
    /// Nothing was done.
    Refused {
        /// The refusal's code.
        code: String,
        /// What is wrong.
        detail: String,
    },
}

/// What a server says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerStatus {
    /// Where it listens.
    pub url: String,
    /// Its version.
    pub version: String,
    /// The position after its last durable entry.
    pub durable: u64,
}
