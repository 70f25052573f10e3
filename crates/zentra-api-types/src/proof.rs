//! What proves an intent: the row that an auditor reads, the checkpoint, the inclusion proof.

use crate::form;
use crate::instant::Instant;
use crate::intent::{CodeAndDetail, CodeAndReason};
use crate::line::IntentLine;
use crate::word::{EvidenceStatus, IntentState, Leg, SignatureStatus};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zentra_events::{IntentId, Position, ScopeNumber};

/// The evidence of an intent: the row that an auditor reads, the checkpoint, and the proof that the
/// intent's entry is in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IntentEvidence {
    /// Who ran it.
    #[schema(value_type = form::ActorName)]
    pub actor: String,
    /// In which scope.
    #[schema(value_type = form::ScopeName)]
    pub scope: String,
    /// When it ran, in whole seconds.
    #[schema(value_type = form::Instant, example = "2026-04-26T14:12:09Z")]
    pub timestamp: String,
    /// The check of the policy that decided; null before any was made.
    #[schema(required, example = "limit_check.passed")]
    pub policy: Option<String>,
    /// What the check stood on.
    #[schema(example = "policy version 1")]
    pub policy_detail: String,
    /// The intent.
    #[schema(value_type = form::IntentId)]
    pub intent: IntentId,
    /// How far it has come.
    pub state: IntentState,
    /// Whether the checkpoint's signature verifies.
    pub signature: SignatureStatus,
    /// The name of its ledger entry; null where it has none.
    #[schema(required, example = "entry_042")]
    pub ledger: Option<String>,
    /// What the row comes to.
    pub status: EvidenceStatus,
    /// Whether a checkpoint covers all of it.
    pub sealed: bool,
    /// Where each of them is found.
    pub links: EvidenceLinks,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejection: Option<CodeAndDetail>,
    /// Why it was ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub void: Option<CodeAndReason>,
    /// The entry that is proved.
    #[schema(value_type = form::Position)]
    pub position: Position,
    /// The same entry among those of the scope: its leaf.
    #[schema(value_type = form::ScopeNumber)]
    pub scope_number: ScopeNumber,
    /// The public key that verifies the checkpoint, as a note has it.
    pub vkey: String,
    /// The signed checkpoint; null while none covers the entry.
    #[schema(required)]
    pub checkpoint: Option<String>,
    /// The proof that the entry is in it; null while there is none.
    #[schema(required)]
    pub inclusion: Option<InclusionProof>,
}

/// Paths of what an evidence row names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EvidenceLinks {
    /// The scope's.
    #[schema(example = "/quotas")]
    pub scope: String,
    /// The policy's.
    #[schema(example = "/policy")]
    pub policy: String,
    /// The intent's.
    #[schema(example = "/intents/intent_042")]
    pub intent: String,
    /// The checkpoint's.
    #[schema(example = "/checkpoint")]
    pub signature: String,
    /// The ledger entry's; null where there is none.
    #[schema(required, example = "/entries/entry_042")]
    pub ledger: Option<String>,
}

/// A proof that an entry is in its scope's tree (RFC 6962).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InclusionProof {
    /// How many entries the checkpoint covers.
    pub tree_size: u64,
    /// The entry's number among them.
    pub leaf_index: u64,
    /// The entry as it was hashed: one line of canonical JSON.
    pub leaf: String,
    /// The hashes from the leaf up, in base64.
    pub hashes: Vec<String>,
    /// The same as a `.tlog-proof` file.
    pub tlog_proof: String,
}

/// An intent's entry in the ledger: all its lines, by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LedgerEntry {
    /// Its name.
    #[schema(example = "entry_042")]
    pub name: String,
    /// The intent.
    #[schema(value_type = form::IntentId)]
    pub intent: IntentId,
    /// The scope.
    #[schema(value_type = form::ScopeName)]
    pub scope: String,
    /// Its transfers, oldest first.
    pub legs: Vec<RecordedLeg>,
    /// Its lines, oldest first.
    pub ledger_entries: Vec<IntentLine>,
    /// The last entry of the intent.
    #[schema(value_type = form::Position)]
    pub position: Position,
}

/// A transfer of an intent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RecordedLeg {
    /// Which.
    pub leg: Leg,
    /// The entry of the log.
    #[schema(value_type = form::Position)]
    pub position: Position,
    /// When.
    #[schema(value_type = form::Instant)]
    pub recorded_at: Instant,
}
