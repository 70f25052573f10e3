//! Events of a scope's own life, and refusals that keep their answer.

use crate::code::Code;
use crate::id::{ActorNo, ScopeNo};
use crate::name::{ActorName, ScopeName};
use crate::quota::Quota;
use bincode::{Decode, Encode};
use schemars::JsonSchema;
use serde::Serialize;

/// A scope came to be. It is the first event of its scope.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct ScopeCreatedV1 {
    /// The scope's dense number in its log.
    pub scope: ScopeNo,
    /// Its name, unique in the log.
    pub name: ScopeName,
}

/// An actor was seen for the first time in the log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct ActorRegisteredV1 {
    /// The actor's dense number in its log.
    pub actor: ActorNo,
    /// Its name.
    pub name: ActorName,
}

/// A command with a key was refused; the same key gets this answer for ever.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct CommandRefusedV1 {
    /// The stable code of the refusal.
    pub code: Code,
    /// One sentence that says what to do, with the values that decided.
    pub detail: String,
}

/// The scope's limits that differ from the deployment's were set; earlier ones no longer hold.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct ScopeQuotasSetV1 {
    /// In the order of the quotas' numbers, each at most once.
    pub overrides: Vec<QuotaOverrideV1>,
}

/// One limit of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct QuotaOverrideV1 {
    /// Which quota.
    pub quota: Quota,
    /// Its limit in this scope.
    pub limit: u64,
}
