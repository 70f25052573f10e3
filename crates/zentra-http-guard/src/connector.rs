//! From a target to a connected socket that the guard has agreed to.
//!
//! Owns the order: look up, judge EVERY address, connect only to judged ones, judge the peer of the
//! socket again, then TLS. One forbidden address among several forbids them all, and nothing is
//! dialled. Must not know HTTP, read proxy settings, or try an address that was not judged.

use crate::address::{check_address, check_way};
use crate::failure::Failure;
use crate::policy::GuardPolicy;
use crate::resolver::Resolver;
use crate::stream::Socket;
use crate::target::{HostName, Target};
use crate::url_guard::is_local_name;
use rustls::{CertificateError, ClientConfig};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

/// What looking a name up may take.
const DNS_BUDGET: Duration = Duration::from_secs(5);
/// What connecting may take, over all addresses.
const CONNECT_BUDGET: Duration = Duration::from_secs(5);
/// Addresses of one name that are tried; those after them are judged only.
const ADDRESSES_MAX: usize = 8;
/// What agreeing on TLS may take.
const TLS_BUDGET: Duration = Duration::from_secs(5);

/// What names of this machine stand for; nobody is asked.
const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// Makes guarded connections.
pub(crate) struct Connector {
    guard: Arc<GuardPolicy>,
    resolver: Resolver,
    tls: TlsConnector,
}

impl Connector {
    pub(crate) fn new(
        guard: Arc<GuardPolicy>,
        resolver: Resolver,
        tls: Arc<ClientConfig>,
    ) -> Connector {
        Connector { guard, resolver, tls: TlsConnector::from(tls) }
    }

    /// Every address of the target, each judged; all or none.
    pub(crate) async fn vet(&self, target: &Target) -> Result<Vec<SocketAddr>, Failure> {
        let addresses = match &target.host {
            HostName::Literal(address) => {
                self.judge(target, *address)?;
                vec![*address]
            }
            // This machine has an IPv4 and an IPv6 address, and those that are allowed are meant.
            HostName::Name(name) if is_local_name(name) => {
                let allowed = LOOPBACK.into_iter().filter(|at| self.judge(target, *at).is_ok());
                let allowed: Vec<IpAddr> = allowed.collect();
                if allowed.is_empty() {
                    return Err(forbidden(target));
                }
                allowed
            }
            HostName::Name(name) => {
                let found = timeout(DNS_BUDGET, self.resolver.resolve(name))
                    .await
                    .map_err(|_| Failure::DnsFailed)?
                    .map_err(|_| Failure::DnsFailed)?;
                for address in &found {
                    self.judge(target, *address)?;
                }
                found
            }
        };
        let tried = addresses.into_iter().take(ADDRESSES_MAX);
        Ok(tried.map(|address| SocketAddr::new(address, target.port)).collect())
    }

    /// Connects to the first of the judged addresses that answers.
    pub(crate) async fn dial(
        &self,
        target: &Target,
        addresses: &[SocketAddr],
    ) -> Result<(Socket, SocketAddr), Failure> {
        let (tcp, address) = connect(addresses).await?;
        let peer = tcp.peer_addr().map_err(|_| Failure::ConnectFailed)?;
        self.judge(target, peer.ip())?;
        tcp.set_nodelay(true).map_err(|_| Failure::ConnectFailed)?;
        let Some(name) = &target.tls else { return Ok((Socket::Plain(tcp), address)) };
        let agreed = timeout(TLS_BUDGET, self.tls.connect(name.clone(), tcp))
            .await
            .map_err(|_| Failure::TimedOut)?;
        match agreed {
            Ok(tls) => Ok((Socket::Tls(Box::new(tls)), address)),
            Err(error) => {
                tracing::debug!(%error, "TLS was not agreed");
                Err(why_no_tls(&error))
            }
        }
    }

    fn judge(&self, target: &Target, address: IpAddr) -> Result<(), Failure> {
        check_address(address, &self.guard).map_err(|error| {
            tracing::debug!(%error, host = ?target.host, "an address is not dialled");
            forbidden(target)
        })?;
        if check_way(address, target.tls.is_some(), target.port, &self.guard) {
            return Ok(());
        }
        // A public address tells nothing of what is inside.
        tracing::debug!(%address, port = target.port, "only https on port 443 leads there");
        Err(Failure::BlockedAddress)
    }
}

/// What is told of a forbidden address. A name that leads to one is as one that leads nowhere: a
/// tenant must not find out which names there are inside.
fn forbidden(target: &Target) -> Failure {
    match target.host {
        HostName::Literal(_) => Failure::BlockedAddress,
        HostName::Name(_) => Failure::DnsFailed,
    }
}

/// Why TLS was not agreed, as far as the consumer can do something about it.
fn why_no_tls(error: &io::Error) -> Failure {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::InvalidCertificate(why)) => match why {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                Failure::CertificateExpired
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Failure::CertificateNotYetValid
            }
            CertificateError::UnknownIssuer => Failure::UnknownIssuer,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Failure::NameMismatch
            }
            _ => Failure::CertificateInvalid,
        },
        Some(rustls::Error::InvalidMessage(_)) => Failure::NotTls,
        _ => Failure::TlsFailed,
    }
}

async fn connect(addresses: &[SocketAddr]) -> Result<(TcpStream, SocketAddr), Failure> {
    let deadline = Instant::now() + CONNECT_BUDGET;
    let mut why = Failure::ConnectFailed;
    for (index, address) in addresses.iter().enumerate() {
        // A silent address must leave time for those after it.
        let left = u32::try_from(addresses.len().saturating_sub(index)).unwrap_or(u32::MAX).max(1);
        let share = deadline.saturating_duration_since(Instant::now()) / left;
        why = match timeout(share, TcpStream::connect(*address)).await {
            Ok(Ok(tcp)) => return Ok((tcp, *address)),
            Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => {
                Failure::ConnectionRefused
            }
            Ok(Err(error)) if error.kind() == ErrorKind::TimedOut => Failure::ConnectTimedOut,
            Ok(Err(_)) => Failure::ConnectFailed,
            Err(_) => Failure::ConnectTimedOut,
        };
    }
    Err(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_certificate_has_its_word() {
        let rows = [
            (CertificateError::Expired, Failure::CertificateExpired),
            (CertificateError::NotValidYet, Failure::CertificateNotYetValid),
            (CertificateError::UnknownIssuer, Failure::UnknownIssuer),
            (CertificateError::NotValidForName, Failure::NameMismatch),
            (CertificateError::BadSignature, Failure::CertificateInvalid),
        ];
        for (why, expected) in rows {
            let error = io::Error::other(rustls::Error::InvalidCertificate(why));
            assert_eq!(why_no_tls(&error), expected);
        }
        assert_eq!(why_no_tls(&io::Error::other("reset")), Failure::TlsFailed);
    }
}
