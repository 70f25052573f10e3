//! Names and ids in bodies: texts that are parsed as they are read, so that an error names its
//! field.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use std::fmt::Display;
use std::str::FromStr;
use zentra_events::IntentId;
use zentra_events::limits::EXPONENT_MAX;

/// A text that must parse.
///
/// # Errors
/// When it is none, or does not.
pub fn text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// As [`text`], of a name that stands alone in a path: clients take a single or a double dot for
/// another path than the one that they are given.
pub(super) fn path_text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    let text = String::deserialize(deserializer)?;
    check_in_path(&text).map_err(D::Error::custom)?;
    text.parse().map_err(D::Error::custom)
}

/// As [`path_text`], or nothing.
pub(super) fn optional_path_text<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    let text = Option::<String>::deserialize(deserializer)?;
    let parsed = text.map(|text| {
        check_in_path(&text).map_err(D::Error::custom)?;
        text.parse().map_err(D::Error::custom)
    });
    parsed.transpose()
}

/// An intent's id: a text in a path where `batch` is another route.
pub(super) fn intent_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IntentId, D::Error> {
    let text = String::deserialize(deserializer)?;
    check_new_intent_id(&text).map_err(D::Error::custom)?;
    text.parse().map_err(D::Error::custom)
}

/// Refuses what no path can name.
///
/// # Errors
/// Why not.
pub fn check_in_path(text: &str) -> Result<(), &'static str> {
    if matches!(text, "." | "..") {
        return Err("\".\" and \"..\" cannot stand in a URL");
    }
    Ok(())
}

/// As [`check_in_path`], of an intent's id.
///
/// # Errors
/// Why not.
pub fn check_new_intent_id(text: &str) -> Result<(), &'static str> {
    if text == "batch" {
        return Err("\"batch\" is a route of its own; choose another id");
    }
    check_in_path(text)
}

/// The decimal digits of a currency.
pub(super) fn digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    checked_digits(u64::deserialize(deserializer)?)
}

/// As [`digits`], or nothing.
pub(super) fn optional_digits<'de, D>(deserializer: D) -> Result<Option<u8>, D::Error>
where
    D: Deserializer<'de>,
{
    Option::<u64>::deserialize(deserializer)?.map(checked_digits).transpose()
}

fn checked_digits<E: Error>(given: u64) -> Result<u8, E> {
    let digits = u8::try_from(given).ok().filter(|digits| *digits <= EXPONENT_MAX);
    digits.ok_or_else(|| {
        E::custom(format!("a currency has at most {EXPONENT_MAX} decimal digits, not {given}"))
    })
}

/// A text that must parse, or nothing.
///
/// # Errors
/// When it does not.
pub fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(D::Error::custom)).transpose()
}
