//! Which requests were answered, by the caller's key.
//!
//! Owns the table from key to (fingerprint, position). It is folded from entry headers, so it
//! cannot disagree with the log. Keys are BLAKE3 prefixes: they are their own hash.

use bincode::{Decode, Encode};
use hashbrown::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use zentra_events::{Idempotency, Position};

/// Takes the first eight bytes of a key that is a hash already.
#[derive(Default)]
pub(crate) struct PrefixHasher(u64);

impl Hasher for PrefixHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        if let Some(prefix) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*prefix);
        }
    }
    fn write_usize(&mut self, _length: usize) {}
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct Answered {
    key: [u8; 16],
    fingerprint: [u8; 16],
    position: Position,
}

/// What a key was used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Never,
    Same(Position),
    OtherBody(Position),
}

#[derive(Default)]
pub(crate) struct IdempotencyTable {
    rows: Vec<Answered>,
    by_key: HashMap<[u8; 16], u32, BuildHasherDefault<PrefixHasher>>,
}

impl IdempotencyTable {
    pub(crate) fn look_up(&self, asked: &Idempotency) -> Seen {
        let Some(row) = self.by_key.get(&asked.key).and_then(|row| self.rows.get(*row as usize))
        else {
            return Seen::Never;
        };
        if row.fingerprint == asked.fingerprint {
            Seen::Same(row.position)
        } else {
            Seen::OtherBody(row.position)
        }
    }

    /// Records an answer. Returns whether the key was new, as it must be.
    pub(crate) fn record(&mut self, answered: &Idempotency, position: Position) -> bool {
        let Ok(row) = u32::try_from(self.rows.len()) else { return false };
        self.rows.push(Answered { key: answered.key, fingerprint: answered.fingerprint, position });
        self.by_key.insert(answered.key, row).is_none()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rows.len() >= u32::MAX as usize
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) -> Result<(), bincode::error::EncodeError> {
        bincode::encode_into_std_write(&self.rows, out, bincode::config::legacy()).map(|_| ())
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<IdempotencyTable> {
        let (rows, read) =
            bincode::decode_from_slice::<Vec<Answered>, _>(bytes, bincode::config::legacy())
                .ok()?;
        let mut table = IdempotencyTable::default();
        for row in rows {
            let answered = Idempotency { key: row.key, fingerprint: row.fingerprint };
            table.record(&answered, row.position);
        }
        (read == bytes.len()).then_some(table)
    }
}
