//! Events of API keys.

use crate::id::{ActorNo, KeyId};
use bincode::{Decode, Encode};
use schemars::JsonSchema;
use serde::Serialize;

/// Bits of [`KeyCreatedV1::roles`].
pub mod role {
    /// May send commands.
    pub const WRITER: u8 = 1;
    /// May operate deliveries: replay, resolve, enable, disable, rotate.
    pub const OPERATOR: u8 = 2;
    /// May read everything of the scope, change nothing.
    pub const AUDITOR: u8 = 4;
    /// May do all of it and manage keys, chart, policy and routes.
    pub const ADMIN: u8 = 8;
    /// May make scopes and set what each may use. Given on the command line alone: it reaches
    /// beyond a scope, so no scope's admin can hand it out.
    pub const DEPLOYMENT: u8 = 16;
}

/// An API key was made for an actor of this scope. Its id is this event's.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct KeyCreatedV1 {
    /// Who acts with this key.
    pub actor: ActorNo,
    /// BLAKE3 of the key's secret text; the text itself is never stored.
    #[schemars(with = "String")]
    #[serde(serialize_with = "crate::schema::hex")]
    pub hash: [u8; 32],
    /// The roles, as bits of [`role`].
    pub roles: u8,
    /// What the key is for, in the maker's words.
    pub label: String,
}

/// An API key stopped working.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct KeyRevokedV1 {
    /// The key.
    pub key: KeyId,
}
