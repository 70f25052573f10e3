//! Money words: unsigned minor units, currencies, directions.
//!
//! Owns checked arithmetic: there is no `Add`, so an overflow cannot pass unseen. Must not know
//! decimals or display; amounts are shown with exponents at the edge only.

use crate::limits::AMOUNT_MAX;
use crate::text::read_from_text;
use bincode::{Decode, Encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// An unsigned number of minor units. JSON shows it as a decimal string.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
pub struct Amount(pub u128);

impl Amount {
    /// Nothing.
    pub const ZERO: Amount = Amount(0);
    /// The most that a command may name. Totals of accounts go beyond it.
    pub const MAX: Amount = Amount(AMOUNT_MAX);

    /// The sum, or `None` when it does not fit.
    #[must_use]
    pub fn checked_add(self, other: Amount) -> Option<Amount> {
        self.0.checked_add(other.0).map(Amount)
    }

    /// The difference, or `None` when `other` is larger.
    #[must_use]
    pub fn checked_sub(self, other: Amount) -> Option<Amount> {
        self.0.checked_sub(other.0).map(Amount)
    }

    /// Whether this is nothing.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Why a text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected digits without sign, point or leading zeros, at most {}", Amount::MAX)]
pub struct AmountError;

impl FromStr for Amount {
    type Err = AmountError;
    fn from_str(text: &str) -> Result<Amount, AmountError> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let canonical = digits && (text == "0" || !text.starts_with('0'));
        match text.parse::<u128>() {
            Ok(value) if canonical && value <= Amount::MAX.0 => Ok(Amount(value)),
            _ => Err(AmountError),
        }
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^(0|[1-9][0-9]{0,38})$",
            "description": "minor units, at most 2^128 - 1",
        })
    }
}

/// Which side of an account a posting line is on. A debit takes value out of an account, a credit
/// puts value in: an account's balance is its credits minus its debits.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Takes value out of the account.
    Debit,
    /// Puts value into the account.
    Credit,
}

/// The list of currencies, and where it comes from.
const ISO_4217: &str = include_str!("iso4217.txt");

/// A currency or asset code: 2 to 8 upper-case letters and digits, first a letter, zero-padded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Currency([u8; 8]);

impl Currency {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        std::str::from_utf8(&self.0[..end]).unwrap_or("")
    }

    /// The number of decimal digits that ISO 4217 gives the currency; none where it gives none,
    /// also for codes that it lists without any (XAU, XDR, XTS, ...).
    pub fn iso_exponent(&self) -> Option<u8> {
        let place = place_of(self.as_str().as_bytes())?;
        Some(ISO_EXPONENTS[place]).filter(|digits| *digits != NONE)
    }
}

/// Every code of three letters, so that none is searched for: any item of a caller may name one.
static ISO_EXPONENTS: [u8; 26 * 26 * 26] = exponents(ISO_4217.as_bytes());
const NONE: u8 = u8::MAX;

/// Where a code of three letters stands in [`ISO_EXPONENTS`].
const fn place_of(code: &[u8]) -> Option<usize> {
    let [a @ b'A'..=b'Z', b @ b'A'..=b'Z', c @ b'A'..=b'Z'] = code else { return None };
    Some(((*a - b'A') as usize * 26 + (*b - b'A') as usize) * 26 + (*c - b'A') as usize)
}

/// Reads lines of a digit and the codes that have it; other lines are comments.
const fn exponents(text: &[u8]) -> [u8; 26 * 26 * 26] {
    let mut table = [NONE; 26 * 26 * 26];
    let (mut digits, mut line_starts, mut at) = (NONE, true, 0);
    while at < text.len() {
        if line_starts {
            digits = if text[at].is_ascii_digit() { text[at] - b'0' } else { NONE };
        } else if digits != NONE && text[at] == b' ' && at + 3 < text.len() {
            let (_, code) = text.split_at(at + 1);
            let (code, _) = code.split_at(3);
            if let Some(place) = place_of(code) {
                table[place] = digits;
            }
        }
        line_starts = text[at] == b'\n';
        at += 1;
    }
    table
}

/// Why a text is not a currency code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a currency is 2 to 8 upper-case letters and digits, the first a letter")]
pub struct CurrencyError;

impl FromStr for Currency {
    type Err = CurrencyError;
    fn from_str(text: &str) -> Result<Currency, CurrencyError> {
        let bytes = text.as_bytes();
        let shaped = (2..=8).contains(&bytes.len())
            && bytes[0].is_ascii_uppercase()
            && bytes.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if !shaped {
            return Err(CurrencyError);
        }
        let mut code = [0_u8; 8];
        code[..bytes.len()].copy_from_slice(bytes);
        Ok(Currency(code))
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

read_from_text!(Amount, Currency);

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl JsonSchema for Currency {
    fn schema_name() -> Cow<'static, str> {
        "Currency".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[A-Z][A-Z0-9]{1,7}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_parse_strictly() {
        for good in ["EUR", "USD2", "BTC", "X1"] {
            assert_eq!(good.parse::<Currency>().unwrap().as_str(), good);
        }
        for bad in ["", "E", "eur", "1EU", "TOOLONGXX", "EU R", "EUR\0"] {
            assert_eq!(bad.parse::<Currency>(), Err(CurrencyError), "{bad:?}");
        }
    }

    #[test]
    fn exponents_are_those_of_iso_4217() {
        let digits = |code: &str| code.parse::<Currency>().unwrap().iso_exponent();
        let none = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
        let three = "BHD IQD JOD KWD LYD OMR TND";
        let unlisted = "XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX BTC ETH USDC EURO EU \
                        X1";
        for (codes, expected) in [
            (none, Some(0)),
            ("EUR USD UYU CHE MRU MGA XCG XAD COU BOV", Some(2)),
            (three, Some(3)),
            ("CLF UYW", Some(4)),
            (unlisted, None),
        ] {
            for code in codes.split_ascii_whitespace() {
                assert_eq!(digits(code), expected, "{code}");
            }
        }
        let rows = ISO_4217.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
        let listed: Vec<&str> = rows.flat_map(|row| row.split(' ').skip(1)).collect();
        let once: std::collections::BTreeSet<&str> = listed.iter().copied().collect();
        assert_eq!((listed.len(), once.len()), (168, 168));
        assert!(listed.iter().all(|code| code.len() == 3 && digits(code).is_some()));
    }

    #[test]
    fn amounts_are_checked() {
        assert_eq!(Amount(u128::MAX).checked_add(Amount(1)), None);
        assert_eq!(Amount(1).checked_sub(Amount(2)), None);
        assert_eq!(Amount(2).checked_sub(Amount(2)), Some(Amount::ZERO));
    }
}
