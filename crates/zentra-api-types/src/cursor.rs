//! Where the next page of a list begins.
//!
//! A text that a caller gives back as it was told. Owns its form: a letter of the list, so that no
//! list takes another's, and a place in it, in hexadecimal. Must not know what a place means.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};
use utoipa::{PartialSchema, ToSchema};

/// Bytes of a place at most.
const PLACE_BYTES_MAX: usize = 32;

/// Where the next page of a list begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    list: u8,
    place: Vec<u8>,
}

/// Why a text is not a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CursorError;

impl fmt::Display for CursorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the cursor is not one that this list gave")
    }
}

impl Cursor {
    /// The cursor of a place in a list, which has this letter.
    pub fn new(list: u8, place: &[u8]) -> Cursor {
        Cursor { list, place: place.to_vec() }
    }

    /// The place, if the cursor is one of this list.
    pub fn place(&self, list: u8) -> Option<&[u8]> {
        (self.list == list).then_some(&self.place)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&[&[self.list], self.place.as_slice()].concat()))
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Cursor, CursorError> {
        if text.len() > 2 * (1 + PLACE_BYTES_MAX) {
            return Err(CursorError);
        }
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| CursorError)?;
        let (list, place) = bytes.split_first().ok_or(CursorError)?;
        Ok(Cursor::new(*list, place))
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cursor, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl PartialSchema for Cursor {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Where a page begins; it is given back as it was told."))
            .build();
        RefOr::T(schema.into())
    }
}

impl ToSchema for Cursor {
    fn name() -> Cow<'static, str> {
        "Cursor".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_told_and_by_its_list_only() {
        let cursor = Cursor::new(b'k', &[0, 255]);
        assert_eq!(cursor.to_string(), "6b00ff");
        assert_eq!("6b00ff".parse(), Ok(cursor.clone()));
        assert_eq!(cursor.place(b'k'), Some(&[0, 255][..]));
        assert_eq!(cursor.place(b's'), None);
        assert_eq!(serde_json::from_str::<Cursor>("\"6b00ff\"").unwrap(), cursor);
        let long = "00".repeat(PLACE_BYTES_MAX + 2);
        for bad in ["", "6", "6b0", "6B00", "6g", "\u{e9}", "+1", long.as_str()] {
            assert_eq!(bad.parse::<Cursor>(), Err(CursorError), "{bad}");
        }
    }
}
