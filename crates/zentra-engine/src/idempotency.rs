//! Which requests were answered, by the caller's key.
//!
//! Owns the table from key to (fingerprint, position). It is folded from entry headers, so it
//! cannot disagree with the log.

use zentra_events::{Idempotency, Position};
use zentra_table::{Dense, KeyTable, NUMBERS_MAX, SectionError, SectionReader, SectionWriter};

/// What a key was used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Never,
    Same(Position),
    OtherBody(Position),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Answered {
    fingerprint: [u8; 16],
    position: Position,
}

/// Rows in a chunk: 2^14, i.e. 384 KiB.
const CHUNK_BITS: u32 = 14;

#[derive(Default)]
pub(crate) struct IdempotencyTable {
    keys: KeyTable,
    rows: Dense<Answered, CHUNK_BITS>,
}

impl IdempotencyTable {
    pub(crate) fn look_up(&self, asked: &Idempotency) -> Seen {
        let row = self.keys.find(&asked.key).and_then(|row| self.rows.get(row as usize));
        match row {
            None => Seen::Never,
            Some(row) if row.fingerprint == asked.fingerprint => Seen::Same(row.position),
            Some(row) => Seen::OtherBody(row.position),
        }
    }

    /// Records an answer. Returns whether the key was new, as it must be.
    pub(crate) fn record(&mut self, answered: &Idempotency, position: Position) -> bool {
        let new = self.keys.push(answered.key);
        if new {
            self.rows.push(Answered { fingerprint: answered.fingerprint, position });
        }
        new
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rows.len() >= NUMBERS_MAX
    }

    /// A read view of the table, for a snapshot: nothing is found in it.
    pub(crate) fn read_view(&mut self) -> IdempotencyTable {
        IdempotencyTable { keys: self.keys.read_view(), rows: self.rows.read_view() }
    }

    /// Layout: count u64; key (16 bytes), fingerprint (16) and position u64 of each answer.
    pub(crate) fn encode(&self, out: &mut SectionWriter<'_>) {
        out.put(&(self.rows.len() as u64));
        for (key, row) in self.keys.keys().zip(self.rows.iter()) {
            out.put_raw(key);
            out.put_raw(&row.fingerprint);
            out.put_raw(&row.position.0.to_le_bytes());
        }
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<IdempotencyTable, SectionError> {
        let mut reader = SectionReader::new(bytes, "idempotency keys");
        let (mut keys, mut rows) = (Dense::default(), Dense::default());
        for _ in 0..reader.take::<u64>()? {
            keys.push(*reader.take_raw::<16>()?);
            let fingerprint = *reader.take_raw::<16>()?;
            let position = Position(u64::from_le_bytes(*reader.take_raw::<8>()?));
            rows.push(Answered { fingerprint, position });
        }
        reader.finish()?;
        let keys = KeyTable::of(keys);
        let keys = keys.ok_or(SectionError::Inconsistent("a key was answered twice"))?;
        Ok(IdempotencyTable { keys, rows })
    }
}
