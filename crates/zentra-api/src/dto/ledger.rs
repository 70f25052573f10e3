//! What bodies about accounts and transfers mean.
//!
//! Owns what is checked beyond the form.

use crate::problem::Problem;
use zentra_api_types::FloorKind;
use zentra_api_types::request::{FloorBody, Money, PostingBody};
use zentra_events::event::Floor;
use zentra_events::limits::TEXT_CHARS_MAX;
use zentra_ledger::TransferLine;

/// The floor that is meant.
///
/// # Errors
/// 400 when a limit is missing, or given where there is none.
pub(crate) fn floor(body: FloorBody, pointer: &str) -> Result<Floor, Problem> {
    match (body.kind, body.limit) {
        (FloorKind::None, None) => Ok(Floor::None),
        (FloorKind::Unbounded, None) => Ok(Floor::Unbounded),
        (FloorKind::Limit, Some(limit)) => Ok(Floor::Limit(limit.0)),
        (FloorKind::Limit, None) => {
            Err(Problem::field(&format!("{pointer}/limit"), "a limit needs its amount"))
        }
        (_, Some(_)) => {
            Err(Problem::field(&format!("{pointer}/limit"), "only a limit has an amount"))
        }
    }
}

/// The line that is meant.
pub(crate) fn line(body: PostingBody) -> TransferLine {
    let direction = body.direction.into();
    let Money { minor_units, currency } = body.amount;
    TransferLine { account: body.account, direction, amount: minor_units.0, currency }
}

/// Refuses a reason that is empty or too long.
///
/// # Errors
/// 400 that names the field.
pub(crate) fn check_reason(reason: String) -> Result<String, Problem> {
    if reason.trim().is_empty() {
        return Err(Problem::field("/reason", "a reason is not empty"));
    }
    check_text("/reason", &reason)?;
    Ok(reason)
}

/// Refuses a text that is too long. It is counted as the API's description counts it.
///
/// # Errors
/// 400 that names the field.
pub(crate) fn check_text(pointer: &str, text: &str) -> Result<(), Problem> {
    let count = text.chars().count();
    if count > TEXT_CHARS_MAX {
        let detail = format!("a text has at most {TEXT_CHARS_MAX} characters, not {count}");
        return Err(Problem::field(pointer, detail));
    }
    Ok(())
}
