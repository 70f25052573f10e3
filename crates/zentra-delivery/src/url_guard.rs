//! Which URLs deliveries may go to.
//!
//! Owns the policy and every rule about a URL's text. A URL is parsed once (WHATWG) and judged
//! after parsing, never by its raw text, because `0x7f.1`, `2130706433` and full-width digits all
//! become 127.0.0.1 in the parse that the connection uses too. Must not resolve names: what a name
//! leads to is judged by [`check_address`] at every attempt.

use crate::address::check_address;
use crate::command::Refusal;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr};
use url::{Host, Url};
use zentra_events::Code;

/// Bytes of a URL, as given and as normalised.
pub const URL_BYTES_MAX: usize = 2048;

const HOST_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;
const HTTPS_PORT: u16 = 443;

/// Names of this machine; also every name below `localhost`.
const LOCAL_NAMES: [&str; 4] =
    ["localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"];
/// Names under which clouds serve credentials to their machines.
const METADATA_NAMES: [&str; 8] = [
    "metadata",
    "metadata.google.internal",
    "metadata.goog",
    "metadata.azure.internal",
    "metadata.tencentyun.com",
    "metadata.packet.net",
    "instance-data",
    "instance-data.ec2.internal",
];
const METADATA_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254));
const LOOPBACK_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Ports that names may be called on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ports {
    /// Any but 0.
    Any,
    /// These.
    Only(Vec<u16>),
}

/// Where deliveries of a deployment may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardPolicy {
    /// Networks that deliveries may go to although the guard forbids them. Address literals in
    /// them may use http and any port.
    pub allow: Vec<IpNet>,
    /// Whether names may be called over http.
    pub allow_http: bool,
    /// Ports that names may be called on.
    pub ports: Ports,
}

impl Default for GuardPolicy {
    /// The strict policy: https on port 443 to public addresses.
    fn default() -> GuardPolicy {
        GuardPolicy { allow: Vec::new(), allow_http: false, ports: Ports::Only(vec![HTTPS_PORT]) }
    }
}

impl GuardPolicy {
    /// The policy of a deployment that also delivers to these networks (tests, the demo, a private
    /// network). A name may lead into them, so names may use http and any port when there are any.
    pub fn with_allowed(allow: Vec<IpNet>) -> GuardPolicy {
        if allow.is_empty() {
            return GuardPolicy::default();
        }
        GuardPolicy { allow, allow_http: true, ports: Ports::Any }
    }

    pub(crate) fn allows(&self, address: IpAddr) -> bool {
        self.allow.iter().any(|net| net.contains(&address))
    }
}

/// Parses, normalises and judges a URL. A dot at the end of its host is dropped.
///
/// # Errors
/// `url_forbidden_address` when its host is a forbidden literal, a name of this machine or of a
/// metadata service; `url_not_allowed` for everything else.
pub fn check_url(text: &str, policy: &GuardPolicy) -> Result<Url, Refusal> {
    check_raw(text)?;
    let mut url = Url::parse(text).map_err(|error| not_allowed(format!("the URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(not_allowed(format!("the scheme is https, not {}", url.scheme())));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(not_allowed("a URL has no user name and no password"));
    }
    if url.fragment().is_some() {
        return Err(not_allowed("a URL has no fragment"));
    }
    let port = url.port_or_known_default().unwrap_or_default();
    match url.host().map(|host| host.to_owned()) {
        Some(Host::Domain(name)) => {
            let name = check_name(&name, policy)?.to_owned();
            let only = match &policy.ports {
                Ports::Any => None,
                Ports::Only(ports) => Some(ports.as_slice()),
            };
            check_way(url.scheme(), port, policy.allow_http, only)?;
            url.set_host(Some(&name)).map_err(|_| not_allowed("the host is not a name"))?;
        }
        Some(Host::Ipv4(address)) => check_literal(&url, port, IpAddr::V4(address), policy)?,
        Some(Host::Ipv6(address)) => check_literal(&url, port, IpAddr::V6(address), policy)?,
        None => return Err(not_allowed("a URL has a host")),
    }
    if url.as_str().len() > URL_BYTES_MAX {
        return Err(not_allowed(format!("a normalised URL has at most {URL_BYTES_MAX} bytes")));
    }
    Ok(url)
}

/// What the parser would quietly repair: nobody means these, and logs should show what was sent.
fn check_raw(text: &str) -> Result<(), Refusal> {
    if !(1..=URL_BYTES_MAX).contains(&text.len()) {
        let bytes = text.len();
        return Err(not_allowed(format!("a URL has 1 to {URL_BYTES_MAX} bytes, not {bytes}")));
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err(not_allowed("a URL has no control character, space or backslash"));
    }
    Ok(())
}

fn check_literal(
    url: &Url,
    port: u16,
    address: IpAddr,
    policy: &GuardPolicy,
) -> Result<(), Refusal> {
    if policy.allows(address) {
        return check_way(url.scheme(), port, true, None);
    }
    if let Err(forbidden) = check_address(address, policy) {
        return Err(Refusal::new(Code::UrlForbiddenAddress, forbidden.to_string()));
    }
    check_way(url.scheme(), port, false, Some(&[HTTPS_PORT]))
}

/// Whether a host, in lower case and without a dot at its end, is a name of this machine.
pub fn is_local_name(name: &str) -> bool {
    LOCAL_NAMES.contains(&name) || name.ends_with(".localhost")
}

/// The name without the dot at its end.
fn check_name<'a>(name: &'a str, policy: &GuardPolicy) -> Result<&'a str, Refusal> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_label = |label: &str| {
        (1..=LABEL_BYTES_MAX).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    if name.len() > HOST_BYTES_MAX || !name.split('.').all(is_label) {
        let detail = format!(
            "a host has at most {HOST_BYTES_MAX} bytes in labels of 1 to {LABEL_BYTES_MAX} \
             letters, digits, '-' and '_'"
        );
        return Err(not_allowed(detail));
    }
    if is_local_name(name) && !policy.allows(LOOPBACK_ADDRESS) {
        let detail = format!("the host {name} is this machine");
        return Err(Refusal::new(Code::UrlForbiddenAddress, detail));
    }
    if METADATA_NAMES.contains(&name) && !policy.allows(METADATA_ADDRESS) {
        let detail = format!("the host {name} is a metadata service");
        return Err(Refusal::new(Code::UrlForbiddenAddress, detail));
    }
    Ok(name)
}

fn check_way(
    scheme: &str,
    port: u16,
    allow_http: bool,
    only: Option<&[u16]>,
) -> Result<(), Refusal> {
    if scheme == "http" && !allow_http {
        return Err(not_allowed("the scheme is https, not http"));
    }
    match only {
        _ if port == 0 => Err(not_allowed("the port 0 cannot be called")),
        Some(ports) if !ports.contains(&port) => {
            Err(not_allowed(format!("the port {port} is not one of {ports:?}")))
        }
        _ => Ok(()),
    }
}

fn not_allowed(detail: impl Into<String>) -> Refusal {
    Refusal::new(Code::UrlNotAllowed, detail)
}
