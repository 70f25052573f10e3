//! Parsing that refuses objects with a name given twice, and more values than a request needs.
//!
//! Two readers of a name given twice may see two different requests; here it is no request at all.
//! A parsed value takes up to 200 times the memory of its text, so how many there are is bounded.

use crate::api::short::{NAME_SHOWN, short};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::cell::Cell;
use std::fmt;

/// Parses a JSON text as a whole.
///
/// # Errors
/// When the text is not JSON, goes on after the value, gives a name twice, or has more values than
/// `values_max`.
pub(crate) fn parse(text: &[u8], values_max: usize) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = strict(&Cell::new(values_max)).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Parses a JSON array item by item, each of at most `values_max` values, and keeps none.
///
/// # Errors
/// As for [`parse`]; and inside, the first error that `each` gave.
pub(crate) fn parse_each<E>(
    text: &[u8],
    values_max: usize,
    each: impl FnMut(Value) -> Result<(), E>,
) -> Result<Result<(), E>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let mut stopped = None;
    let items = Items { values_max, each, stopped: &mut stopped };
    let read = deserializer.deserialize_any(items);
    if let Some(error) = stopped {
        return Ok(Err(error));
    }
    read?;
    deserializer.end()?;
    Ok(Ok(()))
}

struct Items<'a, F, E> {
    values_max: usize,
    each: F,
    stopped: &'a mut Option<E>,
}

impl<'de, E, F: FnMut(Value) -> Result<(), E>> Visitor<'de> for Items<'_, F, E> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element_seed(strict(&Cell::new(self.values_max)))? {
            if let Err(error) = (self.each)(item) {
                *self.stopped = Some(error);
                return Err(A::Error::custom("an item is refused"));
            }
        }
        Ok(())
    }
}

/// A value, whose values are counted down.
#[derive(Clone, Copy)]
struct Strict<'a> {
    left: &'a Cell<usize>,
}

fn strict(left: &Cell<usize>) -> Strict<'_> {
    Strict { left }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or_else(|| D::Error::custom("there are too many values in it"))?);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if all.contains_key(&name) {
                let name = short(&name, NAME_SHOWN);
                return Err(A::Error::custom(format_args!("the name {name:?} is given twice")));
            }
            let value = members.next_value_seed(self)?;
            all.insert(name, value);
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_given_twice_are_refused_at_every_level() {
        for bad in
            ["{\"a\":1,\"a\":1}", "[{\"b\":{\"a\":1,\"\\u0061\":2}}]", "{} {}", "", "{", "nul"]
        {
            assert!(parse(bad.as_bytes(), 100).is_err(), "{bad}");
        }
        for good in ["{\"a\":{\"a\":1},\"b\":[null,true,-1,1.5,\"x\"]}", "18446744073709551615"] {
            let value: Value = serde_json::from_str(good).unwrap();
            assert_eq!(parse(good.as_bytes(), 100).unwrap(), value, "{good}");
        }
    }

    #[test]
    fn values_are_counted_at_every_level() {
        let text = b"[[1,2],{\"a\":{}}]";
        assert!(parse(text, 6).is_ok());
        assert!(parse(text, 5).is_err());
    }

    #[test]
    fn items_are_given_one_by_one_until_one_is_refused() {
        let mut seen = Vec::new();
        let read = parse_each(b" [1, [2,3] ,4]", 3, |item| {
            seen.push(item.to_string());
            if item == 4 { Err("four") } else { Ok(()) }
        });
        assert_eq!(read.unwrap(), Err("four"));
        assert_eq!(seen, ["1", "[2,3]", "4"]);
        let all = |text: &[u8]| parse_each(text, 3, |_| Ok::<(), ()>(())).map(|read| read.is_ok());
        assert!(all(b"[]").unwrap() && all(b"[[1,2],[3,4]]").unwrap());
        for bad in ["{}", "[1] 2", "[1", "1", "[[1,2,3]]", "[{\"a\":1,\"a\":2}]"] {
            assert!(all(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
