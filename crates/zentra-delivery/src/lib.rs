//! Deliveries of published events to webhook endpoints: a sans-IO state machine.
//!
//! Owns endpoints with their filters, secrets (sealed), retry policies and health; deliveries with
//! their attempts, dead letters and replays; and the [`Scheduler`] that says which attempt is due.
//! Must not name the ledger, open a secret, judge a URL, resolve a name or send anything. The
//! decisions are explained in docs/concepts/delivery.md.
//!
//! Invariants:
//! - no clock, no randomness, no IO: the same commands give the same events;
//! - attempts of a delivery are numbered from 1 without gaps, and each number is recorded once;
//! - a queued delivery is always pending, parked, delivered, dead-lettered or resolved: none is
//!   lost.

mod check;
mod command;
mod decide;
mod decide_attempt;
mod decide_endpoint;
mod decide_replay;
mod deliveries;
mod delivery;
mod due;
mod endpoint;
mod endpoint_queue;
mod evolve;
mod filter;
mod filter_index;
mod flights;
mod left_out;
mod places;
mod policy;
mod retry;
mod scheduler;
mod secret;
mod snapshot;
mod start_rate;
mod times;

pub use command::{Ctx, Decision, DeliveryCommand, Refusal, SecretChoice};
pub use decide_endpoint::ENDPOINT_CREATED_TYPE;
pub use deliveries::Deliveries;
pub use delivery::{DeliveryStatus, DeliveryView};
pub use endpoint::{EndpointCounts, EndpointStatus, EndpointView, Health};
pub use endpoint_queue::SLOW_FROM;
pub use filter::is_heard;
pub use left_out::LeftOut;
pub use places::PLACES_MIN;
pub use policy::{
    CONCURRENCY_MAX, DELAY_MAX, SECRET_OVERLAP_MAX, STEP_DELAY_MIN, TIMEOUT_MAX, TIMEOUT_MIN,
    check_policy, default_policy,
};
pub use retry::{RETRY_AFTER_MAX, is_success};
pub use scheduler::{Scheduler, StartAttempt};
pub use secret::{SECRET_VERSIONS_MAX, SecretVersion, SecretView};
pub use start_rate::StartRate;
pub use times::Times;
