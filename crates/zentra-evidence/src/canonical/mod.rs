//! Canonical JSON (RFC 8785) of events, written in one pass, with names in place of dense numbers.

mod names;
mod object;
mod text;
mod writer;

pub(crate) use names::LocalNames;
pub(crate) use writer::render;
