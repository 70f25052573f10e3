//! Endpoints: where deliveries go, how they are tried, and how it went so far.
//!
//! Owns the table of endpoints and their health. Ids grow along the log, so the table is a sorted
//! list and the number of an endpoint in it is dense. Must not know deliveries one by one.

use crate::filter_index::FilterIndex;
use bincode::{Decode, Encode};
use std::collections::BTreeMap;
use std::sync::Arc;
use zentra_events::event::{AttemptResult, DisableReason, RetryPolicyV1};
use zentra_events::{EndpointId, Position, ScopeNo, SecretNo, Timestamp};
use zentra_table::Dense;

/// What an endpoint does with new events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum EndpointStatus {
    /// Delivers them.
    Listening,
    /// Parks them until it is enabled.
    Disabled {
        /// Why.
        reason: DisableReason,
    },
    /// Gets none any more.
    Deleted,
}

/// How attempts of an endpoint went. Attempts of replays do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Health {
    /// Deliveries that became dead letters with no success in between, since it was last enabled.
    pub consecutive_failures: u32,
    /// Attempts that succeeded.
    pub succeeded: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Deliveries that became dead letters.
    pub dead_lettered: u64,
    /// When an attempt last succeeded (its entry's time).
    pub last_success_at: Option<Timestamp>,
    /// When an attempt last failed (its entry's time).
    pub last_failure_at: Option<Timestamp>,
    /// How the last attempt ended.
    pub last_result: Option<AttemptResult>,
}

/// An endpoint as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointView {
    /// Its id.
    pub endpoint: EndpointId,
    /// Its scope.
    pub scope: ScopeNo,
    /// The normalised URL.
    pub url: String,
    /// Sorted, without repeats.
    pub filters: Vec<String>,
    /// What it does with new events.
    pub status: EndpointStatus,
    /// The secret that signs.
    pub secret: SecretNo,
    /// The name that the secret is shared by; none for its own.
    pub secret_name: Option<String>,
    /// How deliveries are tried.
    pub policy: RetryPolicyV1,
    /// The caller's words.
    pub description: String,
    /// How it went so far.
    pub health: Health,
    /// Deliveries that wait for an attempt or its outcome.
    pub pending: u64,
    /// Deliveries that wait because the endpoint is disabled or deleted.
    pub parked: u64,
    /// The head of its stream.
    pub last: Position,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Endpoint {
    pub(crate) position: Position,
    pub(crate) index: u16,
    pub(crate) scope: ScopeNo,
    pub(crate) url: Arc<str>,
    pub(crate) filters: Vec<String>,
    pub(crate) secret: SecretNo,
    pub(crate) policy: RetryPolicyV1,
    pub(crate) description: String,
    pub(crate) status: EndpointStatus,
    /// When it was last enabled: what waited before is due since then.
    pub(crate) enabled: Option<(Position, Timestamp)>,
    pub(crate) health: Health,
    pub(crate) last: Position,
}

impl Endpoint {
    pub(crate) fn is_listening(&self) -> bool {
        self.status == EndpointStatus::Listening
    }

    pub(crate) fn id(&self, partition: u16) -> EndpointId {
        EndpointId::at(partition, self.position, self.index)
    }

    /// Since when a delivery with this head of stream is due because the endpoint was enabled; none
    /// when something happened to it afterwards.
    pub(crate) fn unparked_at(&self, last: Position) -> Option<Timestamp> {
        self.enabled.filter(|(position, _)| last < *position).map(|(_, at)| at)
    }
}

/// What a scope has of endpoints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct OfScope {
    /// Deleted ones, too.
    all: Vec<u32>,
    /// Those not deleted, by what they listen to.
    index: FilterIndex,
    /// Of those not deleted.
    counts: EndpointCounts,
}

/// How much a scope has of what its endpoints take, deleted endpoints left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EndpointCounts {
    /// Endpoints.
    pub endpoints: u64,
    /// Their filters.
    pub filters: u64,
    /// Their deliveries that wait, pending or parked.
    pub waiting: u64,
    /// Dead letters, those of deleted endpoints too: each is kept until it is resolved.
    pub dead: u64,
}

/// Every endpoint in the order of ids, with what is derived from them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Endpoints {
    all: Dense<Endpoint, CHUNK_BITS>,
    /// Deliveries that are neither delivered, dead nor resolved, by endpoint number.
    waiting: Vec<u64>,
    scopes: BTreeMap<ScopeNo, OfScope>,
}

/// Endpoints in a chunk: 2^6, so that what a read view shares is copied in small pieces.
const CHUNK_BITS: u32 = 6;

impl Endpoints {
    /// A read view of the endpoints, for a snapshot: nothing that is derived from them.
    pub(crate) fn read_view(&mut self) -> Endpoints {
        Endpoints { all: self.all.read_view(), ..Endpoints::default() }
    }

    pub(crate) fn all(&self) -> &Dense<Endpoint, CHUNK_BITS> {
        &self.all
    }

    pub(crate) fn get(&self, no: u32) -> Option<&Endpoint> {
        self.all.get(no as usize)
    }

    pub(crate) fn get_mut(&mut self, no: u32) -> Option<&mut Endpoint> {
        self.all.get_mut(no as usize)
    }

    /// The number of the endpoint that was created at this place of the log.
    pub(crate) fn find(&self, position: Position, index: u16) -> Option<u32> {
        let key = (position, index);
        let place = |known: &Endpoint| (known.position, known.index);
        let no = self.all.partition_point(|known| place(known) < key);
        self.all.get(no).filter(|known| place(known) == key)?;
        u32::try_from(no).ok()
    }

    pub(crate) fn of_scope(&self, scope: ScopeNo) -> &[u32] {
        self.scopes.get(&scope).map_or(&[], |known| known.all.as_slice())
    }

    /// Who listens to what in the scope; none when it never had an endpoint.
    pub(crate) fn index(&self, scope: ScopeNo) -> Option<&FilterIndex> {
        self.scopes.get(&scope).map(|known| &known.index)
    }

    pub(crate) fn counts(&self, scope: ScopeNo) -> EndpointCounts {
        self.scopes.get(&scope).map(|known| known.counts).unwrap_or_default()
    }

    /// Appends an endpoint; false when it does not come after the last one.
    pub(crate) fn push(&mut self, endpoint: Endpoint) -> bool {
        let key = (endpoint.position, endpoint.index);
        let follows = self.all.last().is_none_or(|last| (last.position, last.index) < key);
        let Some(no) = u32::try_from(self.all.len()).ok().filter(|_| follows) else {
            return false;
        };
        let known = self.scopes.entry(endpoint.scope).or_default();
        known.all.push(no);
        if endpoint.status != EndpointStatus::Deleted {
            known.index.insert(no, &endpoint.filters);
            known.counts.endpoints += 1;
            known.counts.filters += endpoint.filters.len() as u64;
        }
        self.waiting.push(0);
        self.all.push(endpoint);
        true
    }

    /// Says when endpoints were enabled otherwise.
    pub(crate) fn map_times(&mut self, map: impl Fn(Timestamp) -> Timestamp) {
        for no in 0..self.all.len() {
            let enabled = self.all.get_mut(no).and_then(|endpoint| endpoint.enabled.as_mut());
            if let Some((_, at)) = enabled {
                *at = map(*at);
            }
        }
    }

    /// Moves an endpoint that is not deleted.
    pub(crate) fn set_status(&mut self, no: u32, status: EndpointStatus) {
        let waiting = self.waiting(no);
        let Some(endpoint) = self.all.get_mut(no as usize) else { return };
        endpoint.status = status;
        if status == EndpointStatus::Deleted
            && let Some(known) = self.scopes.get_mut(&endpoint.scope)
        {
            known.index.remove(no, &endpoint.filters);
            known.counts.endpoints -= 1;
            known.counts.filters -= endpoint.filters.len() as u64;
            known.counts.waiting -= waiting;
        }
    }

    pub(crate) fn waiting(&self, no: u32) -> u64 {
        self.waiting.get(no as usize).copied().unwrap_or_default()
    }

    /// One delivery more waits, or one less; false when there is no such endpoint.
    pub(crate) fn count_waiting(&mut self, no: u32, waits: bool) -> bool {
        let Some(endpoint) = self.all.get(no as usize) else { return false };
        let live = endpoint.status != EndpointStatus::Deleted;
        let of_scope = self.scopes.get_mut(&endpoint.scope).filter(|_| live);
        let of_endpoint = self.waiting.get_mut(no as usize);
        for count in of_scope.map(|known| &mut known.counts.waiting).into_iter().chain(of_endpoint)
        {
            *count = if waits { *count + 1 } else { *count - 1 };
        }
        true
    }

    /// One dead letter more is kept, or one less; false when there is no such endpoint.
    pub(crate) fn count_dead(&mut self, no: u32, dies: bool) -> bool {
        let Some(endpoint) = self.all.get(no as usize) else { return false };
        if let Some(known) = self.scopes.get_mut(&endpoint.scope) {
            let dead = &mut known.counts.dead;
            *dead = if dies { *dead + 1 } else { *dead - 1 };
        }
        true
    }
}
