//! How connections are served: their bounds and times.
//!
//! Owns the defaults. Must not know who counts or measures.

use std::time::Duration;

/// How connections are served.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Connections at once, besides a few for health.
    pub connections_max: usize,
    /// The same of one address.
    pub connections_per_address_max: usize,
    /// How long a request's head may take from its first byte.
    pub head_timeout: Duration,
    /// How long a connection may wait between requests.
    pub idle_timeout: Duration,
    /// How long an answer may wait to be taken; what is taken earns more.
    pub write_timeout: Duration,
    /// How long a stop waits for requests under way.
    pub drain_timeout: Duration,
    /// Whether HTTP/2 without TLS is spoken, too.
    pub h2c: bool,
}

impl Default for ServeOptions {
    fn default() -> ServeOptions {
        ServeOptions {
            connections_max: 4_096,
            connections_per_address_max: 4_096,
            head_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(120),
            write_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(20),
            h2c: false,
        }
    }
}
