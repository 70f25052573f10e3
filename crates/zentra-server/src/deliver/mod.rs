//! The delivery shell: due attempts become HTTP requests, their outcomes become commands.
//!
//! Owns outbound HTTP: names, the address guard at the socket, TLS, limits on answers, signing at
//! the moment of sending. Must not decide when to try or what an outcome means: that is the
//! scheduler's and the engine's.

mod answer;
mod attempt;
mod bodies;
mod challenge;
mod client;
mod connection;
mod connector;
mod gate;
mod pool;
mod prepare;
mod report;
mod resolver;
mod retry_after;
mod shell;
mod stream;
mod target;
mod tls;
mod warn;

pub use attempt::{Finished, Prepared, attempt};
pub use challenge::{Challenger, Unmet};
pub use client::Client;
pub use gate::Held;
pub use resolver::Resolver;
pub use retry_after::retry_after;
pub use shell::{DeliverError, DeliverOptions, Schedule, outbound, run};
pub use tls::client_config;
