//! Folding the log again: entries in, the same state out, and the digests that prove it.
//!
//! Owns the pair checks of a rebuild (each entry must follow from the state before it) and the
//! digest of each projection. Must not know where entries come from.

use crate::engine::Engine;
use crate::error::ApplyError;
use zentra_events::{Entry, Event, Header, Position, ScopeNo, ScopeNumber};

/// The canonical bytes of one projection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The projection's name.
    pub name: &'static str,
    /// Its canonical bytes.
    pub bytes: Vec<u8>,
}

/// The projections, in the order of [`Engine::sections`].
pub(crate) const PROJECTIONS: [&str; 7] = [
    "directory",
    "balances",
    "intents",
    "endpoint_health",
    "deliveries",
    "idempotency",
    "evidence",
];

/// BLAKE3 (derive-key context `zentra projection v1`) of the name's length and bytes, the position
/// and the canonical bytes.
pub fn projection_digest(name: &str, next: Position, bytes: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("zentra projection v1");
    hasher.update(&(name.len() as u64).to_le_bytes());
    hasher.update(name.as_bytes());
    hasher.update(&next.get().to_le_bytes());
    hasher.update(bytes);
    *hasher.finalize().as_bytes()
}

impl Engine {
    /// Moves the state by an entry of the log. Effects are nobody's business here.
    ///
    /// # Errors
    /// When the entry does not follow from the state; the engine must not be used afterwards.
    ///
    /// # Panics
    /// When the entry breaks an invariant of the ledger.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), ApplyError> {
        let header = &entry.header;
        self.check_place(header, Some(self.expected_number(entry)))?;
        for (index, recorded) in entry.events.iter().enumerate() {
            if self.prev_of(header, &recorded.event) != recorded.prev {
                return Err(ApplyError::Prev { position: header.position, index });
            }
            let number = u16::try_from(index)
                .map_err(|_| ApplyError::Prev { position: header.position, index })?;
            self.evolve(header, number, &recorded.event);
        }
        self.finish(header);
        Ok(())
    }

    /// The canonical bytes of each projection at [`Engine::next_position`].
    pub fn sections(&self) -> Vec<Section> {
        let mut sections = PROJECTIONS.map(|name| Section { name, bytes: Vec::new() });
        for section in &mut sections {
            let out = &mut section.bytes;
            match section.name {
                "directory" => encode(&(&self.directory, self.last_recorded_at), out),
                "balances" => self.ledger.encode_balances(out),
                "intents" => self.ledger.encode_intents(out),
                "endpoint_health" => self.deliveries.encode_endpoints(out),
                "deliveries" => self.deliveries.encode_deliveries(out),
                "idempotency" => {
                    self.idempotency.encode(out).expect("writing to memory does not fail");
                }
                _ => encode(&self.seals, out),
            }
        }
        sections.to_vec()
    }

    /// Name and digest of each projection at [`Engine::next_position`].
    pub fn digests(&self) -> Vec<(&'static str, [u8; 32])> {
        self.sections()
            .iter()
            .map(|section| {
                (section.name, projection_digest(section.name, self.next, &section.bytes))
            })
            .collect()
    }

    /// Whether an entry stands where and when the state expects the next one.
    pub(crate) fn check_place(
        &self,
        header: &Header,
        number: Option<ScopeNumber>,
    ) -> Result<(), ApplyError> {
        if header.position != self.next {
            return Err(ApplyError::Position { expected: self.next, got: header.position });
        }
        if header.recorded_at <= self.last_recorded_at && self.next != Position::ZERO {
            return Err(ApplyError::Time(header.position));
        }
        if Some(header.scope_number) != number {
            return Err(ApplyError::ScopeNumber(header.position));
        }
        Ok(())
    }

    fn expected_number(&self, entry: &Entry) -> ScopeNumber {
        let creates = entry.events.iter().any(|recorded| {
            matches!(&recorded.event, Event::ScopeCreated(body) if body.scope == entry.header.scope)
        });
        let known = self.directory.next_number(entry.header.scope);
        match known {
            Some(number) => number,
            None if creates
                && entry.header.scope == ScopeNo(self.directory.scopes_len() as u32) =>
            {
                ScopeNumber(0)
            }
            None => ScopeNumber(u64::MAX),
        }
    }
}

fn encode(value: &impl bincode::Encode, out: &mut Vec<u8>) {
    bincode::encode_into_std_write(value, out, bincode::config::legacy())
        .map(|_| ())
        .expect("writing to memory does not fail");
}
