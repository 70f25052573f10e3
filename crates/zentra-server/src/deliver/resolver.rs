//! Names to addresses: all of them, so that the guard can judge each.
//!
//! Owns the resolver's settings. Names are looked up as they are written (no search list) and kept
//! for at most half a minute, so that a changed answer is judged soon. Must not judge addresses.

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{LookupIpStrategy, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::Name;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

/// How long an answer is used at most, whatever its own time to live says.
const ANSWER_TTL_MAX: Duration = Duration::from_secs(30);
/// How long a name that does not exist is believed not to.
const NEGATIVE_TTL_MAX: Duration = Duration::from_secs(5);
/// One query to one server; the whole look-up has the client's budget.
const QUERY_TIMEOUT: Duration = Duration::from_secs(2);

/// Where names are looked up.
pub struct Resolver(Source);

enum Source {
    System(Box<TokioResolver>),
    Table(BTreeMap<String, Vec<IpAddr>>),
}

/// The name has no address, or nobody could be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name does not resolve")]
pub(super) struct Unresolved;

impl Resolver {
    /// The system's hosts file and name servers. Without a readable `/etc/resolv.conf` the server
    /// on this machine is asked, as the C library does.
    ///
    /// # Errors
    /// When the resolver cannot be made from its settings.
    pub fn system() -> Result<Resolver, std::io::Error> {
        let mut builder = TokioResolver::builder_tokio().unwrap_or_else(|error| {
            tracing::warn!(%error, "no resolver settings; asking the name server on this machine");
            let local = NameServerConfig::udp_and_tcp(IpAddr::V4(Ipv4Addr::LOCALHOST));
            TokioResolver::builder_with_config(
                ResolverConfig::from_name_servers(vec![local]),
                TokioRuntimeProvider::default(),
            )
        });
        harden(builder.options_mut());
        let resolver = builder.build().map_err(std::io::Error::other)?;
        Ok(Resolver(Source::System(Box::new(resolver))))
    }

    /// Only these names exist; nothing is asked. For receivers in tests and simulations.
    pub fn table(names: BTreeMap<String, Vec<IpAddr>>) -> Resolver {
        Resolver(Source::Table(names))
    }

    /// Every address of a name, at least one.
    pub(super) async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, Unresolved> {
        let addresses: Vec<IpAddr> = match &self.0 {
            Source::Table(names) => names.get(name).cloned().unwrap_or_default(),
            Source::System(resolver) => {
                let mut name = Name::from_ascii(name).map_err(|_| Unresolved)?;
                name.set_fqdn(true);
                let found = resolver.lookup_ip(name).await.map_err(|error| {
                    tracing::debug!(%error, "a name did not resolve");
                    Unresolved
                })?;
                found.iter().collect()
            }
        };
        if addresses.is_empty() { Err(Unresolved) } else { Ok(addresses) }
    }
}

fn harden(options: &mut ResolverOpts) {
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.positive_max_ttl = Some(ANSWER_TTL_MAX);
    options.negative_max_ttl = Some(NEGATIVE_TTL_MAX);
    options.timeout = QUERY_TIMEOUT;
}
