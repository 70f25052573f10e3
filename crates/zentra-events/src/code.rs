//! The stable codes of refusals and errors. Each has a page in docs/reference/codes.
//!
//! Owns the codes and their numbers on disk. Must not know HTTP: the server maps codes to statuses
//! in one place.

use crate::text::read_from_text;
use bincode::de::{BorrowDecode, BorrowDecoder, Decode, Decoder};
use bincode::enc::{Encode, Encoder};
use bincode::error::{DecodeError, EncodeError};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

macro_rules! codes {
    ($($number:literal #[doc = $title:literal] $name:ident => $text:literal,)*) => {
        /// A stable code: the machine's word for a refusal or an error.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $title] $name,)*
        }

        impl Code {
            /// Every code, in the order of their numbers.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The code as text, e.g. `insufficient_funds`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// What the code means, in one line.
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            fn number(self) -> u16 {
                match self { $(Code::$name => $number,)* }
            }

            fn from_number(number: u16) -> Option<Code> {
                match number { $($number => Some(Code::$name),)* _ => None }
            }
        }
    };
}

codes! {
    1 #[doc = "The request is malformed."]
    ValidationFailed => "validation_failed",
    2 #[doc = "The request has no valid API key."]
    Unauthenticated => "unauthenticated",
    3 #[doc = "The key's roles do not allow this."]
    Forbidden => "forbidden",
    4 #[doc = "The resource does not exist in this scope."]
    NotFound => "not_found",
    5 #[doc = "The idempotency key was already used with a different body."]
    IdempotencyKeyReused => "idempotency_key_reused",
    7 #[doc = "The server is overloaded."]
    Overloaded => "overloaded",
    8 #[doc = "The body is too large."]
    BodyTooLarge => "body_too_large",
    9 #[doc = "The content type is not supported."]
    UnsupportedMediaType => "unsupported_media_type",
    10 #[doc = "An internal error occurred."]
    Internal => "internal",
    11 #[doc = "The method is not allowed on this route."]
    MethodNotAllowed => "method_not_allowed",
    12 #[doc = "This cannot be answered right now."]
    Unavailable => "unavailable",
    13 #[doc = "A limit of the deployment is reached."]
    LimitReached => "limit_reached",
    14 #[doc = "A quota of the scope is exceeded."]
    QuotaExceeded => "quota_exceeded",
    15 #[doc = "The server is low on disk space."]
    StorageLow => "storage_low",
    16 #[doc = "The request timed out."]
    RequestTimeout => "request_timeout",
    17 #[doc = "The server is read-only."]
    ReadOnly => "read_only",
    18 #[doc = "A scope with this name already exists."]
    ScopeExists => "scope_exists",
    30 #[doc = "The intent id was already used with a different body."]
    IntentIdReused => "intent_id_reused",
    31 #[doc = "The intent's state does not allow this."]
    InvalidIntentState => "invalid_intent_state",
    32 #[doc = "The account does not exist."]
    AccountNotFound => "account_not_found",
    33 #[doc = "An account with this code already exists."]
    AccountExists => "account_exists",
    34 #[doc = "The account is frozen."]
    AccountFrozen => "account_frozen",
    35 #[doc = "The account is closed."]
    AccountClosed => "account_closed",
    36 #[doc = "The currency, or its number of decimal digits, is a different one."]
    CurrencyMismatch => "currency_mismatch",
    37 #[doc = "The available balance does not cover the amount."]
    InsufficientFunds => "insufficient_funds",
    38 #[doc = "The postings do not balance."]
    UnbalancedPostings => "unbalanced_postings",
    39 #[doc = "An amount is too large."]
    AmountOverflow => "amount_overflow",
    40 #[doc = "The amount is zero."]
    AmountZero => "amount_zero",
    41 #[doc = "The amount exceeds the policy's limit."]
    LimitExceeded => "limit_exceeded",
    42 #[doc = "The policy's velocity limit is exceeded."]
    VelocityExceeded => "velocity_exceeded",
    43 #[doc = "The policy does not allow the currency."]
    CurrencyNotAllowed => "currency_not_allowed",
    44 #[doc = "The policy does not allow the corridor."]
    CorridorNotAllowed => "corridor_not_allowed",
    45 #[doc = "No route serves the corridor, currency and amount."]
    RouteUnavailable => "route_unavailable",
    46 #[doc = "The amount exceeds what remains."]
    AmountExceedsRemaining => "amount_exceeds_remaining",
    47 #[doc = "A void was requested."]
    VoidRequested => "void_requested",
    48 #[doc = "Source and destination are the same account."]
    SameAccount => "same_account",
    49 #[doc = "The account still holds money."]
    AccountNotEmpty => "account_not_empty",
    50 #[doc = "Another intent of the linked group failed."]
    LinkedFailed => "linked_failed",
    51 #[doc = "The linked group is too large."]
    GroupTooLarge => "group_too_large",
    52 #[doc = "The account is reserved for the system."]
    AccountReserved => "account_reserved",
    53 #[doc = "The currency's number of decimal digits is unknown."]
    CurrencyUnknown => "currency_unknown",
    54 #[doc = "The effective time is before that of an earlier leg."]
    EffectiveAtTooEarly => "effective_at_too_early",
    60 #[doc = "The URL is not allowed."]
    UrlNotAllowed => "url_not_allowed",
    61 #[doc = "The URL leads to a forbidden address."]
    UrlForbiddenAddress => "url_forbidden_address",
    62 #[doc = "The signing secret is invalid."]
    SecretInvalid => "secret_invalid",
    63 #[doc = "An event filter is invalid."]
    FilterInvalid => "filter_invalid",
    64 #[doc = "The retry policy is invalid."]
    PolicyInvalid => "policy_invalid",
    65 #[doc = "The endpoint's state does not allow this."]
    InvalidEndpointState => "invalid_endpoint_state",
    66 #[doc = "The delivery's state does not allow this."]
    InvalidDeliveryState => "invalid_delivery_state",
    67 #[doc = "The replay matches nothing that can be delivered again."]
    ReplayEmpty => "replay_empty",
    68 #[doc = "The event type is reserved for Zentra."]
    EventTypeReserved => "event_type_reserved",
    69 #[doc = "The attempt's outcome came too late and was ignored."]
    StaleAttempt => "stale_attempt",
    70 #[doc = "The secret version's state does not allow this."]
    InvalidSecretState => "invalid_secret_state",
    71 #[doc = "The endpoint failed its challenge."]
    ChallengeFailed => "challenge_failed",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text is not a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such code")]
pub struct CodeError;

impl FromStr for Code {
    type Err = CodeError;
    fn from_str(text: &str) -> Result<Code, CodeError> {
        Code::ALL.iter().find(|code| code.as_str() == text).copied().ok_or(CodeError)
    }
}

read_from_text!(Code);

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl JsonSchema for Code {
    fn schema_name() -> Cow<'static, str> {
        "Code".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        schemars::json_schema!({ "type": "string", "enum": codes })
    }
}

impl Encode for Code {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.number().encode(encoder)
    }
}

impl<Context> Decode<Context> for Code {
    fn decode<D: Decoder<Context = Context>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let number = u16::decode(decoder)?;
        Code::from_number(number).ok_or(DecodeError::Other("unknown code"))
    }
}

impl<'de, Context> BorrowDecode<'de, Context> for Code {
    fn borrow_decode<D: BorrowDecoder<'de, Context = Context>>(
        decoder: &mut D,
    ) -> Result<Self, DecodeError> {
        Code::decode(decoder)
    }
}
