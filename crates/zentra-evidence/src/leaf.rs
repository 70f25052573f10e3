//! Leaf format 1: an entry as one line of canonical JSON.
//!
//! Owns the fields of the line. The fixtures in fixtures/evidence/leaf-v1 pin it: a change of any
//! byte would make stored checkpoints prove nothing, so another line is format 2. Must not know
//! the tree.

use crate::canonical::{self, LocalNames};
use serde::{Serialize, Serializer};
use zentra_events::{
    ActorNo, Entry, Event, Names, Position, Recorded, RequestId, ScopeNo, ScopeNumber, Timestamp,
};

/// The `v` of the leaves that this build renders.
pub const LEAF_VERSION: u8 = 1;

/// Why an entry has no leaf.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// A dense number has no name.
    #[error("{kind} {number} has no name")]
    UnknownName {
        /// `scope`, `actor` or `account`.
        kind: &'static str,
        /// The number.
        number: u32,
    },
    /// A position or scope number is more than JSON numbers hold exactly.
    #[error("{0} is over 2^53 - 1, the largest number that is exact in JSON")]
    NumberTooLarge(u64),
    /// An event has a value that this format has no form for.
    #[error("an event cannot be rendered: {0}")]
    Unsupported(String),
}

/// Renders the leaf of an entry, without a newline. `stored` is the [`crate::entry_hash`] of its
/// stored bytes. Scopes, actors and accounts are shown by name; a name that the entry itself gives
/// need not be known to `names`. Secrets are never shown.
///
/// # Errors
/// When a name is unknown or a position is over 2^53 - 1.
pub fn render_leaf(
    entry: &Entry,
    stored: &[u8; 32],
    names: &dyn Names,
) -> Result<String, LeafError> {
    let header = &entry.header;
    let leaf = Leaf {
        v: LEAF_VERSION,
        scope: header.scope,
        scope_number: header.scope_number,
        position: header.position,
        recorded_at: header.recorded_at,
        actor: header.actor,
        request_id: header.request_id,
        cause: header.cause,
        idempotency: header.idempotency.as_ref().map(|idempotency| Idempotency {
            key: idempotency.key,
            fingerprint: idempotency.fingerprint,
        }),
        stored_blake3: *stored,
        events: entry.events(),
    };
    canonical::render(&leaf, local_names(entry, names))
}

#[derive(Serialize)]
struct Leaf<'e> {
    v: u8,
    scope: ScopeNo,
    scope_number: ScopeNumber,
    position: Position,
    recorded_at: Timestamp,
    actor: ActorNo,
    #[serde(serialize_with = "request_id")]
    request_id: RequestId,
    cause: Option<Position>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idempotency: Option<Idempotency>,
    #[serde(serialize_with = "zentra_events::schema::hex")]
    stored_blake3: [u8; 32],
    #[serde(serialize_with = "events")]
    events: &'e [Recorded],
}

#[derive(Serialize)]
struct Idempotency {
    #[serde(serialize_with = "zentra_events::schema::hex")]
    key: [u8; 16],
    #[serde(serialize_with = "zentra_events::schema::hex")]
    fingerprint: [u8; 16],
}

#[derive(Serialize)]
struct EventLine<'e> {
    r#type: &'static str,
    version: u16,
    prev: Option<Position>,
    data: &'e Event,
}

fn request_id<S: Serializer>(id: &RequestId, serializer: S) -> Result<S::Ok, S::Error> {
    zentra_events::schema::hex(id.0, serializer)
}

fn events<S: Serializer>(events: &&[Recorded], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(events.iter().map(|recorded| EventLine {
        r#type: recorded.event.type_name(),
        version: recorded.event.version(),
        prev: recorded.prev,
        data: &recorded.event,
    }))
}

fn local_names<'e>(entry: &'e Entry, names: &'e dyn Names) -> LocalNames<'e> {
    let mut local = LocalNames::new(names);
    for recorded in entry.events() {
        match &recorded.event {
            Event::ScopeCreated(event) => local.add_scope(event.scope, event.name.as_str()),
            Event::ActorRegistered(event) => local.add_actor(event.actor, event.name.as_str()),
            Event::AccountOpened(event) => local.add_account(event.account, event.code.as_str()),
            _ => {}
        }
    }
    local
}
