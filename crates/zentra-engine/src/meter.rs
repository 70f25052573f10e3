//! What each scope holds and uses, counted as its entries come.
//!
//! Folded from events, so that a rebuild counts the same; only the log bytes of the day are told by
//! the shell, which alone knows how many a frame takes. Owns the counts that no other projection
//! has, the limits that hold in a scope, and the sum over all scopes. Must not refuse anything.

use crate::memory::{ANSWER_BYTES, INTENT_BYTES, held_by};
use bincode::{Decode, Encode};
use zentra_events::event::QuotaOverrideV1;
use zentra_events::{Event, Header, Quota, QuotaTable, ScopeNo, Timestamp};
use zentra_table::{Dense, SectionError, SectionReader, SectionWriter};

/// Nanoseconds of a day.
const DAY_NS: u64 = 86_400 * 1_000_000_000;

/// What one scope has set and holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Meter {
    pub(crate) overrides: Vec<QuotaOverrideV1>,
    /// Keys that are not revoked.
    pub(crate) keys: u64,
    /// Idempotency keys that were answered.
    pub(crate) answers: u64,
    /// Bytes of memory, by the estimate of [`crate::memory`].
    pub(crate) held_bytes: u64,
    /// Those of them that the chart, the policy and the routes take: setting one replaces it.
    rules_bytes: [u64; 3],
}

/// What a scope added to the log on one day.
#[derive(Clone, Copy, Debug, Default)]
struct Logged {
    day: u64,
    bytes: u64,
}

/// Meters in a chunk: 2^6, so that what a read view shares is copied in small pieces.
const CHUNK_BITS: u32 = 6;

/// The meters of all scopes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meters {
    defaults: QuotaTable,
    scopes: Dense<Meter, CHUNK_BITS>,
    logged: Vec<Logged>,
    held_bytes: u64,
}

impl Meters {
    /// The meters that a snapshot has.
    pub(crate) fn decode(reader: &mut SectionReader<'_>) -> Result<Meters, SectionError> {
        let mut meters = Meters::default();
        for _ in 0..reader.take::<u64>()? {
            let meter = reader.take::<Meter>()?;
            meters.held_bytes = meters.held_bytes.saturating_add(meter.held_bytes);
            meters.logged.push(Logged::default());
            meters.scopes.push(meter);
        }
        Ok(meters)
    }

    /// Layout: count u64, what each scope has set and holds, by its number.
    pub(crate) fn encode(&self, out: &mut SectionWriter<'_>) {
        out.put_list(self.scopes.len(), self.scopes.iter());
    }

    /// What a snapshot stores.
    pub(crate) fn read_view(&mut self) -> Meters {
        Meters { scopes: self.scopes.read_view(), ..Meters::default() }
    }

    pub(crate) fn set_defaults(&mut self, defaults: QuotaTable) {
        self.defaults = defaults;
    }

    pub(crate) fn get(&self, scope: ScopeNo) -> Option<&Meter> {
        self.scopes.get(scope.index())
    }

    /// The limit that holds in a scope.
    pub(crate) fn limit(&self, scope: ScopeNo, quota: Quota) -> u64 {
        let set = self.get(scope).map_or(&[][..], |meter| &meter.overrides);
        let set = set.iter().find(|set| set.quota == quota);
        set.map_or_else(|| self.defaults.get(quota), |set| set.limit)
    }

    /// Every limit that holds in a scope.
    pub(crate) fn limits(&self, scope: ScopeNo) -> QuotaTable {
        let mut limits = self.defaults;
        for set in self.get(scope).map_or(&[][..], |meter| &meter.overrides) {
            limits.set(set.quota, set.limit);
        }
        limits
    }

    /// Bytes that all scopes hold together.
    pub(crate) fn held_bytes(&self) -> u64 {
        self.held_bytes
    }

    /// Bytes that a scope added to the log on the day of `now`.
    pub(crate) fn logged(&self, scope: ScopeNo, now: Timestamp) -> u64 {
        let logged = self.logged.get(scope.index()).copied().unwrap_or_default();
        if logged.day == day_of(now) { logged.bytes } else { 0 }
    }

    /// Takes in how many bytes an entry of a scope added to the log.
    pub(crate) fn log(&mut self, scope: ScopeNo, at: Timestamp, bytes: u64) {
        let Some(logged) = self.logged.get_mut(scope.index()) else { return };
        let day = day_of(at);
        if logged.day != day {
            *logged = Logged { day, bytes: 0 };
        }
        logged.bytes = logged.bytes.saturating_add(bytes);
    }

    /// Folds one event.
    pub(crate) fn evolve(&mut self, header: &Header, event: &Event) {
        if let Event::ScopeCreated(_) = event {
            self.scopes.push(Meter::default());
            self.logged.push(Logged::default());
        }
        self.hold(header.scope, held_by(event));
        let Some(meter) = self.scopes.get_mut(header.scope.index()) else { return };
        let rules = match event {
            Event::ScopeQuotasSet(body) => return meter.overrides.clone_from(&body.overrides),
            Event::KeyCreated(_) => return meter.keys = meter.keys.saturating_add(1),
            Event::KeyRevoked(_) => return meter.keys = meter.keys.saturating_sub(1),
            Event::ChartSet(_) => 0,
            Event::PolicySet(_) => 1,
            Event::RoutesSet(_) => 2,
            _ => return,
        };
        let before = std::mem::replace(&mut meter.rules_bytes[rules], held_by(event));
        meter.held_bytes = meter.held_bytes.saturating_sub(before);
        self.held_bytes = self.held_bytes.saturating_sub(before);
    }

    /// Folds a settled transfer: it holds what its events do.
    pub(crate) fn settled(&mut self, scope: ScopeNo) {
        self.hold(scope, INTENT_BYTES);
    }

    /// Folds the header of an entry. Call once an entry, after its events.
    pub(crate) fn count(&mut self, header: &Header) {
        if header.idempotency.is_some()
            && let Some(meter) = self.scopes.get_mut(header.scope.index())
        {
            meter.answers = meter.answers.saturating_add(1);
            self.hold(header.scope, ANSWER_BYTES);
        }
    }

    fn hold(&mut self, scope: ScopeNo, bytes: u64) {
        if let Some(meter) = self.scopes.get_mut(scope.index()) {
            meter.held_bytes = meter.held_bytes.saturating_add(bytes);
            self.held_bytes = self.held_bytes.saturating_add(bytes);
        }
    }
}

fn day_of(at: Timestamp) -> u64 {
    at.0 / DAY_NS
}

/// Seconds from `now` until the next day begins.
pub(crate) fn seconds_to_midnight(now: Timestamp) -> u64 {
    (DAY_NS - now.0 % DAY_NS).div_ceil(1_000_000_000)
}
