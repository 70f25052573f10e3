//! The types of requests against the parser: both have the same fields, and what a client writes
//! with them is what the server reads.

use super::described_bodies::bodies;
use crate::dto::{EventFields, PolicyFields};
use crate::json::{parse, read};
use crate::openapi::document;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use zentra_api_types::request::{
    AccountBody, ChartBody, ConfirmBody, CurrencyBody, EndSecretBody, EndpointBody, EventBody,
    IntentBody, KeyBody, Money, Nothing, PayoutBody, PolicyBody, QuotasBody, ReasonBody,
    ReplayBody, ReverseBody, RotateBody, RoutesBody, ScopeBody, SettleBody, TransferBody, VoidBody,
};
use zentra_events::Amount;

/// Whatever is read of a body, as a client's library writes it: the same members, without nulls.
fn written<T: DeserializeOwned + Serialize>(body: &Value) -> Value {
    let strict: T = read(body.clone()).unwrap();
    let lenient: T = serde_json::from_value(body.clone()).unwrap();
    let written = json!(strict);
    assert_eq!(written, json!(lenient), "{body}");
    written
}

/// As [`written`], of bodies whose form is read before what they are.
fn written_by_name(name: &str, body: &Value) -> Value {
    match name {
        "AccountBody" => written::<AccountBody>(body),
        "ChartBody" => written::<ChartBody>(body),
        "ConfirmBody" => written::<ConfirmBody>(body),
        "CurrencyBody" => written::<CurrencyBody>(body),
        "EndSecretBody" => written::<EndSecretBody>(body),
        "EndpointBody" => written::<EndpointBody>(body),
        "IntentBody" => written::<IntentBody>(body),
        "KeyBody" => written::<KeyBody>(body),
        "Nothing" => written::<Nothing>(body),
        "PayoutBody" => written::<PayoutBody>(body),
        "QuotasBody" => written::<QuotasBody>(body),
        "ReasonBody" => written::<ReasonBody>(body),
        "ReplayBody" => written::<ReplayBody>(body),
        "ReverseBody" => written::<ReverseBody>(body),
        "RotateBody" => written::<RotateBody>(body),
        "RoutesBody" => written::<RoutesBody>(body),
        "ScopeBody" => written::<ScopeBody>(body),
        "SettleBody" => written::<SettleBody>(body),
        "TransferBody" => written::<TransferBody>(body),
        "VoidBody" => written::<VoidBody>(body),
        "PolicyBody" => {
            let read = read::<PolicyFields>(body.clone()).unwrap().body().unwrap();
            let written = json!(read);
            let again: PolicyBody = serde_json::from_value(written.clone()).unwrap();
            assert_eq!(again, read);
            written
        }
        "EventBody" => {
            let written = json!(serde_json::from_value::<EventBody>(body.clone()).unwrap());
            let fields: EventFields = read(written.clone()).unwrap();
            assert_eq!(json!(fields.event_type), written["type"]);
            written
        }
        _ => panic!("{name} is written by no type here"),
    }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter().filter(|(_, member)| !member.is_null());
            members.map(|(name, member)| (name.clone(), without_nulls(member))).collect()
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

/// Puts in what a body leaves out and its type writes all the same: its defaults.
fn with_defaults(mut body: Value, written: &Value) -> Value {
    match (&mut body, written) {
        (Value::Object(given), Value::Object(written)) => {
            for (name, value) in written {
                let member = given.remove(name);
                let member = member.map_or(value.clone(), |member| with_defaults(member, value));
                given.insert(name.clone(), member);
            }
        }
        (Value::Array(given), Value::Array(written)) => {
            for (item, value) in given.iter_mut().zip(written) {
                *item = with_defaults(item.take(), value);
            }
        }
        _ => {}
    }
    body
}

#[test]
fn what_a_client_writes_with_a_type_is_what_the_server_reads() {
    let document: Value = serde_json::from_str(document()).unwrap();
    let mut seen = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let Some(reference) = schema["$ref"].as_str() else { continue };
            let name = reference.rsplit('/').next().unwrap();
            for body in bodies(method, path) {
                let written = written_by_name(name, &body);
                let whole = with_defaults(without_nulls(&body), &written);
                assert_eq!(written, whole, "{method} {path}");
                assert_eq!(written_by_name(name, &written), written, "{method} {path}");
            }
            seen.insert(name.to_owned());
        }
    }
    assert!(seen.len() > 20, "{seen:?}");
}

fn amount(text: &str) -> Result<u128, String> {
    let body = parse(format!("{{\"minor_units\":{text},\"currency\":\"EUR\"}}").as_bytes(), 9);
    read::<Money>(body.unwrap()).map(|money| money.minor_units.0.0).map_err(|e| e.pointer)
}

#[test]
fn amounts_are_digits_or_exact_integers() {
    let max = Amount::MAX.0.to_string();
    for (text, expected) in [
        ("\"125000\"", 125_000),
        ("125000", 125_000),
        ("0", 0),
        ("\"0\"", 0),
        ("9007199254740991", (1 << 53) - 1),
        (&format!("\"{max}\""), Amount::MAX.0),
    ] {
        assert_eq!(amount(text), Ok(expected), "{text}");
    }
    let over = format!("\"{}\"", Amount::MAX.0 + 1);
    for bad in [
        "9007199254740992",
        "1.0",
        "1e3",
        "-1",
        "\"-1\"",
        "\"+1\"",
        "\"1.0\"",
        "\"\"",
        "\" 1\"",
        "\"007\"",
        "\"0x1\"",
        "null",
        "true",
        "{}",
        "[]",
        &over,
        "123456789012345678901234567890",
    ] {
        assert_eq!(amount(bad), Err("/minor_units".into()), "{bad}");
    }
}
