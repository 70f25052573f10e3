//! The caller's `Idempotency-Key`, and the two hashes that stand for a keyed request in the log.
//!
//! Owns what makes two requests the same: scope, actor, method, path and key name the request, the
//! canonical form of its body must agree. A key belongs to its caller: what another actor sends
//! under the same key is another request. Must not remember anything: that is the engine's table.

use crate::problem::Problem;
use axum::http::HeaderMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use zentra_events::limits::IDEMPOTENCY_KEY_BYTES_MAX;
use zentra_events::{ActorName, Code, Idempotency, ScopeNo};

/// The header's name.
pub(crate) const HEADER: &str = "idempotency-key";

/// Reads the header.
///
/// # Errors
/// When it is given twice, empty, too long, or not visible ASCII.
pub(crate) fn key_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut given = headers.get_all(HEADER).iter();
    let (first, second) = (given.next(), given.next());
    let Some(value) = first else { return Ok(None) };
    let bytes = value.as_bytes();
    let shaped = (1..=IDEMPOTENCY_KEY_BYTES_MAX).contains(&bytes.len())
        && bytes.iter().all(u8::is_ascii_graphic);
    match std::str::from_utf8(bytes) {
        Ok(text) if shaped && second.is_none() => Ok(Some(text.to_owned())),
        _ => Err(Problem::new(
            Code::ValidationFailed,
            format!(
                "an Idempotency-Key is given once and has 1 to {IDEMPOTENCY_KEY_BYTES_MAX} \
                 visible ASCII characters"
            ),
        )),
    }
}

/// What names a keyed request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'a> {
    pub(crate) scope: ScopeNo,
    pub(crate) actor: &'a ActorName,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) key: &'a str,
}

/// The hashes of a keyed request. `body` is the canonical text of its body.
pub(crate) fn of_request(named: Named<'_>, body: &str) -> Idempotency {
    let scope = named.scope.0.to_le_bytes();
    let path = canonical_path(named.path);
    let texts = [named.actor.as_str(), named.method, &path, named.key].map(str::as_bytes);
    let parts = [&[scope.as_slice()], texts.as_slice()].concat();
    let key = hash("zentra idempotency v1", &parts);
    Idempotency { key, fingerprint: digest(body) }
}

/// What a path writes as itself in its one form: the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path in the one form of all that name the same: clients differ in what they escape.
fn canonical_path(path: &str) -> String {
    let segments = path.split('/').map(|segment| {
        let bytes: Vec<u8> = percent_decode_str(segment).collect();
        percent_encode(&bytes, ESCAPED).to_string()
    });
    segments.collect::<Vec<_>>().join("/")
}

/// First 16 bytes of BLAKE3 of a text.
pub(crate) fn digest(text: &str) -> [u8; 16] {
    first_half(blake3::hash(text.as_bytes()))
}

fn hash(context: &str, parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    first_half(hasher.finalize())
}

fn first_half(hash: blake3::Hash) -> [u8; 16] {
    *hash.as_bytes().first_chunk().expect("a BLAKE3 hash has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn scope_actor_route_and_key_name_the_request() {
        let (tester, other): (ActorName, ActorName) =
            ("tester".parse().unwrap(), "other".parse().unwrap());
        let by = |actor, scope, path, key, body| {
            let named = Named { scope: ScopeNo(scope), actor, method: "POST", path, key };
            of_request(named, body)
        };
        let of = |scope, path, key, body| by(&tester, scope, path, key, body);
        let one = of(1, "/intents", "k", "{}");
        assert_eq!(one, of(1, "/intents", "k", "{}"));
        let others = by(&other, 1, "/intents", "k", "{}");
        let elsewhere = [of(2, "/intents", "k", "{}"), of(1, "/intent", "sk", "{}")];
        for other in elsewhere.into_iter().chain([others]) {
            assert_ne!(one.key, other.key);
            assert_eq!(one.fingerprint, other.fingerprint);
        }
        let changed = of(1, "/intents", "k", "{\"a\":1}");
        assert_eq!(one.key, changed.key);
        assert_ne!(one.fingerprint, changed.fingerprint);
    }

    #[test]
    fn a_path_is_the_same_however_it_is_escaped_and_another_where_its_segments_are() {
        let of = |path: &str| {
            let actor: ActorName = "tester".parse().unwrap();
            let named = Named { scope: ScopeNo(1), actor: &actor, method: "POST", path, key: "k" };
            of_request(named, "{}").key
        };
        let plain = of("/intents/order:1~a/reverse");
        for same in ["order%3A1~a", "order%3a1~a", "%6Frder:1%7ea"] {
            assert_eq!(of(&format!("/intents/{same}/reverse")), plain, "{same}");
        }
        for other in ["order:1~a%2Freverse", "order%253A1~a/reverse", "ORDER:1~a/reverse"] {
            assert_ne!(of(&format!("/intents/{other}")), plain, "{other}");
        }
    }

    #[test]
    fn keys_are_visible_ascii() {
        let of = |bytes: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert("idempotency-key", HeaderValue::from_bytes(bytes).unwrap());
            key_of(&headers)
        };
        assert_eq!(of(b"a-1").unwrap().as_deref(), Some("a-1"));
        assert_eq!(of(&[b'k'; 255]).unwrap().map(|key| key.len()), Some(255));
        for bad in [b"".as_slice(), b"a b", b"caf\xc3\xa9", &[b'k'; 256], b"\tk"] {
            assert!(of(bad).is_err(), "{bad:?}");
        }
        let mut twice = HeaderMap::new();
        twice.append("idempotency-key", HeaderValue::from_static("a"));
        twice.append("idempotency-key", HeaderValue::from_static("b"));
        assert!(key_of(&twice).is_err());
        assert_eq!(key_of(&HeaderMap::new()).unwrap(), None);
    }
}
