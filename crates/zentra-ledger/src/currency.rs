//! The decimal digits of a scope's currencies: which may be given, and what is refused.
//!
//! Owns these refusals. Must not know accounts.

use crate::command::Refusal;
use zentra_events::limits::EXPONENT_MAX;
use zentra_events::{Code, Currency};

/// Refuses more digits than an amount can have.
pub(crate) fn check_exponent(exponent: u8) -> Result<(), Refusal> {
    if exponent <= EXPONENT_MAX {
        return Ok(());
    }
    Err(Refusal::new(
        Code::ValidationFailed,
        format!("a currency has at most {EXPONENT_MAX} decimal digits, not {exponent}"),
    ))
}

/// The refusal of other digits than a currency has.
pub(crate) fn other_digits(currency: Currency, known: u8, digits: u8) -> Refusal {
    Refusal::new(
        Code::CurrencyMismatch,
        format!("{currency} has {known} decimal digits in this scope, not {digits}"),
    )
}

/// The refusal of a currency of which nothing says how many digits it has.
pub(crate) fn undeclared(currency: Currency) -> Refusal {
    Refusal::new(
        Code::CurrencyUnknown,
        format!(
            "ISO 4217 gives {currency} no decimal digits, and the scope has not declared any; if \
             the code is meant, an admin declares it: PUT /currencies/{currency}"
        ),
    )
}
