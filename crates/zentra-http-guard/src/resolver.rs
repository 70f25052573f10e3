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
use std::pin::{Pin, pin};
use std::time::Duration;
use tokio::time::timeout;

/// How long an answer is used at most, whatever its own time to live says.
const ANSWER_TTL_MAX: Duration = Duration::from_secs(30);
/// How long a name that does not exist is believed not to.
const NEGATIVE_TTL_MAX: Duration = Duration::from_secs(5);
/// One query to one server; the whole look-up has the client's budget.
const QUERY_TIMEOUT: Duration = Duration::from_secs(2);

/// How long the second kind of address is waited for once the first is there.
const SECOND_GRACE: Duration = Duration::from_millis(300);

/// Where names are looked up.
pub struct Resolver(Source);

enum Source {
    /// One for each kind of address: neither waits long for the other.
    System {
        v4: Box<TokioResolver>,
        v6: Box<TokioResolver>,
    },
    Table(BTreeMap<String, Vec<IpAddr>>),
}

/// The name has no address, or nobody could be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name does not resolve")]
pub(crate) struct Unresolved;

impl Resolver {
    /// The system's hosts file and name servers. Without a readable `/etc/resolv.conf` the server
    /// on this machine is asked, as the C library does.
    ///
    /// # Errors
    /// When the resolver cannot be made from its settings.
    pub fn system() -> Result<Resolver, std::io::Error> {
        let v4 = Box::new(system(LookupIpStrategy::Ipv4Only)?);
        let v6 = Box::new(system(LookupIpStrategy::Ipv6Only)?);
        Ok(Resolver(Source::System { v4, v6 }))
    }

    /// Only these names exist; nothing is asked. For receivers in tests and simulations.
    pub fn table(names: BTreeMap<String, Vec<IpAddr>>) -> Resolver {
        Resolver(Source::Table(names))
    }

    /// Every address of a name, at least one.
    pub(crate) async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, Unresolved> {
        let addresses: Vec<IpAddr> = match &self.0 {
            Source::Table(names) => names.get(name).cloned().unwrap_or_default(),
            Source::System { v4, v6 } => {
                let mut name = Name::from_ascii(name).map_err(|_| Unresolved)?;
                name.set_fqdn(true);
                both(ask(v4, name.clone()), ask(v6, name)).await
            }
        };
        if addresses.is_empty() { Err(Unresolved) } else { Ok(addresses) }
    }
}

fn system(strategy: LookupIpStrategy) -> Result<TokioResolver, std::io::Error> {
    let mut builder = TokioResolver::builder_tokio().unwrap_or_else(|error| {
        tracing::warn!(%error, "no resolver settings; asking the name server on this machine");
        let local = NameServerConfig::udp_and_tcp(IpAddr::V4(Ipv4Addr::LOCALHOST));
        TokioResolver::builder_with_config(
            ResolverConfig::from_name_servers(vec![local]),
            TokioRuntimeProvider::default(),
        )
    });
    let options: &mut ResolverOpts = builder.options_mut();
    options.ip_strategy = strategy;
    options.positive_max_ttl = Some(ANSWER_TTL_MAX);
    options.negative_max_ttl = Some(NEGATIVE_TTL_MAX);
    options.timeout = QUERY_TIMEOUT;
    builder.build().map_err(std::io::Error::other)
}

async fn ask(resolver: &TokioResolver, name: Name) -> Vec<IpAddr> {
    match resolver.lookup_ip(name).await {
        Ok(found) => found.iter().collect(),
        Err(error) => {
            tracing::debug!(%error, "a name did not resolve");
            Vec::new()
        }
    }
}

/// One of the two questions that go out.
type LookUp<'a> = dyn Future<Output = Vec<IpAddr>> + Send + 'a;

/// The addresses of two questions. Once one has given some, the other has a short grace.
async fn both(
    v4: impl Future<Output = Vec<IpAddr>> + Send,
    v6: impl Future<Output = Vec<IpAddr>> + Send,
) -> Vec<IpAddr> {
    let (mut v4, mut v6) = (pin!(v4), pin!(v6));
    let (mut found, other): (_, Pin<&mut LookUp>) = tokio::select! {
        found = &mut v4 => (found, v6),
        found = &mut v6 => (found, v4),
    };
    let more = if found.is_empty() {
        other.await
    } else {
        timeout(SECOND_GRACE, other).await.unwrap_or_default()
    };
    found.extend(more);
    found.sort_by_key(IpAddr::is_ipv6);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    fn ip(text: &str) -> Vec<IpAddr> {
        vec![text.parse().unwrap()]
    }

    #[tokio::test]
    async fn a_kind_of_address_that_is_never_answered_holds_up_nothing() {
        let v4 = ip("203.0.113.7");
        assert_eq!(both(ready(v4.clone()), pending()).await, v4);
        let v6 = ip("2001:db8::7");
        assert_eq!(both(pending(), ready(v6.clone())).await, v6);
        let all = [v4.clone(), v6.clone()].concat();
        assert_eq!(both(ready(v4.clone()), ready(v6.clone())).await, all);
        let late = async {
            tokio::task::yield_now().await;
            ip("203.0.113.7")
        };
        assert_eq!(both(late, ready(v6)).await, all, "what comes in time is judged, too");
        assert_eq!(both(ready(Vec::new()), ready(v4.clone())).await, v4);
        assert!(both(ready(Vec::new()), ready(Vec::new())).await.is_empty());
    }
}
