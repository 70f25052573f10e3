//! The bounds of amounts and reasons: no life of a log can overflow an account's totals.
//!
//! A log has fewer than 2^48 entries, and none moves more than 2^80 - 1 on either side of an
//! account, so its totals stay under 2^128 (docs/concepts/ledger.md). Every amount that a command
//! names passes here. Owns these refusals. Must not know what the amount is for.

use crate::command::Refusal;
use zentra_events::event::Floor;
use zentra_events::limits::TEXT_BYTES_MAX;
use zentra_events::{Amount, Code};

/// Refuses an amount over the bound.
pub(crate) fn check_amount(amount: Amount) -> Result<(), Refusal> {
    if amount <= Amount::MAX {
        return Ok(());
    }
    Err(Refusal::new(
        Code::AmountOverflow,
        format!("the amount {amount} is over {}, the most that an amount may be", Amount::MAX),
    ))
}

/// Refuses a floor whose limit is over the bound.
pub(crate) fn check_floor(floor: Floor) -> Result<(), Refusal> {
    match floor {
        Floor::Limit(limit) => check_amount(limit),
        Floor::None | Floor::Unbounded => Ok(()),
    }
}

/// Refuses a reason that is longer than the contract allows.
pub(crate) fn check_reason(reason: &str) -> Result<(), Refusal> {
    if reason.len() > TEXT_BYTES_MAX {
        return Err(Refusal::new(
            Code::ValidationFailed,
            format!("a reason has at most {TEXT_BYTES_MAX} bytes, not {}", reason.len()),
        ));
    }
    Ok(())
}
