//! The guarded client: one HTTP request to a URL that somebody else has chosen.
//!
//! Owns everything between the URL and what is kept of the answer: the rules for URLs and
//! addresses, names, the verdict on every address at the socket, TLS, connections that are kept,
//! what a destination may get, and the limits on answers. Whatever dials out uses it. Must not know
//! what a request is for: deliveries, signatures and outcomes are its callers'.

mod address;
mod answer;
mod client;
mod connection;
mod connector;
mod failure;
mod gate;
mod host_gate;
mod policy;
mod pool;
mod resolver;
mod stream;
mod system;
mod target;
mod tls;
mod url_guard;

pub use address::{ForbiddenAddress, check_address, check_way};
pub use answer::Answer;
pub use client::{Client, MakeRequest, RequestError};
pub use failure::Failure;
pub use gate::Held;
pub use host_gate::{
    ADDRESS_A_SECOND, Admission, HOST_A_SECOND_MAX, HOST_A_SECOND_START, HOST_AT_ONCE_MAX,
    HOST_AT_ONCE_START, HostGate,
};
pub use policy::GuardPolicy;
pub use resolver::Resolver;
pub use system::{SetupError, outbound};
pub use target::Target;
pub use tls::client_config;
pub use url_guard::{check_url, is_local_name};
