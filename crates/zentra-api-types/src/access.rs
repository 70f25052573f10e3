//! Scopes, keys and quotas. A key's text is in the first answer to its making, and nowhere else.

use crate::form;
use crate::schema::answers;
use crate::word::{Created, KeyStatus, Role, Set};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zentra_events::{KeyId, Position, Quota, ScopeName};

answers! {
    /// A scope that was made.
    ScopeCreated: Created {
        /// Its name.
        #[schema(value_type = form::ScopeName)]
        name: ScopeName,
        /// Its first key; null where none was asked for.
        #[schema(required)]
        key: Option<NewKey>,
    }
    /// A key that was made.
    KeyCreated: KeyStatus {
        /// Its id.
        #[schema(value_type = form::KeyId)]
        id: KeyId,
        /// Who acts with it.
        #[schema(value_type = form::ActorName)]
        actor: String,
        /// What it may do.
        roles: Vec<Role>,
        /// What it is for.
        label: String,
        /// Its text, told once; null when the answer is told again.
        #[schema(required)]
        key: Option<String>,
    }
    /// A key that was revoked.
    KeyRevoked: KeyStatus {
        /// Its id.
        #[schema(value_type = form::KeyId)]
        id: KeyId,
    }
    /// The limits that a scope has of its own.
    QuotasSet: Set {
        /// The scope.
        #[schema(value_type = form::ScopeName)]
        name: String,
        /// Those that are not the deployment's.
        overrides: Vec<OwnQuota>,
    }
}

/// The first key of a new scope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NewKey {
    /// Its id.
    #[schema(value_type = form::KeyId)]
    pub id: KeyId,
    /// Who acts with it.
    #[schema(value_type = form::ActorName)]
    pub actor: String,
    /// What it may do.
    pub roles: Vec<Role>,
    /// What it is for.
    pub label: String,
    /// Its text, told once; null when the answer is told again.
    #[schema(required)]
    pub key: Option<String>,
}

/// A key as it stands, without its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ListedKey {
    /// Its id.
    #[schema(value_type = form::KeyId)]
    pub id: KeyId,
    /// Who acts with it.
    #[schema(value_type = form::ActorName)]
    pub actor: String,
    /// What it may do.
    pub roles: Vec<Role>,
    /// What it is for.
    pub label: String,
    /// Whether it may be used.
    pub status: KeyStatus,
}

/// A scope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ListedScope {
    /// Its name.
    #[schema(value_type = form::ScopeName)]
    pub name: ScopeName,
    /// The entry that made it.
    #[schema(value_type = form::Position)]
    pub position: Position,
}

/// A limit that a scope has of its own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OwnQuota {
    /// Of which quota.
    #[schema(value_type = form::QuotaName)]
    pub quota: Quota,
    /// How much.
    pub limit: u64,
}

/// What a scope may use, and what it uses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Quotas {
    /// The scope.
    #[schema(value_type = form::ScopeName)]
    pub scope: ScopeName,
    /// Every quota.
    pub quotas: Vec<QuotaUse>,
}

/// A quota, and what is used of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QuotaUse {
    /// Its name.
    #[schema(value_type = form::QuotaName)]
    pub quota: Quota,
    /// What it bounds.
    #[schema(value_type = String)]
    pub title: crate::Text,
    /// What it is counted in.
    #[schema(value_type = String)]
    pub unit: crate::Text,
    /// How much the scope may use.
    pub limit: u64,
    /// How much it uses; null where that is not counted.
    #[schema(required)]
    pub used: Option<u64>,
    /// Whether the limit is the scope's own.
    pub own: bool,
}
