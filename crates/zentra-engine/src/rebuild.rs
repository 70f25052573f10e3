//! Folding the log again: entries in, the same state out, and the digests that prove it.
//!
//! Owns the pair checks of a rebuild (each entry must follow from the state before it) and the
//! digest of each projection. Must not know where entries come from.

use crate::engine::Engine;
use crate::error::{ApplyError, WrongFact};
use zentra_events::{BodyRef, EntryRef, Event, Header, Position, Recorded, ScopeNo, ScopeNumber};
use zentra_table::SectionWriter;

/// The projections, in the order in which they are told and stored.
pub(crate) const PROJECTIONS: [&str; 8] = [
    "directory",
    "balances",
    "intents",
    "endpoint_health",
    "deliveries",
    "idempotency",
    "evidence",
    "quotas",
];

/// The hasher of a projection's digest: BLAKE3 (derive-key context `zentra projection v1`) of the
/// name's length and bytes, the position and the canonical bytes. The last are to be added.
pub(crate) fn projection_hasher(name: &str, next: Position) -> blake3::Hasher {
    let mut hasher = blake3::Hasher::new_derive_key("zentra projection v1");
    hasher.update(&(name.len() as u64).to_le_bytes());
    hasher.update(name.as_bytes());
    hasher.update(&next.get().to_le_bytes());
    hasher
}

/// The digest of a projection's canonical bytes.
pub fn projection_digest(name: &str, next: Position, bytes: &[u8]) -> [u8; 32] {
    *projection_hasher(name, next).update(bytes).finalize().as_bytes()
}

impl Engine {
    /// Moves the state by an entry of the log; triggers no side effects. The intent of a compact
    /// one is not found by its id before [`Engine::index`].
    ///
    /// # Errors
    /// When the entry does not follow from the state; the engine must not be used afterwards.
    pub fn apply(&mut self, entry: &EntryRef<'_>) -> Result<(), ApplyError> {
        let header = entry.header;
        match &entry.body {
            BodyRef::Events(events) => self.apply_events(header, events)?,
            BodyRef::Settled(transfer) => {
                self.check_place(header, self.directory.next_number(header.scope))?;
                let followed = self.ledger.apply_settled(header, transfer);
                followed.map_err(ApplyError::in_entry(header.position))?;
                self.meters.settled(header.scope);
            }
        }
        self.finish(header).map_err(ApplyError::in_entry(header.position))
    }

    fn apply_events(&mut self, header: &Header, events: &[Recorded]) -> Result<(), ApplyError> {
        let position = header.position;
        self.check_place(header, self.expected_number(header.scope, events))?;
        for (index, recorded) in events.iter().enumerate() {
            if self.prev_of(header, &recorded.event) != recorded.prev {
                return Err(ApplyError::Prev { position, index });
            }
            let number = u16::try_from(index).map_err(|_| ApplyError::Prev { position, index })?;
            let followed = self.evolve(header, number, &recorded.event);
            followed.map_err(ApplyError::in_entry(position))?;
        }
        let says_something = WrongFact::unless(!events.is_empty(), || "no event".to_owned());
        says_something
            .and_then(|()| self.ledger.at_rest(events))
            .map_err(ApplyError::in_entry(position))
    }

    /// Completes what [`Engine::apply`] left for many entries at once. To be called after the last
    /// of them, before the engine answers anything. So many threads share the work.
    ///
    /// # Errors
    /// When an intent was accepted twice; the engine must not be used afterwards.
    pub fn index(&mut self, workers: usize) -> Result<(), ApplyError> {
        let indexed = self.ledger.index(workers);
        indexed.map_err(|(position, fact)| ApplyError::Fact { position, fact })
    }

    /// Hands the canonical bytes of a projection on, piece by piece.
    pub(crate) fn section(&self, name: &str, sink: &mut dyn FnMut(&[u8])) {
        let mut out = SectionWriter::new(sink);
        match name {
            "directory" => {
                self.directory.encode(&mut out);
                out.put(&self.last_recorded_at);
            }
            "balances" => self.ledger.encode_balances(&mut out),
            "intents" => self.ledger.encode_intents(&mut out),
            "endpoint_health" => self.deliveries.encode_endpoints(&mut out),
            "deliveries" => self.deliveries.encode_deliveries(&mut out),
            "idempotency" => self.idempotency.encode(&mut out),
            "evidence" => out.put(&self.seals),
            _ => self.meters.encode(&mut out),
        }
        out.finish();
    }

    /// Name and digest of each projection at [`Engine::next_position`].
    pub fn digests(&self) -> Vec<(&'static str, [u8; 32])> {
        let digest = |name| {
            let mut hasher = projection_hasher(name, self.next);
            self.section(name, &mut |piece| {
                hasher.update(piece);
            });
            (name, *hasher.finalize().as_bytes())
        };
        PROJECTIONS.map(digest).to_vec()
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
        if header.recorded_at < self.last_recorded_at {
            return Err(ApplyError::Time(header.position));
        }
        if Some(header.scope_number) != number {
            return Err(ApplyError::ScopeNumber(header.position));
        }
        Ok(())
    }

    /// The number that the entry's scope expects; none when the scope is unknown, and the entry
    /// does not create it.
    fn expected_number(&self, scope: ScopeNo, events: &[Recorded]) -> Option<ScopeNumber> {
        let creates = || {
            events.iter().any(|recorded| {
                matches!(&recorded.event, Event::ScopeCreated(body) if body.scope == scope)
            })
        };
        self.directory.next_number(scope).or_else(|| creates().then_some(ScopeNumber(0)))
    }
}
