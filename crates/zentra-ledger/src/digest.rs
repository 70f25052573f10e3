//! The digest of an intent's request: what tells a repeat from another request of the same id.
//!
//! It is of what a request means, not of how it is written: defaults filled in, metadata sorted,
//! amounts as numbers, accounts by the key of their code. Owns its layout: first 16 bytes of keyed
//! BLAKE3 (key: derive-key of the context) over amount (16 bytes, little-endian), source key (16),
//! destination key (16) and terms digest (16), one block in all. Must not know where it is kept.

use crate::command::IntentRequest;
use crate::key_table::{NameKey, account_key};
use std::sync::LazyLock;
use zentra_events::event::Capture;
use zentra_events::{Amount, Currency, ScopeNo, Timestamp};

static ACCEPTANCE: LazyLock<[u8; 32]> = LazyLock::new(|| domain("zentra intent v1"));
static CONFIRMATION: LazyLock<[u8; 32]> = LazyLock::new(|| domain("zentra intent confirmation v1"));
static TERMS: LazyLock<[u8; 32]> = LazyLock::new(|| domain("zentra intent terms v1"));

/// Which request a digest is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// The intent's own.
    Acceptance,
    /// Its confirmation.
    Confirmation,
}

/// The digest of the terms of an intent; `metadata` must be sorted by key.
pub fn terms_digest(
    currency: Currency,
    corridor: &str,
    capture: Capture,
    effective_at: Option<Timestamp>,
    metadata: &[(String, String)],
) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new_keyed(&TERMS);
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(currency.as_str().as_bytes());
    part(corridor.as_bytes());
    part(&[u8::from(capture == Capture::Manual)]);
    part(&effective_at.map_or(Vec::new(), |at| at.0.to_le_bytes().to_vec()));
    for (key, value) in metadata {
        part(key.as_bytes());
        part(value.as_bytes());
    }
    first_half(&hasher.finalize())
}

/// The digest of a request with details.
pub fn intent_digest(
    asked: RequestKind,
    amount: Amount,
    source: &NameKey,
    destination: &NameKey,
    terms: &[u8; 16],
) -> [u8; 16] {
    let mut block = [0_u8; 64];
    for (at, bytes) in [&amount.0.to_le_bytes(), source, destination, terms].iter().enumerate() {
        let start = at.saturating_mul(16);
        block[start..start.saturating_add(16)].copy_from_slice(bytes.as_slice());
    }
    first_half(&blake3::keyed_hash(key_of(asked), &block))
}

/// The digest of a whole request; one without details is an intent that waits.
pub fn request_digest(
    asked: RequestKind,
    scope: ScopeNo,
    details: Option<&IntentRequest>,
) -> [u8; 16] {
    let Some(details) = details else {
        return first_half(&blake3::keyed_hash(key_of(asked), &[]));
    };
    let mut metadata = details.metadata.clone();
    metadata.sort();
    let IntentRequest { currency, corridor, capture, effective_at, .. } = details;
    let terms = terms_digest(*currency, corridor, *capture, *effective_at, &metadata);
    let source = account_key(scope, details.source.as_str());
    let destination = account_key(scope, details.destination.as_str());
    intent_digest(asked, details.amount, &source, &destination, &terms)
}

fn key_of(asked: RequestKind) -> &'static [u8; 32] {
    match asked {
        RequestKind::Acceptance => &ACCEPTANCE,
        RequestKind::Confirmation => &CONFIRMATION,
    }
}

fn domain(context: &str) -> [u8; 32] {
    blake3::derive_key(context, &[])
}

fn first_half(hash: &blake3::Hash) -> [u8; 16] {
    let (first, _) = hash.as_bytes().split_first_chunk().expect("a BLAKE3 hash has 32 bytes");
    *first
}
