//! The server about itself.

use crate::form;
use crate::word::{CommandsStatus, PartStatus, Ready, Running};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zentra_events::{Position, ScopeName};

/// The process runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// It does.
    pub status: Running,
    /// The version of the program.
    #[schema(value_type = String, example = "0.1.0")]
    pub version: crate::Text,
}

/// The server answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServerStatus {
    /// It does.
    pub status: Ready,
    /// The position of the next entry.
    #[schema(value_type = form::Position)]
    pub position: Position,
    /// How its parts stand.
    pub parts: Parts,
}

/// How the parts of the server stand.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Parts {
    /// Whether commands are taken.
    pub commands: CommandsStatus,
    /// The lists.
    pub lists: PartStatus,
    /// The evidence.
    pub evidence: PartStatus,
}

/// The digests of all projections at one position.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Projections {
    /// The position of the next entry.
    #[schema(value_type = form::Position)]
    pub position: Position,
    /// The projections.
    pub projections: Vec<ProjectionDigest>,
}

/// The digest of a projection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProjectionDigest {
    /// Its name.
    #[schema(value_type = String)]
    pub projection: crate::Text,
    /// Its digest in hex.
    pub digest: String,
}

/// A checkpoint of a scope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Checkpoint {
    /// The scope.
    #[schema(value_type = form::ScopeName)]
    pub scope: ScopeName,
    /// How many entries of the scope it covers.
    pub tree_size: u64,
    /// The signed note.
    pub checkpoint: String,
    /// The public key that verifies it, as a note has it.
    pub vkey: String,
}
