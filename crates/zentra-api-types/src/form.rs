//! The forms of values in the API's description: each has a name there, and one pattern.
//!
//! Owns the forms of what answers show. Must not check anything: a value is parsed by its type.

use serde_json::{Value, json};
use std::borrow::Cow;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use zentra_events::{Code, Quota};

macro_rules! forms {
    ($($(#[doc = $doc:literal])* $name:ident => $form:expr;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug)]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let mut form: Value = $form;
                form["description"] = concat!($($doc),*).trim().into();
                serde_json::from_value(form).expect("the form above is a schema")
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )*};
}

fn text(pattern: &str, example: &str) -> Value {
    json!({ "type": "string", "pattern": pattern, "examples": [example] })
}

fn name(example: &str) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": 255, "examples": [example] })
}

fn id(prefix: &str) -> Value {
    text(&format!("^{prefix}_[0-9a-v]{{19}}[0g]$"), &format!("{prefix}_0000000000008000000g"))
}

fn number(example: u64) -> Value {
    json!({ "type": "integer", "format": "int64", "minimum": 0, "examples": [example] })
}

forms! {
    /// Minor units of a currency, as digits.
    MinorUnits => text("^(0|[1-9][0-9]{0,38})$", "125000");
    /// Minor units of a currency, as digits; below zero with a sign.
    SignedMinorUnits => text("^(0|-?[1-9][0-9]{0,38})$", "-125000");
    /// Minor units with the sign of the side: a debit takes away, a credit adds.
    SignedLine => text("^[+-](0|[1-9][0-9]{0,38}) mu$", "-125000 mu");
    /// A currency: ISO 4217, or another code that the scope has declared.
    CurrencyCode => text("^[A-Z][A-Z0-9]{1,7}$", "EUR");
    /// An instant in UTC (RFC 3339).
    Instant => json!({
        "type": "string", "format": "date-time", "examples": ["2026-04-26T14:12:09.000000Z"],
    });
    /// The number of an entry in the log, from 0.
    Position => number(42);
    /// The number of an entry among those of its scope, from 0.
    ScopeNumber => number(7);
    /// The account's code, unique in its scope.
    AccountCode => name("customer_balance");
    /// The caller's name for an intent, unique in its scope.
    IntentId => name("intent_042");
    /// The name of a scope.
    ScopeName => name("workspace_scope");
    /// Who acts with a key.
    ActorName => name("svc_runtime");
    /// What endpoints filter events by.
    EventType => name("transfer.settled");
    /// The id of an event, and its `webhook-id`.
    EventId => id("evt");
    /// The id of a delivery: one event to one endpoint.
    DeliveryId => id("dlv");
    /// The id of an attempt to deliver.
    AttemptId => id("atp");
    /// The id of a webhook endpoint.
    EndpointId => id("wep");
    /// The id of a replay.
    ReplayId => id("rpl");
    /// The id of an API key.
    KeyId => id("key");
    /// The id of a request.
    RequestId => text("^[0-9a-f]{32}$", "000102030405060708090a0b0c0d0e0f");
    /// A stable code; `/codes/{code}` has its page.
    ProblemCode => {
        let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        json!({ "type": "string", "enum": codes })
    };
    /// A quota of a scope.
    QuotaName => {
        let quotas: Vec<&str> = Quota::ALL.iter().map(|quota| quota.as_str()).collect();
        json!({ "type": "string", "enum": quotas })
    };
}
