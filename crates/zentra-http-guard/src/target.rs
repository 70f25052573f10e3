//! A URL, taken apart once.
//!
//! Owns the parse that both the guard and the connection use, so that they cannot disagree about
//! where a URL points. Must not look names up.

use http::HeaderValue;
use http::uri::{PathAndQuery, Uri};
use rustls::pki_types::ServerName;
use std::net::IpAddr;
use std::sync::Arc;
use url::{Host, Url};

/// Where a request goes and what it says there.
#[derive(Debug)]
pub struct Target {
    /// The server's name for TLS; none for plain HTTP.
    pub(crate) tls: Option<ServerName<'static>>,
    /// The host as the URL has it.
    pub(crate) host: HostName,
    /// The port, given or the scheme's own.
    pub(crate) port: u16,
    /// The `host` header.
    pub authority: HeaderValue,
    /// The request target in origin form.
    pub path: Uri,
}

/// A host that must be looked up, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HostName {
    /// A name.
    Name(Arc<str>),
    /// An address literal.
    Literal(IpAddr),
}

impl Target {
    /// Takes a checked URL apart; none when it is neither http nor https.
    pub(crate) fn of(url: &Url) -> Option<Target> {
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let host = match url.host()? {
            Host::Domain(name) => HostName::Name(name.trim_end_matches('.').into()),
            Host::Ipv4(address) => HostName::Literal(IpAddr::V4(address)),
            Host::Ipv6(address) => HostName::Literal(IpAddr::V6(address)),
        };
        let tls = match &host {
            _ if !secure => None,
            HostName::Name(name) => Some(ServerName::try_from(name.to_string()).ok()?),
            HostName::Literal(address) => Some(ServerName::IpAddress((*address).into())),
        };
        let text = url.host_str()?;
        let authority = match url.port() {
            Some(port) => format!("{text}:{port}"),
            None => text.to_owned(),
        };
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        Some(Target {
            tls,
            host,
            port: url.port_or_known_default()?,
            authority: HeaderValue::try_from(authority).ok()?,
            path: Uri::from(PathAndQuery::try_from(path).ok()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart_as_they_are_parsed() {
        let rows = [
            ("https://a.example/x?y=1", "a.example", 443, "/x?y=1"),
            ("https://a.example:8443", "a.example:8443", 8443, "/"),
            ("http://127.1/h", "127.0.0.1", 80, "/h"),
            ("http://[::1]:9/h", "[::1]:9", 9, "/h"),
        ];
        for (text, authority, port, path) in rows {
            let target = Target::of(&Url::parse(text).unwrap()).unwrap();
            assert_eq!(target.authority, authority, "{text}");
            assert_eq!((target.port, target.path.to_string()), (port, path.to_owned()), "{text}");
            assert_eq!(target.tls.is_some(), text.starts_with("https"), "{text}");
        }
        assert!(Target::of(&Url::parse("ftp://a.example/").unwrap()).is_none());
        assert!(Target::of(&Url::parse("data:text/plain,x").unwrap()).is_none());
    }
}
