//! The rows of the views, as they are stored and shown (JSON).
//!
//! Owns their fields. Must not know how rows are found.

use crate::progress::Progress;
use serde::{Deserialize, Serialize};

/// A published event.
#[derive(Serialize, Deserialize)]
pub(super) struct EventRow {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) event_type: String,
    pub(super) position: u64,
    pub(super) recorded_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) intent_id: Option<String>,
    pub(super) deliveries: u32,
}

/// A delivery, as far as it has come; its position is that of the last entry of its stream. One
/// that waits is stored as no more than that, and told when it is read (`told.rs`).
#[derive(Serialize, Deserialize)]
pub(super) struct DeliveryRow {
    pub(super) id: String,
    pub(super) status: String,
    pub(super) event_id: String,
    pub(super) event_type: String,
    pub(super) endpoint_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) intent_id: Option<String>,
    pub(super) attempt_count: u32,
    pub(super) position: u64,
    pub(super) recorded_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last_result: Option<serde_json::Value>,
    /// Why the last attempt had no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cause: Option<String>,
    /// What the last attempt was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last_attempt_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_attempt_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) replay_id: Option<String>,
}

/// An intent, as far as it has come; its position is that of the last entry of its stream. Its
/// state is told when it is read (`told.rs`): a checkpoint changes it without touching the row.
#[derive(Serialize, Deserialize)]
pub(super) struct IntentRow {
    pub(super) intent_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) minor_units: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) currency: Option<String>,
    /// Not shown as it is.
    pub(super) progress: Progress,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<String>,
    pub(super) position: u64,
    pub(super) recorded_at: String,
}

/// An account; its balances are the ledger's to tell.
#[derive(Serialize, Deserialize)]
pub(super) struct AccountRow {
    pub(super) code: String,
    pub(super) currency: String,
    pub(super) exponent: u8,
    pub(super) position: u64,
    pub(super) recorded_at: String,
}

/// A replay; how far it has come is counted apart (`replays.rs`).
#[derive(Serialize, Deserialize)]
pub(super) struct ReplayRow {
    pub(super) id: String,
    pub(super) filter: serde_json::Value,
    pub(super) reason: String,
    pub(super) named: u32,
    pub(super) replayed: u32,
    pub(super) position: u64,
    pub(super) recorded_at: String,
}
