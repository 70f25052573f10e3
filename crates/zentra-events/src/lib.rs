//! The contract of Zentra: the words that every other crate speaks.
//!
//! Owns ids, amounts, positions, names, every event family with its versions, the [`Entry`] and the
//! codec that turns entries into the stored bytes. Must not know how anything is decided, stored,
//! delivered or proven.
//!
//! Invariants:
//! - no clock, no randomness, no IO, no floating point;
//! - a struct whose name ends in `V<n>` is frozen: its field and variant order are the format;
//! - an event type's tag and name are never reused.

pub mod amount;
pub mod code;
pub mod codec;
pub mod entry;
pub mod event;
mod events_body;
pub mod frame;
pub mod frame_builder;
pub mod header;
pub mod id;
pub mod limits;
pub mod name;
pub mod names;
pub mod place;
pub mod position;
pub mod quota;
pub mod refusal;
pub mod schema;
pub mod settled;
mod settled_row;
pub mod text;
mod time;
mod varint;
pub mod wrong_fact;

pub use amount::{Amount, AmountError, Currency, CurrencyError, Direction};
pub use code::{Code, CodeError};
pub use entry::{Body, BodyRef, Entry, EntryRef};
pub use event::Event;
pub use header::{Cause, Header, Idempotency, Recorded, RequestId};
pub use id::{AccountNo, ActorNo, IntentNo, ScopeNo, SecretNo};
pub use id::{AttemptId, DeliveryId, EndpointId, EventId, IdError, KeyId, LogRef, ReplayId};
pub use name::{AccountCode, ActorName, EventType, IntentId, NameError, ScopeName};
pub use names::Names;
pub use place::EntryPlace;
pub use position::{Position, ScopeNumber};
pub use quota::{Quota, QuotaError, QuotaTable};
pub use refusal::Refusal;
pub use settled::{SettledFacts, SettledRef, SettledTerms, SettledTransfer};
pub use time::{Span, Timestamp, TimestampError};
pub use wrong_fact::WrongFact;
