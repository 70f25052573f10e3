//! From the `Authorization` header to whose key it is.
//!
//! Only the hash of a key's text is looked up. Must not say why a key is not accepted: unknown and
//! revoked look the same.

use crate::key_text::hash_of_key;
use zentra_events::{ActorName, KeyId, ScopeName, ScopeNo};
use zentra_runtime::{Handle, Notice};

/// Whose key a request has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The key's scope.
    pub scope: ScopeNo,
    /// That scope's name.
    pub scope_name: ScopeName,
    /// Who acts with the key.
    pub actor: ActorName,
    /// The key.
    pub key: KeyId,
    /// Its roles, as bits.
    pub roles: u8,
}

/// There is no key, or none that is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthError;

/// The identity that the text of an `Authorization` header has. A key that is refused is counted,
/// and operators are warned of it.
///
/// # Errors
/// When the text is not `Bearer` and a key that is not revoked.
pub fn authenticate(handle: &Handle, authorization: Option<&str>) -> Result<Identity, AuthError> {
    let text = authorization.and_then(bearer).ok_or(AuthError)?;
    let names = handle.names();
    let known = names.key_by_hash(&hash_of_key(text));
    let scope = known.as_ref().map(|key| key.scope);
    let found = known.filter(|key| !key.revoked).and_then(|key| {
        Some(Identity {
            scope: key.scope,
            scope_name: names.scope_name(key.scope)?,
            actor: names.actor_name(key.actor)?,
            key: key.id,
            roles: key.roles,
        })
    });
    found.ok_or_else(|| {
        metrics::counter!("zentra_keys_refused_total").increment(1);
        handle.notices().warn(Notice::KeyRefused, scope, "401 unauthenticated");
        AuthError
    })
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, text) = authorization.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bearer_keys_are_read() {
        assert_eq!(bearer("Bearer zk_a"), Some("zk_a"));
        assert_eq!(bearer("bearer zk_a"), Some("zk_a"));
        for bad in ["Basic zk_a", "Bearer ", "Bearer", "zk_a", ""] {
            assert_eq!(bearer(bad), None, "{bad}");
        }
    }
}
