//! Parsing that keeps numbers as they were written, and refuses what two readers may read as two
//! requests: a name given twice; and more values than a request needs.
//!
//! A parsed value takes many times the memory of its text, so how many there are is bounded. Owns
//! the tree. No number becomes a floating point one: what differs in its digits is different.

use crate::json::depth::{has_longer_items, too_deep};
use crate::short::{NAME_SHOWN, short};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use zentra_events::limits::JSON_DEPTH_MAX;

/// What an item of an array may take as text. More than an intent whose every character is escaped.
pub(crate) const ITEM_BYTES_MAX: usize = 512 * 1024;

/// A parsed JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// The digits as they were written.
    Number(Box<str>),
    String(String),
    Array(Vec<Json>),
    /// The members in the order in which they were written; each name once.
    Object(Vec<(String, Json)>),
}

/// Why a text is not one that is parsed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JsonError {
    /// It is not JSON.
    #[error("{0}")]
    Syntax(#[from] serde_json::Error),
    /// An object gives a name twice.
    #[error("the name {0:?} is given twice")]
    Twice(String),
    /// It has more values than a request needs.
    #[error("there are too many values in it")]
    TooMany,
    /// An item of an array is too long.
    #[error("an item has more than {ITEM_BYTES_MAX} bytes")]
    TooLong,
    /// It nests too deep.
    #[error("it nests deeper than {JSON_DEPTH_MAX} levels")]
    TooDeep,
}

impl Json {
    /// The member of an object with this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Json> {
        let Json::Object(members) = self else { return None };
        members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Takes the member with this name out of an object.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Json> {
        let Json::Object(members) = self else { return None };
        let at = members.iter().position(|(known, _)| known == name)?;
        Some(members.remove(at).1)
    }
}

/// Parses a JSON text as a whole.
///
/// # Errors
/// When the text nests too deep, is not JSON, goes on after the value, gives a name twice, or has
/// more values than `values_max`.
pub(crate) fn parse(text: &[u8], values_max: usize) -> Result<Json, JsonError> {
    check_depth(text, JSON_DEPTH_MAX)?;
    // Checks the syntax of everything, with the place of what is wrong.
    let whole: &RawValue = serde_json::from_slice(text)?;
    tree(whole.get(), &mut { values_max })
}

/// Parses a JSON array item by item, each of at most `values_max` values and [`ITEM_BYTES_MAX`]
/// bytes, and keeps none. After each part of the text that it looks through before, it steps.
///
/// # Errors
/// As for [`parse`], or when an item is too long; and inside, the first error that `each` gave.
pub(crate) fn parse_each<E>(
    text: &[u8],
    values_max: usize,
    step: &mut dyn FnMut(),
    each: impl FnMut(Json) -> Result<(), E>,
) -> Result<Result<(), E>, JsonError> {
    if has_longer_items(text, ITEM_BYTES_MAX, step) {
        return Err(JsonError::TooLong);
    }
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let mut stopped = None;
    let read = deserializer.deserialize_any(Each { values_max, each, stopped: &mut stopped });
    match stopped {
        Some(Stopped::Each(error)) => return Ok(Err(error)),
        Some(Stopped::Item(error)) => return Err(error),
        None => read?,
    }
    deserializer.end()?;
    Ok(Ok(()))
}

struct Each<'a, F, E> {
    values_max: usize,
    each: F,
    stopped: &'a mut Option<Stopped<E>>,
}

enum Stopped<E> {
    Each(E),
    Item(JsonError),
}

impl<'de, E, F: FnMut(Json) -> Result<(), E>> Visitor<'de> for Each<'_, F, E> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<&RawValue>()? {
            // The array itself is the first level.
            let item = check_depth(item.get().as_bytes(), JSON_DEPTH_MAX - 1)
                .and_then(|()| tree(item.get(), &mut { self.values_max }));
            let taken = match item {
                Ok(item) => (self.each)(item).map_err(Stopped::Each),
                Err(error) => Err(Stopped::Item(error)),
            };
            if let Err(stopped) = taken {
                *self.stopped = Some(stopped);
                return Err(A::Error::custom("an item is refused"));
            }
        }
        Ok(())
    }
}

/// The tree of a text that is one JSON value, without space around it.
fn tree(text: &str, left: &mut usize) -> Result<Json, JsonError> {
    *left = left.checked_sub(1).ok_or(JsonError::TooMany)?;
    Ok(match text.as_bytes().first() {
        Some(b'{' | b'[') => {
            let parts = serde_json::Deserializer::from_str(text).deserialize_any(AtMost(*left))?;
            match parts {
                Parts::Items(items) => {
                    let items = items.into_iter().map(|raw| tree(raw.get(), left));
                    Json::Array(items.collect::<Result<_, _>>()?)
                }
                Parts::Members(members) => {
                    check_names(&members)?;
                    let members = members.into_iter();
                    let members = members.map(|(name, raw)| Ok((name, tree(raw.get(), left)?)));
                    Json::Object(members.collect::<Result<_, JsonError>>()?)
                }
            }
        }
        Some(b'"') => Json::String(serde_json::from_str(text)?),
        Some(b't') => Json::Bool(true),
        Some(b'f') => Json::Bool(false),
        Some(b'n') => Json::Null,
        _ => Json::Number(text.into()),
    })
}

fn check_depth(text: &[u8], levels: usize) -> Result<(), JsonError> {
    if too_deep(text, levels) { Err(JsonError::TooDeep) } else { Ok(()) }
}

fn check_names(members: &[(String, &RawValue)]) -> Result<(), JsonError> {
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(JsonError::Twice(short(pair[0], NAME_SHOWN).to_string())),
        None => Ok(()),
    }
}

/// The values of an array, or the members of an object, as they stand there: at most so many.
struct AtMost(usize);

impl AtMost {
    fn check<E: Error>(&self, count: usize) -> Result<(), E> {
        if count > self.0 { Err(E::custom(JsonError::TooMany)) } else { Ok(()) }
    }
}

/// What is in an array or an object.
enum Parts<'a> {
    Items(Vec<&'a RawValue>),
    Members(Vec<(String, &'a RawValue)>),
}

impl<'de> Visitor<'de> for AtMost {
    type Value = Parts<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array or an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Parts<'de>, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
            self.check(all.len())?;
        }
        Ok(Parts::Items(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Parts<'de>, A::Error> {
        let mut all = Vec::new();
        while let Some(member) = members.next_entry()? {
            all.push(member);
            self.check(all.len())?;
        }
        Ok(Parts::Members(all))
    }
}

#[cfg(test)]
impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Json {
        parse(value.to_string().as_bytes(), usize::MAX).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn names_given_twice_are_refused_at_every_level() {
        for bad in
            ["{\"a\":1,\"a\":1}", "[{\"b\":{\"a\":1,\"\\u0061\":2}}]", "{} {}", "", "{", "nul"]
        {
            assert!(parse(bad.as_bytes(), 100).is_err(), "{bad}");
        }
        let good = "{\"a\":{\"a\":1},\"b\":[null,true,-1,1.5,\"x\\n\"]}";
        let value: Value = serde_json::from_str(good).unwrap();
        assert_eq!(parse(good.as_bytes(), 100).unwrap(), Json::from(value));
    }

    #[test]
    fn numbers_keep_their_digits() {
        let number = |text: &str| match parse(text.as_bytes(), 1) {
            Ok(Json::Number(digits)) => digits.to_string(),
            other => panic!("{text}: {other:?}"),
        };
        for text in ["0.1", "0.10000000000000001", "123456789012345678901234567890", "-0", "1E400"]
        {
            assert_eq!(number(&format!(" {text}\n")), text);
        }
        for bad in ["01", "+1", "1.", ".5", "0x1", "NaN", "-", "1e"] {
            assert!(parse(bad.as_bytes(), 1).is_err(), "{bad}");
        }
    }

    #[test]
    fn strings_are_texts() {
        assert_eq!(Json::from(json!("a\"\u{1f600}")), Json::String("a\"\u{1f600}".into()));
        for bad in ["\"\\ud800\"", "{\"\\udc00\":1}", "\"\\x\"", "\"\t\""] {
            assert!(parse(bad.as_bytes(), 9).is_err(), "{bad}");
        }
    }

    #[test]
    fn values_are_counted_at_every_level() {
        let text = b"[[1,2],{\"a\":{}}]";
        assert!(parse(text, 6).is_ok());
        let error = parse(text, 5).unwrap_err().to_string();
        assert!(error.contains("too many values"), "{error}");
    }

    #[test]
    fn members_are_found_and_taken_out() {
        let mut object = Json::from(json!({ "a": 1, "b": [true] }));
        assert_eq!(object.get("b"), Some(&Json::Array(vec![Json::Bool(true)])));
        assert_eq!(object.remove("a"), Some(Json::Number("1".into())));
        assert_eq!(object.remove("a"), None);
        assert_eq!(object, Json::from(json!({ "b": [true] })));
    }

    #[test]
    fn items_are_given_one_by_one_until_one_is_refused() {
        let (mut seen, four) = (Vec::new(), Json::from(json!(4)));
        let read = parse_each(b" [1, [2,3] ,4]", 3, &mut || (), |item| {
            let stop = item == four;
            seen.push(item);
            if stop { Err("four") } else { Ok(()) }
        });
        assert_eq!(read.unwrap(), Err("four"));
        assert_eq!(seen, [json!(1), json!([2, 3]), json!(4)].map(Json::from));
        let all = |text: &[u8]| {
            parse_each(text, 3, &mut || (), |_| Ok::<(), ()>(())).map(|read| read.is_ok())
        };
        assert!(all(b"[]").unwrap() && all(b"[[1,2],[3,4]]").unwrap());
        for bad in ["{}", "[1] 2", "[1", "1", "[[1,2,3]]", "[{\"a\":1,\"a\":2}]"] {
            assert!(all(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
