//! Amounts in bodies: a string of digits, or an integer that every JSON reader holds exactly.
//!
//! Never a float, never a sign: the direction is a word of its own.

use crate::request::text;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use utoipa::ToSchema;
use zentra_events::{Amount, Currency};

/// The largest integer that is exact as a JSON number.
pub const NUMBER_MAX: u64 = (1 << 53) - 1;

/// A number of minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MinorUnits(
    /// At most the largest amount.
    pub Amount,
);

/// An amount with its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Minor units: a string of digits, or an integer up to 2^53 - 1.
    #[schema(value_type = String, example = "125000")]
    pub minor_units: MinorUnits,
    /// ISO 4217, or another code of 2 to 8 letters and digits that the scope has declared.
    #[schema(value_type = String, example = "EUR")]
    #[serde(deserialize_with = "text::text")]
    pub currency: Currency,
}

/// A part of an amount whose currency is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartMoney {
    /// Minor units: a string of digits, or an integer up to 2^53 - 1.
    #[schema(value_type = String, example = "125000")]
    pub minor_units: MinorUnits,
    /// If given, it must be the intent's.
    #[schema(value_type = Option<String>)]
    #[serde(default, deserialize_with = "text::optional", skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
}

impl<'de> Deserialize<'de> for MinorUnits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<MinorUnits, D::Error> {
        deserializer.deserialize_any(AmountVisitor)
    }
}

struct AmountVisitor;

impl Visitor<'_> for AmountVisitor {
    type Value = MinorUnits;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("minor units as a string of digits or an integer from 0 to 2^53 - 1")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<MinorUnits, E> {
        if value > NUMBER_MAX {
            return Err(E::custom("a number over 2^53 - 1 is not exact in JSON; send a string"));
        }
        Ok(MinorUnits(Amount(u128::from(value))))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<MinorUnits, E> {
        match u64::try_from(value) {
            Ok(value) => self.visit_u64(value),
            Err(_) => Err(E::invalid_value(Unexpected::Signed(value), &self)),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<MinorUnits, E> {
        text.parse().map(MinorUnits).map_err(E::custom)
    }
}
