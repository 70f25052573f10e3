//! Where a deployment may send requests.
//!
//! Owns the networks that it allows besides the public ones. Must not judge.

use ipnet::IpNet;
use std::net::IpAddr;

/// The one port of public addresses.
pub(crate) const HTTPS_PORT: u16 = 443;

/// Where requests of a deployment may go: to public addresses over https on port 443, and to the
/// networks that it allows by http and on any port, too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuardPolicy {
    /// Networks that requests may go to although the guard forbids them.
    allow: Vec<IpNet>,
}

impl GuardPolicy {
    /// The policy of a deployment that also delivers to these networks (tests, the demo, a private
    /// network).
    pub fn with_allowed(allow: Vec<IpNet>) -> GuardPolicy {
        GuardPolicy { allow }
    }

    pub(crate) fn allows(&self, address: IpAddr) -> bool {
        self.allow.iter().any(|net| net.contains(&address))
    }

    /// Whether there are any such networks.
    pub(crate) fn allows_any(&self) -> bool {
        !self.allow.is_empty()
    }
}
