//! The event that seals evidence.

use bincode::{Decode, Encode};
use schemars::JsonSchema;
use serde::Serialize;

/// A signed checkpoint covers the scope's entries below `tree_size`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct EvidenceSealedV1 {
    /// How many leaves (entries of the scope, from its number 0) are covered.
    pub tree_size: u64,
    /// The RFC 6962 root over them.
    #[schemars(with = "String")]
    #[serde(serialize_with = "crate::schema::hex")]
    pub root: [u8; 32],
    /// The signed note (C2SP signed-note), text.
    pub note: String,
}
