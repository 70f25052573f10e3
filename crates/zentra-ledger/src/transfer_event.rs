//! The events by which consumers are told of an intent's money.
//!
//! Owns their form. Must not know who is told.

use zentra_events::event::{EventPublishedV1, PublishedDataV1};
use zentra_events::{AccountNo, Amount, Currency, Event, IntentId, IntentNo};

/// The event that tells of an intent's money.
pub(crate) fn published(
    event_type: &str,
    intent: IntentNo,
    id: &IntentId,
    (amount, currency): (Amount, Currency),
    [source, destination]: [AccountNo; 2],
) -> Event {
    let event_type = event_type.parse().expect("the ledger's event types are well formed");
    let intent_id = id.clone();
    let data =
        PublishedDataV1::Transfer { intent, intent_id, amount, currency, source, destination };
    EventPublishedV1 { event_type, data }.into()
}
