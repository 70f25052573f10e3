//! What bodies of intents mean.
//!
//! Owns the defaults, and what is checked beyond the form.

use crate::problem::Problem;
use crate::time::parse_instant;
use zentra_api_types::Capture;
use zentra_api_types::request::{ConfirmBody, IntentBody, MONEY_MODEL, PRIMITIVES};
use zentra_events::limits::{METADATA_PAIRS_MAX, METADATA_VALUE_BYTES_MAX, NAME_BYTES_MAX};
use zentra_ledger::IntentRequest;

/// The corridor of an intent that names none.
const CORRIDOR: &str = "default";

/// Refuses other words than the page's.
///
/// # Errors
/// 400 that names the field.
pub(crate) fn check_page_words(body: &IntentBody) -> Result<(), Problem> {
    if body.money_model.as_deref().is_some_and(|model| model != MONEY_MODEL) {
        return Err(Problem::field("/money_model", format!("expected {MONEY_MODEL:?}")));
    }
    let all = |given: &Vec<String>| {
        given.len() == PRIMITIVES.len() && PRIMITIVES.iter().all(|p| given.iter().any(|g| g == p))
    };
    if body.primitives.as_ref().is_some_and(|given| !all(given)) {
        let detail = format!("expected {} in any order", PRIMITIVES.join(", "));
        return Err(Problem::field("/primitives", detail));
    }
    Ok(())
}

/// Refuses details of an intent that has no amount.
///
/// # Errors
/// 400 that names what is missing.
pub(crate) fn check_unconfirmed(body: &IntentBody) -> Result<(), Problem> {
    let more = body.source.is_some()
        || body.destination.is_some()
        || body.corridor.is_some()
        || body.capture.is_some()
        || body.effective_at.is_some()
        || body.metadata.is_some();
    if body.amount.is_none() && more {
        let detail = "give the amount with the other details, or all of them in the confirmation";
        return Err(Problem::field("/amount", detail));
    }
    Ok(())
}

/// What to move, if the body says so.
///
/// # Errors
/// 400 when only some of it is said.
pub(crate) fn asked_details(body: IntentBody) -> Result<Option<IntentRequest>, Problem> {
    let Some(amount) = body.amount else { return Ok(None) };
    let missing = |name: &str| Problem::field(name, "the field is required with an amount");
    let body = ConfirmBody {
        amount,
        source: body.source.ok_or_else(|| missing("/source"))?,
        destination: body.destination.ok_or_else(|| missing("/destination"))?,
        corridor: body.corridor,
        capture: body.capture,
        effective_at: body.effective_at,
        metadata: body.metadata,
    };
    details(body).map(Some)
}

/// What to move.
///
/// # Errors
/// 400 when the instant is not one.
pub(crate) fn details(body: ConfirmBody) -> Result<IntentRequest, Problem> {
    let instant = body.effective_at.as_deref();
    Ok(IntentRequest {
        amount: body.amount.minor_units.0,
        currency: body.amount.currency,
        source: body.source,
        destination: body.destination,
        corridor: body.corridor.unwrap_or_else(|| CORRIDOR.to_owned()),
        capture: body.capture.unwrap_or(Capture::Automatic).into(),
        effective_at: instant.map(|text| parse_instant("/effective_at", text)).transpose()?,
        metadata: body.metadata.unwrap_or_default().into_iter().collect(),
    })
}

/// Refuses a corridor and metadata that are too long, with their place; the kernel refuses them in
/// a batch, where each item has its own answer.
///
/// # Errors
/// 400 that names the field.
pub(crate) fn check_lengths(details: &IntentRequest) -> Result<(), Problem> {
    let corridor = details.corridor.len();
    if !(1..=NAME_BYTES_MAX).contains(&corridor) {
        let detail = format!("a corridor has 1 to {NAME_BYTES_MAX} bytes, not {corridor}");
        return Err(Problem::field("/corridor", detail));
    }
    if details.metadata.len() > METADATA_PAIRS_MAX {
        let detail = format!("metadata has at most {METADATA_PAIRS_MAX} pairs");
        return Err(Problem::field("/metadata", detail));
    }
    for (key, value) in &details.metadata {
        if !(1..=NAME_BYTES_MAX).contains(&key.len()) {
            let detail = format!("a metadata key has 1 to {NAME_BYTES_MAX} bytes");
            return Err(Problem::field("/metadata", detail));
        }
        if value.len() > METADATA_VALUE_BYTES_MAX {
            let detail = format!("a metadata value has at most {METADATA_VALUE_BYTES_MAX} bytes");
            let key = key.replace('~', "~0").replace('/', "~1");
            return Err(Problem::field(&format!("/metadata/{key}"), detail));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::read;
    use serde_json::{Value, json};
    use zentra_events::ScopeNo;
    use zentra_ledger::digest::{RequestKind, request_digest};

    fn full() -> Value {
        json!({
            "intent_id": "intent_042",
            "scope": "workspace_scope",
            "money_model": "minor_units + ledger_currency",
            "primitives": ["policy", "ledger", "events"],
            "amount": { "minor_units": 125_000, "currency": "EUR" },
            "source": "customer_balance",
            "destination": "merchant_balance",
        })
    }

    fn digest_of(value: Value) -> [u8; 16] {
        let body: IntentBody = read(value).unwrap();
        request_digest(RequestKind::Acceptance, ScopeNo(0), asked_details(body).unwrap().as_ref())
    }

    #[test]
    fn digests_are_of_the_meaning() {
        let mut other = full();
        other["amount"]["minor_units"] = json!("125000");
        other["capture"] = json!("automatic");
        other["corridor"] = json!(CORRIDOR);
        other["metadata"] = json!({});
        assert_eq!(digest_of(full()), digest_of(other));
        for (name, value) in [
            ("amount", json!({ "minor_units": 125_001, "currency": "EUR" })),
            ("amount", json!({ "minor_units": 125_000, "currency": "USD" })),
            ("source", json!("other")),
            ("destination", json!("other")),
            ("corridor", json!("other")),
            ("capture", json!("manual")),
            ("effective_at", json!("2026-04-26T14:12:09Z")),
            ("metadata", json!({ "a": "b" })),
        ] {
            let mut changed = full();
            changed[name] = value;
            assert_ne!(digest_of(full()), digest_of(changed), "{name}");
        }
    }

    #[test]
    fn the_pages_words_are_checked() {
        let check = |name: &str, value: Value| {
            let mut body = full();
            body[name] = value;
            check_page_words(&read(body).unwrap())
        };
        assert!(check("primitives", json!(["events", "policy", "ledger"])).is_ok());
        assert!(check("primitives", json!(["policy", "ledger"])).is_err());
        assert!(check("primitives", json!(["policy", "ledger", "ledger"])).is_err());
        assert!(check("money_model", json!("floats")).is_err());
    }

    #[test]
    fn details_without_an_amount_are_refused() {
        let mut body = full();
        body.as_object_mut().unwrap().remove("amount");
        let body: IntentBody = read(body).unwrap();
        assert!(check_unconfirmed(&body).is_err());
        let page = json!({ "intent_id": "intent_042", "scope": "workspace_scope" });
        let body: IntentBody = read(page).unwrap();
        assert!(check_unconfirmed(&body).is_ok());
        assert_eq!(asked_details(body).unwrap(), None);
        let mut body = full();
        body.as_object_mut().unwrap().remove("source");
        let body: IntentBody = read(body).unwrap();
        assert!(asked_details(body).is_err());
    }
}
