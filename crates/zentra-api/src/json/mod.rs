//! JSON from outside: checked for depth and repeated names, then read with the place of each error.

mod canonical;
mod depth;
mod fields;
mod raw;
mod strict;

pub(crate) use canonical::canonical;
pub(crate) use fields::{FieldError, read};
pub(crate) use raw::compact_member;
pub(crate) use strict::{ITEM_BYTES_MAX, Json, JsonError, parse, parse_each};
