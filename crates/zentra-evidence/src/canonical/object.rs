//! Objects: members are written as they come and put in the order of their keys at the end.
//!
//! Owns the order. Keys are field names in ASCII, so bytes sort as UTF-16 code units do, which is
//! what RFC 8785 asks for. Must not know values.

use crate::canonical::writer::Writer;
use crate::leaf::LeafError;
use serde::Serialize;
use serde::ser::SerializeStruct;

/// A member of an object that is being written: its key and where its value begins and ends.
#[derive(Clone, Copy)]
pub(crate) struct Member {
    key: &'static str,
    begin: usize,
    end: usize,
}

/// An object that is being written.
pub(crate) struct Object<'w, 'e> {
    writer: &'w mut Writer<'e>,
    begin: usize,
    first_member: usize,
}

impl<'w, 'e> Object<'w, 'e> {
    pub(crate) fn begin(writer: &'w mut Writer<'e>) -> Object<'w, 'e> {
        let (begin, first_member) = (writer.out.len(), writer.members.len());
        Object { writer, begin, first_member }
    }

    pub(crate) fn member<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), LeafError> {
        let begin = self.writer.out.len();
        value.serialize(&mut *self.writer)?;
        let end = self.writer.out.len();
        self.writer.members.push(Member { key, begin, end });
        Ok(())
    }

    pub(crate) fn finish(self) {
        let Writer { out, scratch, members, .. } = self.writer;
        scratch.clear();
        scratch.push_str(&out[self.begin..]);
        out.truncate(self.begin);
        members[self.first_member..].sort_unstable_by_key(|member| member.key);
        let mut opener = '{';
        for Member { key, begin, end } in members.drain(self.first_member..) {
            out.push(opener);
            out.push('"');
            out.push_str(key);
            out.push_str("\":");
            out.push_str(&scratch[begin - self.begin..end - self.begin]);
            opener = ',';
        }
        if opener == '{' {
            out.push('{');
        }
        out.push('}');
    }
}

impl SerializeStruct for Object<'_, '_> {
    type Ok = ();
    type Error = LeafError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), LeafError> {
        self.member(key, value)
    }

    fn end(self) -> Result<(), LeafError> {
        self.finish();
        Ok(())
    }
}
