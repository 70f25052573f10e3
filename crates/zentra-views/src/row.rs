//! The rows of the views, as they are stored and shown (JSON).
//!
//! Owns their fields. Must not know how rows are found.

use crate::progress::Progress;
use serde::{Deserialize, Serialize};

/// The stored word of a delivery that is not done; it is never shown.
pub(crate) const WAITING: &str = "waiting";

/// A published event.
#[derive(Serialize, Deserialize)]
pub(crate) struct EventRow {
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) event_type: String,
    pub(crate) position: u64,
    pub(crate) recorded_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) intent_id: Option<String>,
    pub(crate) deliveries: u32,
}

/// A delivery, as far as it has come; its position is that of the last entry of its stream. One
/// that waits is stored as no more than that, and told when it is read (`told.rs`).
#[derive(Serialize, Deserialize)]
pub(crate) struct DeliveryRow {
    pub(crate) id: String,
    pub(crate) status: String,
    pub(crate) event_id: String,
    pub(crate) event_type: String,
    pub(crate) endpoint_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) intent_id: Option<String>,
    pub(crate) attempt_count: u32,
    pub(crate) position: u64,
    pub(crate) recorded_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_result: Option<serde_json::Value>,
    /// Why the last attempt had no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<String>,
    /// What the last attempt was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_attempt_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_attempt_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) replay_id: Option<String>,
}

/// An intent, as far as it has come; its position is that of the last entry of its stream. Its
/// state is told when it is read (`told.rs`): a checkpoint changes it without touching the row.
#[derive(Serialize, Deserialize)]
pub(crate) struct IntentRow {
    pub(crate) intent_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) minor_units: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) currency: Option<String>,
    /// Not shown as it is.
    pub(crate) progress: Progress,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    pub(crate) position: u64,
    pub(crate) recorded_at: String,
}

/// An account; its balances are the ledger's to tell.
#[derive(Serialize, Deserialize)]
pub(crate) struct AccountRow {
    pub(crate) code: String,
    pub(crate) currency: String,
    pub(crate) exponent: u8,
    pub(crate) position: u64,
    pub(crate) recorded_at: String,
}

/// A replay; how far it has come is counted apart (`replays.rs`).
#[derive(Serialize, Deserialize)]
pub(crate) struct ReplayRow {
    pub(crate) id: String,
    pub(crate) filter: serde_json::Value,
    pub(crate) reason: String,
    pub(crate) named: u32,
    pub(crate) replayed: u32,
    pub(crate) position: u64,
    pub(crate) recorded_at: String,
}
