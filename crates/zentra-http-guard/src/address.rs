//! Which IP addresses requests may go to.
//!
//! Owns the lists (IANA special-purpose registries, RFC 6890 and its successors, and the addresses
//! outside of them at which clouds serve their machines) and the verdict on one address. IPv6 is
//! closed by default: only global unicast (2000::/3) without the ranges listed here passes. To be
//! asked for every resolved address and for the peer of every socket. Must not resolve names.

use crate::policy::{GuardPolicy, HTTPS_PORT};
use ipnet::{Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address that requests may not go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address {address} is {kind}")]
pub struct ForbiddenAddress {
    /// The address.
    pub address: IpAddr,
    /// What kind of address it is.
    pub kind: &'static str,
}

const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), bits)
}

const fn v6(a: u16, b: u16, bits: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), bits)
}

const FORBIDDEN_V4: [(Ipv4Net, &str); 20] = [
    (v4(0, 0, 0, 0, 8), "of this network"),
    (v4(10, 0, 0, 0, 8), "private"),
    (v4(100, 64, 0, 0, 10), "shared by carriers"),
    (v4(127, 0, 0, 0, 8), "a loopback address"),
    (v4(168, 63, 129, 16, 32), "a platform's own"),
    (v4(169, 254, 0, 0, 16), "link-local"),
    (v4(172, 16, 0, 0, 12), "private"),
    (v4(192, 0, 0, 0, 24), "for protocol assignments"),
    (v4(192, 0, 2, 0, 24), "for documentation"),
    (v4(192, 31, 196, 0, 24), "of the AS112 service"),
    (v4(192, 52, 193, 0, 24), "for multicast tunnels"),
    (v4(192, 88, 99, 0, 24), "a 6to4 relay"),
    (v4(192, 168, 0, 0, 16), "private"),
    (v4(192, 175, 48, 0, 24), "of the AS112 service"),
    (v4(198, 18, 0, 0, 15), "for benchmarks"),
    (v4(198, 51, 100, 0, 24), "for documentation"),
    (v4(203, 0, 113, 0, 24), "for documentation"),
    (v4(224, 0, 0, 0, 4), "a multicast address"),
    (v4(240, 0, 0, 0, 4), "reserved"),
    (v4(255, 255, 255, 255, 32), "the broadcast address"),
];

const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 3);
const NAT64: Ipv6Net = v6(0x64, 0xff9b, 96);

/// Within [`GLOBAL_V6`]; everything outside of it is forbidden anyway.
const FORBIDDEN_V6: [(Ipv6Net, &str); 5] = [
    (v6(0x2001, 0, 23), "for protocol assignments"),
    (v6(0x2001, 0xdb8, 32), "for documentation"),
    (v6(0x2002, 0, 16), "a 6to4 address"),
    (
        Ipv6Net::new_assert(Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48),
        "of the AS112 service",
    ),
    (v6(0x3fff, 0, 20), "for documentation"),
];

/// Judges one address. The allow-list of the policy goes first; a NAT64 address (64:ff9b::/96)
/// takes the verdict of the IPv4 address in it.
///
/// # Errors
/// When requests may not go there.
pub fn check_address(address: IpAddr, policy: &GuardPolicy) -> Result<(), ForbiddenAddress> {
    if policy.allows(address) {
        return Ok(());
    }
    let kind = match address {
        IpAddr::V4(address) => forbidden_v4(address),
        IpAddr::V6(address) if NAT64.contains(&address) => {
            let [.., a, b, c, d] = address.octets();
            return check_address(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), policy);
        }
        IpAddr::V6(address) => forbidden_v6(address),
    };
    kind.map_or(Ok(()), |kind| Err(ForbiddenAddress { address, kind }))
}

/// Whether an address that [`check_address`] passes may be called this way: a public one over
/// https on port 443 alone, one of an allowed network by http and on any port.
pub fn check_way(address: IpAddr, secure: bool, port: u16, policy: &GuardPolicy) -> bool {
    policy.allows(address) || (secure && port == HTTPS_PORT)
}

fn forbidden_v4(address: Ipv4Addr) -> Option<&'static str> {
    FORBIDDEN_V4.iter().find(|(net, _)| net.contains(&address)).map(|(_, kind)| *kind)
}

fn forbidden_v6(address: Ipv6Addr) -> Option<&'static str> {
    if !GLOBAL_V6.contains(&address) {
        return Some("not a global unicast address");
    }
    FORBIDDEN_V6.iter().find(|(net, _)| net.contains(&address)).map(|(_, kind)| *kind)
}
