//! Leaves: golden lines, canonical form, names, refusals, no secrets.

use crate::stored::{SampleNames, fixtures, stored_entries};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use zentra_events::event::*;
use zentra_events::{
    AccountNo, ActorNo, Entry, Event, IntentNo, Names, Position, Recorded, ScopeNo, ScopeNumber,
};
use zentra_evidence::{LeafError, entry_hash, render_leaf};

#[test]
fn leaves_are_golden() {
    let folder = fixtures().join("evidence/leaf-v1");
    for stored in stored_entries() {
        let golden = fs::read_to_string(folder.join(format!("{}.json", stored.name)));
        let golden =
            golden.expect("`cargo run -p zentra-evidence --example make_evidence_fixtures`");
        assert_eq!(stored.leaf() + "\n", golden, "{}: the leaf changed", stored.name);
    }
    let names: BTreeSet<String> =
        stored_entries().into_iter().map(|stored| stored.name + ".json").collect();
    for file in fs::read_dir(folder).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        assert!(names.contains(&file), "{file} belongs to no entry");
    }
}

#[test]
fn leaves_are_canonical_json_on_one_line() {
    for stored in stored_entries() {
        let leaf = stored.leaf();
        assert!(!leaf.contains('\n'), "{}", stored.name);
        let value: Value = serde_json::from_str(&leaf).unwrap();
        assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), leaf, "{}", stored.name);
    }
}

#[test]
fn a_leaf_says_what_the_event_says() {
    for stored in stored_entries() {
        let leaf: Value = serde_json::from_str(&stored.leaf()).unwrap();
        let event = &stored.entry.events()[0].event;
        let mut told = serde_json::to_value(event).unwrap();
        let line = &leaf["events"][0];
        assert_eq!(line["type"], event.type_name());
        assert_eq!(line["version"], event.version());
        assert_eq!(line["prev"], 900);
        name_numbers(&mut told);
        assert_eq!(line["data"], told, "{}", stored.name);
    }
}

/// What the leaf does to dense numbers, written a second time over the field names, and to numbers
/// that JSON does not hold exactly.
fn name_numbers(value: &mut Value) {
    match value {
        Value::Number(number) if number.as_u64().is_some_and(|number| number >= 1 << 53) => {
            *value = number.to_string().into();
        }
        Value::Array(items) => items.iter_mut().for_each(name_numbers),
        Value::Object(members) => {
            for (key, value) in members {
                let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
                let name = number.and_then(|number| match key.as_str() {
                    "account" | "source" | "destination" => SampleNames.account(AccountNo(number)),
                    "actor" => SampleNames.actor(ActorNo(number)),
                    "scope" => SampleNames.scope(ScopeNo(number)),
                    _ => None,
                });
                match name {
                    Some(name) => *value = name.into(),
                    None => name_numbers(value),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn no_secret_is_in_a_leaf() {
    for stored in stored_entries() {
        let leaf = stored.leaf();
        for form in [
            "sealed secret bytes".to_owned(),
            data_encoding::HEXLOWER.encode(b"sealed secret bytes"),
            data_encoding::BASE64.encode(b"sealed secret bytes"),
        ] {
            assert!(!leaf.contains(&form), "{}", stored.name);
        }
    }
}

#[test]
fn the_header_is_shown() {
    let mut entry = stored_entries().remove(0).entry;
    let leaf: Value = serde_json::from_str(&render(&entry).unwrap()).unwrap();
    let expected = serde_json::json!({
        "v": 1, "scope": "acme", "scope_number": 41, "position": 1000, "actor": "ops@acme",
        "recorded_at": "2026-04-26T14:12:09.123456789Z",
        "request_id": "726571756573742d3031323334353621", "cause": 998,
        "idempotency": { "key": "11".repeat(16), "fingerprint": "22".repeat(16) },
        "stored_blake3": "ab".repeat(32), "events": leaf["events"],
    });
    assert_eq!(leaf, expected);
    entry.header.idempotency = None;
    entry.header.cause = None;
    let leaf: Value = serde_json::from_str(&render(&entry).unwrap()).unwrap();
    assert!(leaf.get("idempotency").is_none());
    assert_eq!(leaf["cause"], Value::Null);
}

#[test]
fn names_that_the_entry_gives_need_not_be_known() {
    let mut entry = with_event(ScopeCreatedV1 { scope: ScopeNo(9), name: "new".parse().unwrap() });
    entry.header.scope = ScopeNo(9);
    assert!(render(&entry).unwrap().contains("\"scope\":\"new\",\"scope_number\""));
    let mut entry =
        with_event(ActorRegisteredV1 { actor: ActorNo(8), name: "eve".parse().unwrap() });
    entry.header.actor = ActorNo(8);
    assert!(render(&entry).unwrap().starts_with("{\"actor\":\"eve\","));
}

/// Makes an entry one that has no leaf.
type Change = Box<dyn Fn(&mut Entry)>;

#[test]
fn refusals() {
    let base = with_event(payout());
    let over = 1 << 53;
    let table: [(&str, Change, LeafError); 6] = [
        (
            "scope",
            Box::new(|entry| entry.header.scope = ScopeNo(4)),
            LeafError::UnknownName { kind: "scope", number: 4 },
        ),
        (
            "actor",
            Box::new(|entry| entry.header.actor = ActorNo(6)),
            LeafError::UnknownName { kind: "actor", number: 6 },
        ),
        (
            "account",
            Box::new(|entry| {
                entry.events_mut()[0].event = AccountStatusChangedV1 {
                    account: AccountNo(100),
                    status: AccountStatus::Open,
                    reason: String::new(),
                }
                .into();
            }),
            LeafError::UnknownName { kind: "account", number: 100 },
        ),
        (
            "position",
            Box::new(move |entry| entry.header.position = Position(over)),
            LeafError::NumberTooLarge(over),
        ),
        (
            "scope number",
            Box::new(move |entry| entry.header.scope_number = ScopeNumber(over)),
            LeafError::NumberTooLarge(over),
        ),
        (
            "prev",
            Box::new(|entry| entry.events_mut()[0].prev = Some(Position(u64::MAX))),
            LeafError::NumberTooLarge(u64::MAX),
        ),
    ];
    for (what, change, refusal) in table {
        let mut entry = base.clone();
        change(&mut entry);
        assert_eq!(render(&entry), Err(refusal), "{what}");
    }
}

#[test]
fn numbers_that_json_does_not_hold_exactly_are_text() {
    for (intent, shown) in [
        ((1 << 53) - 1, "\"intent\":9007199254740991,"),
        (1 << 53, "\"intent\":\"9007199254740992\","),
        (u64::MAX, "\"intent\":\"18446744073709551615\","),
    ] {
        let event = PayoutClosedV1 { intent: IntentNo(intent), ..payout() };
        let leaf = render(&with_event(event)).unwrap();
        assert!(leaf.contains(shown), "{leaf}");
    }
    let mut entry = with_event(payout());
    entry.header.position = Position((1 << 53) - 1);
    assert!(render(&entry).unwrap().contains("\"position\":9007199254740991,"));
}

#[test]
fn an_entry_without_events_has_a_leaf() {
    let mut entry = with_event(payout());
    entry.events_mut().clear();
    assert!(render(&entry).unwrap().contains("\"events\":[],"));
}

#[test]
fn the_hash_of_stored_bytes_is_pinned_and_keeps_its_parts_apart() {
    assert_eq!(
        data_encoding::HEXLOWER.encode(&entry_hash(b"shared", b"payload")),
        data_encoding::HEXLOWER
            .encode(&blake3::derive_key("zentra entry v1", b"\x06\0\0\0sharedpayload",)),
    );
    assert_ne!(entry_hash(b"ab", b"c"), entry_hash(b"a", b"bc"));
}

proptest! {
    #[test]
    fn any_text_is_escaped_as_the_canonical_form_asks(texts in any_texts()) {
        let event = CommandRefusedV1 {
            code: zentra_events::Code::Internal,
            detail: texts,
        };
        let leaf = render(&with_event(event.clone())).unwrap();
        let value: Value = serde_json::from_str(&leaf).unwrap();
        prop_assert_eq!(&value["events"][0]["data"]["detail"], event.detail.as_str());
        prop_assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), leaf);
    }
}

fn any_texts() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[\\x00-\\x7f\"\\\\]{0,40}"]
}

fn payout() -> PayoutClosedV1 {
    PayoutClosedV1 {
        intent: IntentNo(1),
        intent_id: "intent_042".parse().unwrap(),
        amount: zentra_events::Amount(5),
    }
}

fn with_event(event: impl Into<Event>) -> Entry {
    let mut entry = stored_entries().remove(0).entry;
    *entry.events_mut() = vec![Recorded { prev: None, event: event.into() }];
    entry
}

fn render(entry: &Entry) -> Result<String, LeafError> {
    render_leaf(entry, &[0xab; 32], &SampleNames)
}
