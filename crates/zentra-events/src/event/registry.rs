//! The registry of event types: tag, name, version and frozen struct of each.
//!
//! Owns the tags. A tag is the type and version of a stored event and is never reused; a new
//! version of a struct gets a new tag. Must not know what an event means.

use crate::event::*;
use crate::limits::DECODE_BYTES_MAX;
use bincode::config::Config;
use bincode::error::{DecodeError, EncodeError};
use serde::Serialize;

/// How bincode writes what the codec leaves to it: integers in as few bytes as they need. The limit
/// is the one of frames: what could be written can be read, and a corrupt length cannot ask for
/// more memory.
pub(crate) fn config() -> impl Config {
    bincode::config::standard().with_limit::<DECODE_BYTES_MAX>()
}

macro_rules! event_types {
    ($($tag:literal $name:literal $version:literal => $variant:ident($body:ident);)*) => {
        /// A past-tense fact. One variant per event type and version.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum Event {
            $(#[doc = concat!("`", $name, "` version ", stringify!($version), ".")]
            $variant($body),)*
        }

        impl Event {
            /// The stored tag of this type and version.
            pub fn tag(&self) -> u16 {
                match self { $(Event::$variant(_) => $tag,)* }
            }

            /// The event type's name.
            pub fn type_name(&self) -> &'static str {
                match self { $(Event::$variant(_) => $name,)* }
            }

            /// The version of the event type.
            pub fn version(&self) -> u16 {
                match self { $(Event::$variant(_) => $version,)* }
            }

            pub(crate) fn encode_body(
                &self,
                out: &mut Vec<u8>,
                config: impl Config,
            ) -> Result<(), EncodeError> {
                match self {
                    $(Event::$variant(body) => {
                        bincode::encode_into_std_write(body, out, config).map(|_| ())
                    })*
                }
            }

            pub(crate) fn decode_body(
                tag: u16,
                bytes: &[u8],
                config: impl Config,
            ) -> Result<(Event, usize), DecodeError> {
                match tag {
                    $($tag => bincode::decode_from_slice::<$body, _>(bytes, config)
                        .map(|(body, read)| (Event::$variant(body), read)),)*
                    _ => Err(DecodeError::Other("unknown event tag")),
                }
            }
        }

        /// Every event type: tag, name, version and the generator of its JSON Schema.
        pub fn event_types() -> Vec<(u16, &'static str, u16, schemars::Schema)> {
            vec![$(($tag, $name, $version, schemars::schema_for!($body)),)*]
        }

        $(impl From<$body> for Event {
            fn from(body: $body) -> Event {
                Event::$variant(body)
            }
        })*
    };
}

event_types! {
    1 "scope.created" 1 => ScopeCreated(ScopeCreatedV1);
    2 "actor.registered" 1 => ActorRegistered(ActorRegisteredV1);
    3 "key.created" 1 => KeyCreated(KeyCreatedV1);
    4 "key.revoked" 1 => KeyRevoked(KeyRevokedV1);
    5 "command.refused" 1 => CommandRefused(CommandRefusedV1);
    6 "scope.quotas_set" 1 => ScopeQuotasSet(ScopeQuotasSetV1);
    10 "chart.set" 1 => ChartSet(ChartSetV1);
    11 "policy.set" 1 => PolicySet(PolicySetV1);
    12 "routes.set" 1 => RoutesSet(RoutesSetV1);
    13 "currency.declared" 1 => CurrencyDeclared(CurrencyDeclaredV1);
    14 "routes.reset" 1 => RoutesReset(RoutesResetV1);
    20 "account.opened" 1 => AccountOpened(AccountOpenedV1);
    21 "account.status_changed" 1 => AccountStatusChanged(AccountStatusChangedV1);
    22 "ledger.posted" 1 => LedgerPosted(LedgerPostedV1);
    23 "account.marked" 1 => AccountMarked(AccountMarkedV1);
    24 "account.status_changed" 2 => AccountStatusChangedV2(AccountStatusChangedV2);
    25 "ledger.corrected" 1 => LedgerCorrected(LedgerCorrectedV1);
    30 "intent.accepted" 1 => IntentAccepted(IntentAcceptedV1);
    31 "intent.confirmed" 1 => IntentConfirmed(IntentConfirmedV1);
    32 "intent.controlled" 1 => IntentControlled(IntentControlledV1);
    33 "intent.rejected" 1 => IntentRejected(IntentRejectedV1);
    34 "intent.routed" 1 => IntentRouted(IntentRoutedV1);
    35 "intent.voided" 1 => IntentVoided(IntentVoidedV1);
    36 "intent.reversed" 1 => IntentReversed(IntentReversedV1);
    37 "payout.closed" 1 => PayoutClosed(PayoutClosedV1);
    38 "intent.dated" 1 => IntentDated(IntentDatedV1);
    40 "event.published" 1 => EventPublished(EventPublishedV1);
    50 "webhook.endpoint.created" 1 => EndpointCreated(EndpointCreatedV1);
    51 "webhook.endpoint.disabled" 1 => EndpointDisabled(EndpointDisabledV1);
    52 "webhook.endpoint.enabled" 1 => EndpointEnabled(EndpointEnabledV1);
    53 "webhook.endpoint.deleted" 1 => EndpointDeleted(EndpointDeletedV1);
    54 "webhook.secret.created" 1 => SecretCreated(SecretCreatedV1);
    55 "webhook.secret.rotated" 1 => SecretRotated(SecretRotatedV1);
    56 "webhook.secret.version_ended" 1 => SecretVersionEnded(SecretVersionEndedV1);
    60 "event.delivery.queued" 1 => DeliveryQueued(DeliveryQueuedV1);
    61 "event.delivery.succeeded" 1 => DeliverySucceeded(DeliverySucceededV1);
    62 "event.delivery.failed" 1 => DeliveryFailed(DeliveryFailedV1);
    63 "event.delivery.dead_lettered" 1 => DeliveryDeadLettered(DeliveryDeadLetteredV1);
    64 "event.delivery.replayed" 1 => DeliveryReplayed(DeliveryReplayedV1);
    65 "event.delivery.resolved" 1 => DeliveryResolved(DeliveryResolvedV1);
    66 "event.delivery.made_due" 1 => DeliveryMadeDue(DeliveryMadeDueV1);
    70 "replay.requested" 1 => ReplayRequested(ReplayRequestedV1);
    80 "evidence.sealed" 1 => EvidenceSealed(EvidenceSealedV1);
}
