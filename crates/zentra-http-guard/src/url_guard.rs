//! Which URLs requests may go to.
//!
//! Owns every rule about a URL's text. A URL is parsed once (WHATWG) and judged
//! after parsing, never by its raw text, because `0x7f.1`, `2130706433` and full-width digits all
//! become 127.0.0.1 in the parse that the connection uses too. Must not resolve names: what a name
//! leads to is judged by [`check_address`] whenever it is called.

use crate::address::check_address;
use crate::policy::{GuardPolicy, HTTPS_PORT};
use std::net::{IpAddr, Ipv4Addr};
use url::{Host, Url};
use zentra_events::limits::URL_BYTES_MAX;
use zentra_events::{Code, Refusal};

const HOST_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

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

/// Parses, normalises and judges a URL. A dot at the end of its host is dropped. A name may lead
/// into an allowed network, so where there are any it may be called by http and on any port; that
/// it does lead there is asked when it is called, by [`check_way`](crate::check_way).
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
            check_form(url.scheme(), port, policy.allows_any())?;
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
    if let Err(forbidden) = check_address(address, policy) {
        return Err(Refusal::new(Code::UrlForbiddenAddress, forbidden.to_string()));
    }
    check_form(url.scheme(), port, policy.allows(address))
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

/// Scheme and port; `allowed` where they lead into an allowed network, or may.
fn check_form(scheme: &str, port: u16, allowed: bool) -> Result<(), Refusal> {
    if port == 0 {
        return Err(not_allowed("the port 0 cannot be called"));
    }
    if scheme == "http" && !allowed {
        return Err(not_allowed("the scheme is https, not http"));
    }
    if port != HTTPS_PORT && !allowed {
        return Err(not_allowed(format!("the port is {HTTPS_PORT}, not {port}")));
    }
    Ok(())
}

fn not_allowed(detail: impl Into<String>) -> Refusal {
    Refusal::new(Code::UrlNotAllowed, detail)
}
