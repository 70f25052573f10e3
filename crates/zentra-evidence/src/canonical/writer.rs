//! The serializer behind leaves: values to canonical JSON text.
//!
//! Owns how each kind of value is written, and which newtypes are shown by name. It is one pass
//! over the events, because the sealer renders every entry of the log. Must not know the fields
//! of the line. Keys are assumed to be plain ASCII field names.

use crate::canonical::names::LocalNames;
use crate::canonical::object::{Member, Object};
use crate::canonical::text::Escaping;
use crate::leaf::LeafError;
use serde::ser::{Error, Impossible, SerializeSeq, SerializeTuple, SerializeTupleStruct};
use serde::{Serialize, Serializer};
use std::fmt::{Display, Write};
use zentra_events::{AccountNo, ActorNo, ScopeNo};

/// The largest number that JSON's readers hold exactly: 2^53 - 1.
const EXACT_MAX: u64 = (1 << 53) - 1;

/// Renders a value.
///
/// # Errors
/// As [`crate::render_leaf`].
pub(crate) fn render(value: &impl Serialize, names: LocalNames<'_>) -> Result<String, LeafError> {
    let mut writer = Writer {
        out: String::with_capacity(1024),
        scratch: String::new(),
        members: Vec::new(),
        names,
    };
    value.serialize(&mut writer)?;
    Ok(writer.out)
}

pub(crate) struct Writer<'e> {
    pub(crate) out: String,
    pub(crate) scratch: String,
    pub(crate) members: Vec<Member>,
    names: LocalNames<'e>,
}

impl Writer<'_> {
    fn put(&mut self, value: impl Display) -> Result<(), LeafError> {
        write!(self.out, "{value}").map_err(LeafError::custom)
    }

    fn put_text(&mut self, value: impl Display) -> Result<(), LeafError> {
        self.out.push('"');
        write!(Escaping(&mut self.out), "{value}").map_err(LeafError::custom)?;
        self.out.push('"');
        Ok(())
    }

    /// Writes a number, as text when it is not exact in JSON.
    fn put_number(&mut self, value: impl Display, magnitude: u128) -> Result<(), LeafError> {
        if magnitude <= u128::from(EXACT_MAX) { self.put(value) } else { self.put_text(value) }
    }

    /// Puts a name in place of the number that was written from `begin` on.
    fn put_name(&mut self, kind: &'static str, begin: usize) -> Result<(), LeafError> {
        let written = self.out[begin..].parse::<u32>().map_err(LeafError::custom)?;
        let name = match kind {
            "scope" => self.names.scope(ScopeNo(written)),
            "actor" => self.names.actor(ActorNo(written)),
            _ => self.names.account(AccountNo(written)),
        };
        let name = name.ok_or(LeafError::UnknownName { kind, number: written })?;
        self.out.truncate(begin);
        self.put_text(name)
    }

    /// Refuses a position that was written as text from `begin` on.
    fn refuse_inexact(&self, begin: usize) -> Result<(), LeafError> {
        let inexact = self.out[begin..].trim_matches('"');
        if inexact.len() == self.out.len() - begin {
            return Ok(());
        }
        Err(LeafError::NumberTooLarge(inexact.parse().map_err(LeafError::custom)?))
    }
}

impl Error for LeafError {
    fn custom<T: Display>(message: T) -> LeafError {
        LeafError::Unsupported(message.to_string())
    }
}

fn unsupported<T>(what: &str) -> Result<T, LeafError> {
    Err(LeafError::Unsupported(format!("{what} has no form in a leaf")))
}

macro_rules! numbers {
    ($($name:ident: $kind:ty, $magnitude:expr;)*) => {$(
        fn $name(self, value: $kind) -> Result<(), LeafError> {
            let magnitude: fn($kind) -> u128 = $magnitude;
            self.put_number(value, magnitude(value))
        }
    )*};
}

impl<'w, 'e> Serializer for &'w mut Writer<'e> {
    type Ok = ();
    type Error = LeafError;
    type SerializeSeq = List<'w, 'e>;
    type SerializeTuple = List<'w, 'e>;
    type SerializeTupleStruct = List<'w, 'e>;
    type SerializeTupleVariant = Impossible<(), LeafError>;
    type SerializeMap = Impossible<(), LeafError>;
    type SerializeStruct = Object<'w, 'e>;
    type SerializeStructVariant = Impossible<(), LeafError>;

    numbers! {
        serialize_i8: i8, |value| value.unsigned_abs().into();
        serialize_i16: i16, |value| value.unsigned_abs().into();
        serialize_i32: i32, |value| value.unsigned_abs().into();
        serialize_i64: i64, |value| value.unsigned_abs().into();
        serialize_i128: i128, |value| value.unsigned_abs();
        serialize_u8: u8, u128::from;
        serialize_u16: u16, u128::from;
        serialize_u32: u32, u128::from;
        serialize_u64: u64, u128::from;
        serialize_u128: u128, |value| value;
    }

    fn serialize_bool(self, value: bool) -> Result<(), LeafError> {
        self.put(value)
    }

    fn serialize_f32(self, _: f32) -> Result<(), LeafError> {
        unsupported("a floating-point number")
    }

    fn serialize_f64(self, _: f64) -> Result<(), LeafError> {
        unsupported("a floating-point number")
    }

    fn serialize_char(self, value: char) -> Result<(), LeafError> {
        self.put_text(value)
    }

    fn serialize_str(self, value: &str) -> Result<(), LeafError> {
        self.put_text(value)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), LeafError> {
        self.put_text(value)
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), LeafError> {
        unsupported("a byte string")
    }

    fn serialize_none(self) -> Result<(), LeafError> {
        self.put("null")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), LeafError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), LeafError> {
        self.put("null")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), LeafError> {
        self.put("null")
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), LeafError> {
        self.put_text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), LeafError> {
        let begin = self.out.len();
        value.serialize(&mut *self)?;
        match name {
            "ScopeNo" => self.put_name("scope", begin),
            "ActorNo" => self.put_name("actor", begin),
            "AccountNo" => self.put_name("account", begin),
            "Position" | "ScopeNumber" => self.refuse_inexact(begin),
            _ => Ok(()),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), LeafError> {
        let mut object = Object::begin(self);
        object.member(variant, value)?;
        object.finish();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'w, 'e>, LeafError> {
        Ok(List { writer: self, opener: '[' })
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'w, 'e>, LeafError> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List<'w, 'e>, LeafError> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<(), LeafError>, LeafError> {
        unsupported("a tuple variant")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Impossible<(), LeafError>, LeafError> {
        unsupported("a map")
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Object<'w, 'e>, LeafError> {
        Ok(Object::begin(self))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<(), LeafError>, LeafError> {
        unsupported("a struct variant without a tag")
    }
}

/// An array that is being written.
pub(crate) struct List<'w, 'e> {
    writer: &'w mut Writer<'e>,
    opener: char,
}

impl List<'_, '_> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), LeafError> {
        self.writer.out.push(self.opener);
        self.opener = ',';
        value.serialize(&mut *self.writer)
    }

    fn finish(self) -> Result<(), LeafError> {
        if self.opener == '[' {
            self.writer.out.push('[');
        }
        self.writer.out.push(']');
        Ok(())
    }
}

macro_rules! lists {
    ($($kind:ident $method:ident;)*) => {$(
        impl $kind for List<'_, '_> {
            type Ok = ();
            type Error = LeafError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), LeafError> {
                self.item(value)
            }

            fn end(self) -> Result<(), LeafError> {
                self.finish()
            }
        }
    )*};
}

lists! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
}
