//! Every maximum of the contract, with the relations between them checked at compile time.
//!
//! Owns numbers only. A limit that belongs to one crate's inner working lives in that crate.

/// Bytes of a name that a caller chooses (intent id, account code, scope, actor).
pub const NAME_BYTES_MAX: usize = 128;
/// Bytes of an idempotency key.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;
/// Bytes of a reason, description or other short text.
pub const TEXT_BYTES_MAX: usize = 512;
/// Pairs of metadata on one intent.
pub const METADATA_PAIRS_MAX: usize = 32;
/// Bytes of one metadata value.
pub const METADATA_VALUE_BYTES_MAX: usize = 512;
/// Posting lines in one transfer.
pub const POSTING_LINES_MAX: usize = 256;
/// Bytes of the payload of a published event.
pub const EVENT_PAYLOAD_BYTES_MAX: usize = 256 * 1024;
/// Bytes of a request body of a single command.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Levels of nesting in a JSON body.
pub const JSON_DEPTH_MAX: usize = 32;
/// Event filters on one endpoint.
pub const FILTERS_MAX: usize = 64;
/// Webhook endpoints in one scope.
pub const ENDPOINTS_PER_SCOPE_MAX: usize = 10_000;
/// Events that one entry may hold; the index of an event in its entry is a `u16`.
pub const EVENTS_PER_ENTRY_MAX: usize = 32_768;
/// Deliveries that one replay may name.
pub const REPLAY_DELIVERIES_MAX: usize = 10_000;
/// Steps of a retry schedule.
pub const RETRY_STEPS_MAX: usize = 32;
/// Bytes of a consumer's response that are kept.
pub const RESPONSE_EXCERPT_BYTES_MAX: usize = 1024;
/// Items on one page of a list.
pub const PAGE_ITEMS_MAX: usize = 500;

const _: () = assert!(ENDPOINTS_PER_SCOPE_MAX + 1_024 < EVENTS_PER_ENTRY_MAX);
const _: () = assert!(REPLAY_DELIVERIES_MAX + 1_024 < EVENTS_PER_ENTRY_MAX);
const _: () = assert!(EVENTS_PER_ENTRY_MAX <= u16::MAX as usize);
const _: () = assert!(EVENT_PAYLOAD_BYTES_MAX < BODY_BYTES_MAX);
