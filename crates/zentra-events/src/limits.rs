//! Every maximum of the contract, with the relations between them checked at compile time.
//!
//! Owns numbers only. A limit that belongs to one crate's inner working lives in that crate.

/// Bytes of a name that a caller chooses (intent id, account code, scope, actor).
pub const NAME_BYTES_MAX: usize = 128;
/// Bytes of an idempotency key.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;
/// Characters of a reason, description or other short text that a request names.
pub const TEXT_CHARS_MAX: usize = 512;
/// Its bytes: a character has four at most.
pub const TEXT_BYTES_MAX: usize = 4 * TEXT_CHARS_MAX;
/// Decimal digits of a currency: those that an amount can have.
pub const EXPONENT_MAX: u8 = 38;
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
/// Values in a JSON body of a single command: numbers, texts, lists and so on.
pub const JSON_VALUES_MAX: usize = 65_536;
/// Levels of nesting in a JSON body.
pub const JSON_DEPTH_MAX: usize = 32;
/// Bytes of a URL, as given and as normalised.
pub const URL_BYTES_MAX: usize = 2048;
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

/// Bits of an amount that a command may name. What was named before this bound still folds.
pub const AMOUNT_BITS: u32 = 80;
/// The most minor units that a command may name: a posting line, an intent, a floor, a limit.
pub const AMOUNT_MAX: u128 = (1 << AMOUNT_BITS) - 1;
/// Bits of a position: a log has fewer entries than two to this.
pub const POSITION_BITS: u32 = 48;

// No entry moves more than `AMOUNT_MAX` on either side of an account (docs/concepts/ledger.md), so
// what all entries that a log can hold move on one side is less than two to the sum of these.
const _: () = assert!(AMOUNT_BITS + POSITION_BITS <= u128::BITS);

/// Bytes of a frame as it is stored, header and trailer included. The only limit of a frame: who
/// writes one ends it before, who reads one refuses what is over it.
pub const FRAME_BYTES_MAX: usize = 64 << 20;
/// Bytes of a frame's header and trailer; the store checks that they are.
pub const FRAME_FIXED_BYTES: usize = 84;
/// Bytes of a frame that say where one of its entries ends; the store checks that they are.
pub const ENTRY_END_BYTES: usize = 4;
/// Bytes of one entry, with everything in it that its frame holds for several.
pub const ENTRY_BYTES_MAX: usize = 32 << 20;
/// What decoding one part of a frame may take. A decoder counts a list by the size of its items in
/// memory, of those that it has not come to yet; so for small items it counts more than is stored.
pub const DECODE_BYTES_MAX: usize = 2 * FRAME_BYTES_MAX;

/// The longest list of items that are larger in memory than in a frame: contexts or terms, which
/// are numbered by a `u16`. All other lists have limits far below.
const SMALL_ITEMS_MAX: usize = 1 << 16;
/// Bytes in memory of the largest item of such a list, which is terms.
const SMALL_ITEM_BYTES: usize = 512;
/// Bytes of an event that only says that something became of a delivery.
const DELIVERY_EVENT_BYTES: usize = 256;
/// Published events of one entry at most.
const PUBLISHED_PER_ENTRY_MAX: usize = 2;

// Every part of a frame can be decoded, whatever it holds.
const _: () = assert!(FRAME_BYTES_MAX + SMALL_ITEMS_MAX * SMALL_ITEM_BYTES <= DECODE_BYTES_MAX);
// The largest entry: a whole body, twice, and the deliveries that it queues or replays.
const _: () = assert!(
    2 * BODY_BYTES_MAX
        + PUBLISHED_PER_ENTRY_MAX * (ENDPOINTS_PER_SCOPE_MAX * DELIVERY_EVENT_BYTES)
        + REPLAY_DELIVERIES_MAX * 2 * DELIVERY_EVENT_BYTES
        < ENTRY_BYTES_MAX
);
// An entry fits into a frame that is not complete yet.
const _: () = assert!(2 * ENTRY_BYTES_MAX <= FRAME_BYTES_MAX);
const _: () = assert!(FRAME_BYTES_MAX <= u32::MAX as usize);
const _: () =
    assert!(PUBLISHED_PER_ENTRY_MAX * ENDPOINTS_PER_SCOPE_MAX + 1_024 < EVENTS_PER_ENTRY_MAX);
const _: () = assert!(REPLAY_DELIVERIES_MAX + 1_024 < EVENTS_PER_ENTRY_MAX);
const _: () = assert!(EVENTS_PER_ENTRY_MAX <= u16::MAX as usize);
const _: () = assert!(EVENT_PAYLOAD_BYTES_MAX < BODY_BYTES_MAX);
