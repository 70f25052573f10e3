//! The guarded client: one HTTP request to a URL that somebody else has chosen.
//!
//! Owns everything between the URL and what is kept of the answer: names, the verdict on every
//! address at the socket, TLS, connections that are kept, what a destination may get, and the
//! limits on answers. Whatever dials out uses it. Must not know what a request is for: deliveries,
//! signatures and outcomes are its callers'.

mod answer;
mod client;
mod connection;
mod connector;
mod failure;
mod gate;
mod pool;
mod resolver;
mod stream;
mod system;
mod target;
mod tls;

pub use answer::Answer;
pub use client::{Client, MakeRequest, RequestError};
pub use failure::Failure;
pub use gate::Held;
pub use resolver::Resolver;
pub use system::{SetupError, outbound};
pub use target::Target;
pub use tls::client_config;
