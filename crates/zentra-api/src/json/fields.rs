//! Reading a parsed JSON value into a request, with the place of what is wrong as a JSON pointer.
//!
//! A small serde deserializer over the parsed tree whose error carries the pointer (RFC 6901);
//! each container puts its own segment in front as the error comes out. Must not know requests.

use crate::json::Json;
use crate::short::{DETAIL_SHOWN, NAME_SHOWN, short};
use serde::Serialize;
use serde::de::value::StringDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer,
    MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};
use std::fmt;

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct FieldError {
    /// Where: a JSON pointer into the body, or the name of a query parameter.
    pub(crate) pointer: String,
    /// What.
    pub(crate) detail: String,
}

/// Reads a value into a request.
///
/// # Errors
/// With the first field that does not fit.
pub(crate) fn read<T: DeserializeOwned>(value: impl Into<Json>) -> Result<T, FieldError> {
    T::deserialize(Node(value.into()))
}

impl FieldError {
    fn under(mut self, segment: &str) -> FieldError {
        let escaped = short(segment, NAME_SHOWN).replace('~', "~0").replace('/', "~1");
        self.pointer = format!("/{escaped}{}", self.pointer);
        self
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.pointer, self.detail)
    }
}

impl std::error::Error for FieldError {}

impl de::Error for FieldError {
    fn custom<T: fmt::Display>(message: T) -> FieldError {
        FieldError { pointer: String::new(), detail: short(message, DETAIL_SHOWN) }
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> FieldError {
        match unexpected {
            Unexpected::Unit => FieldError::custom(format_args!("expected {expected}, not null")),
            _ => FieldError::custom(format_args!("expected {expected}, not {unexpected}")),
        }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> FieldError {
        if expected.is_empty() {
            let detail = "there is no such field: this takes none; leave the body out, or send {}";
            return FieldError::custom(detail).under(field);
        }
        let known = expected.join(", ");
        FieldError::custom(format_args!("there is no such field; known: {known}")).under(field)
    }

    fn missing_field(field: &'static str) -> FieldError {
        FieldError::custom("the field is required").under(field)
    }
}

struct Node(Json);

impl<'de> IntoDeserializer<'de, FieldError> for Node {
    type Deserializer = Node;

    fn into_deserializer(self) -> Node {
        self
    }
}

impl<'de> Deserializer<'de> for Node {
    type Error = FieldError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        match self.0 {
            Json::Null => visitor.visit_unit(),
            Json::Bool(value) => visitor.visit_bool(value),
            Json::Number(digits) => visit_number(&digits, visitor),
            Json::String(text) => visitor.visit_string(text),
            Json::Array(items) => visitor.visit_seq(Items { rest: items.into_iter(), index: 0 }),
            Json::Object(members) => {
                visitor.visit_map(Members { rest: members.into_iter(), current: None })
            }
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        if self.0 == Json::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        match self.0 {
            Json::String(name) => visitor.visit_enum(UnitVariant(name)),
            other => Node(other).deserialize_any(visitor),
        }
    }

    /// Only from an object: a list of values in the order of the fields is no request.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        match self.0 {
            Json::Object(_) => self.deserialize_any(visitor),
            Json::Null => Err(de::Error::custom("expected an object, not null")),
            Json::Bool(_) => Err(de::Error::custom("expected an object, not true or false")),
            Json::Number(_) => Err(de::Error::custom("expected an object, not a number")),
            Json::String(_) => Err(de::Error::custom("expected an object, not a text")),
            Json::Array(_) => Err(de::Error::custom("expected an object, not a list")),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier
    }
}

/// An integer of any type that has one; any other number is none that a request takes.
fn visit_number<'de, V: Visitor<'de>>(digits: &str, visitor: V) -> Result<V::Value, FieldError> {
    if let Ok(value) = digits.parse() {
        visitor.visit_u64(value)
    } else if let Ok(value) = digits.parse() {
        visitor.visit_i64(value)
    } else {
        let told = format!("the number {}", short(digits, NAME_SHOWN));
        Err(de::Error::invalid_type(Unexpected::Other(&told), &visitor))
    }
}

struct Items {
    rest: std::vec::IntoIter<Json>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = FieldError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, FieldError> {
        let Some(item) = self.rest.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(Node(item)).map(Some).map_err(|error| error.under(&index.to_string()))
    }
}

struct Members {
    rest: std::vec::IntoIter<(String, Json)>,
    current: Option<(String, Json)>,
}

impl<'de> MapAccess<'de> for Members {
    type Error = FieldError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, FieldError> {
        let Some((name, value)) = self.rest.next() else { return Ok(None) };
        let key: StringDeserializer<FieldError> = name.clone().into_deserializer();
        self.current = Some((name, value));
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<T::Value, FieldError> {
        let (name, value) = self.current.take().unwrap_or((String::new(), Json::Null));
        seed.deserialize(Node(value)).map_err(|error| error.under(&name))
    }
}

/// A variant without content, named by a string.
struct UnitVariant(String);

impl<'de> EnumAccess<'de> for UnitVariant {
    type Error = FieldError;
    type Variant = NoContent;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, NoContent), FieldError> {
        let name: StringDeserializer<FieldError> = self.0.into_deserializer();
        Ok((seed.deserialize(name)?, NoContent))
    }
}

struct NoContent;

impl<'de> VariantAccess<'de> for NoContent {
    type Error = FieldError;

    fn unit_variant(self) -> Result<(), FieldError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, FieldError> {
        Err(de::Error::custom("this word stands alone here"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, FieldError> {
        Err(de::Error::custom("this word stands alone here"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, FieldError> {
        Err(de::Error::custom("this word stands alone here"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read to find errors")]
    struct Outer {
        name: String,
        #[serde(default)]
        items: Vec<Inner>,
        kind: Option<Kind>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read to find errors")]
    struct Inner {
        count: u32,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        One,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    #[test]
    fn what_is_no_object_and_a_field_of_none_are_told_in_plain_words() {
        let detail = |value| read::<Nothing>(value).unwrap_err().detail;
        for (value, kind) in [
            (json!(null), "null"),
            (json!(true), "true or false"),
            (json!(7), "a number"),
            (json!("x"), "a text"),
            (json!([]), "a list"),
        ] {
            assert_eq!(detail(value), format!("expected an object, not {kind}"));
        }
        let error = read::<Nothing>(json!({ "x": 1 })).unwrap_err();
        assert_eq!(error.pointer, "/x");
        assert_eq!(
            error.detail,
            "there is no such field: this takes none; leave the body out, or send {}"
        );
        let error = read::<Outer>(json!({ "name": null })).unwrap_err();
        assert_eq!(error.detail, "expected a string, not null");
        read::<Nothing>(json!({})).unwrap();
    }

    #[test]
    fn errors_name_their_place() {
        let rows = [
            (json!([]), ""),
            (json!(["a"]), ""),
            (json!("a"), ""),
            (json!({}), "/name"),
            (json!({ "name": 1 }), "/name"),
            (json!({ "name": "a", "other": 1 }), "/other"),
            (json!({ "name": "a", "a/b~": 1 }), "/a~1b~0"),
            (json!({ "name": "a", "items": {} }), "/items"),
            (json!({ "name": "a", "items": [{ "count": 1 }, {}] }), "/items/1/count"),
            (json!({ "name": "a", "items": [{ "count": -1 }] }), "/items/0/count"),
            (json!({ "name": "a", "items": [{ "count": 1.5 }] }), "/items/0/count"),
            (json!({ "name": "a", "items": [{ "count": 1, "x": 1 }] }), "/items/0/x"),
            (json!({ "name": "a", "kind": "two" }), "/kind"),
            (json!({ "name": "a", "kind": 2 }), "/kind"),
        ];
        for (value, pointer) in rows {
            let error = read::<Outer>(value.clone()).unwrap_err();
            assert_eq!(error.pointer, pointer, "{value}: {error}");
        }
        for good in [
            json!({ "name": "a" }),
            json!({ "name": "a", "kind": "one", "items": [{ "count": 7 }] }),
            json!({ "name": "a", "kind": null }),
        ] {
            read::<Outer>(good.clone()).unwrap_or_else(|error| panic!("{good}: {error}"));
        }
    }
}
