//! Codes are unique, keep their numbers and survive the codec.

use std::collections::BTreeSet;
use zentra_events::Code;

const CONFIG: bincode::config::Configuration<
    bincode::config::LittleEndian,
    bincode::config::Fixint,
> = bincode::config::legacy();

#[test]
fn texts_and_numbers_are_unique() {
    let texts: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(texts.len(), Code::ALL.len());
    let numbers: BTreeSet<u16> = Code::ALL.iter().map(|code| stored(*code)).collect();
    assert_eq!(numbers.len(), Code::ALL.len());
}

#[test]
fn every_code_round_trips_and_is_shown_as_its_text() {
    for code in Code::ALL {
        let bytes = bincode::encode_to_vec(*code, CONFIG).unwrap();
        let (decoded, read): (Code, usize) = bincode::decode_from_slice(&bytes, CONFIG).unwrap();
        assert_eq!((decoded, read), (*code, 2));
        assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        assert!(code.title().ends_with('.'), "{code}: a title is a sentence");
        assert!(code.as_str().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
    }
}

#[test]
fn numbers_without_a_code_are_refused() {
    let known: BTreeSet<u16> = Code::ALL.iter().map(|code| stored(*code)).collect();
    for number in (0..=u16::MAX).filter(|number| !known.contains(number)) {
        let decoded = bincode::decode_from_slice::<Code, _>(&number.to_le_bytes(), CONFIG);
        assert!(decoded.is_err(), "{number}");
    }
}

#[test]
fn numbers_are_pinned() {
    let table = [
        (Code::ValidationFailed, 1),
        (Code::IdempotencyKeyReused, 5),
        (Code::LimitReached, 13),
        (Code::IntentIdReused, 30),
        (Code::InsufficientFunds, 37),
        (Code::LimitExceeded, 41),
        (Code::RouteUnavailable, 45),
        (Code::VoidRequested, 47),
        (Code::AccountNotEmpty, 49),
        (Code::CurrencyUnknown, 53),
        (Code::EffectiveAtTooEarly, 54),
        (Code::UrlNotAllowed, 60),
        (Code::StaleAttempt, 69),
        (Code::ChallengeFailed, 71),
    ];
    for (code, number) in table {
        assert_eq!(stored(code), number, "{code}");
    }
}

fn stored(code: Code) -> u16 {
    let bytes = bincode::encode_to_vec(code, CONFIG).unwrap();
    u16::from_le_bytes(bytes.try_into().unwrap())
}
