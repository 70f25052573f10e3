//! The verifier's rules: tolerance, the header's grammar, and that nothing changed passes.

use proptest::prelude::*;
use zentra_signature::{
    CANDIDATES_MAX, MessageId, SymmetricSecret, Verifier, VerifierKey, VerifyError, sign_v1,
    signature_header,
};

const ID: &str = "evt_000000000000000000000";
const AT: u64 = 1_700_000_000;
const BODY: &[u8] = b"{\"type\":\"transfer.settled\"}";

fn secret(byte: u8) -> SymmetricSecret {
    SymmetricSecret::from_bytes(&[byte; 32]).unwrap()
}

fn verifier(bytes: &[u8]) -> Verifier {
    Verifier::new(bytes.iter().map(|byte| VerifierKey::Symmetric(secret(*byte))).collect())
}

fn signed(byte: u8) -> String {
    sign_v1(&secret(byte), &MessageId::parse(ID).unwrap(), AT, BODY)
}

#[test]
fn the_tolerance_is_300_seconds_either_way_inclusive() {
    let verify = |now| verifier(&[1]).verify(ID, &AT.to_string(), &signed(1), BODY, now).map(drop);
    assert_eq!(verify(AT + 299), Ok(()));
    assert_eq!(verify(AT + 300), Ok(()));
    assert_eq!(verify(AT + 301), Err(VerifyError::TooOld));
    assert_eq!(verify(AT - 299), Ok(()));
    assert_eq!(verify(AT - 300), Ok(()));
    assert_eq!(verify(AT - 301), Err(VerifyError::TooNew));
}

#[test]
fn the_header_is_read_strictly_and_a_good_entry_counts() {
    let good = signed(1);
    let unpadded = good.trim_end_matches('=').to_owned();
    let rows = [
        (good.clone(), true),
        (format!("nocomma {good}"), true),
        (format!(" {good}"), true),
        (format!("{good} "), true),
        (format!("v1,!!! {good}"), true),
        (format!("v1a,AAAA {good}"), true),
        (format!("v2,AAAA {good}"), true),
        (format!("{},x", good), false),
        (unpadded, false),
        (good.replace("v1,", "v1a,"), false),
        (good.replace("v1,", "V1,"), false),
        (String::new(), false),
        (good.replace(',', ""), false),
    ];
    for (header, passes) in rows {
        let verdict = verifier(&[1]).verify(ID, &AT.to_string(), &header, BODY, AT);
        assert_eq!(verdict.is_ok(), passes, "{header:?}");
    }
}

#[test]
fn timestamps_and_ids_are_read_strictly() {
    for text in ["123.5", " 123", "123abc", "+5", "-5", "", "18446744073709551616"] {
        let verdict = verifier(&[1]).verify(ID, text, &signed(1), BODY, AT);
        assert_eq!(verdict, Err(VerifyError::BadTimestamp), "{text:?}");
    }
    for id in ["", "a.b", "a b", "a\n", "caf\u{e9}"] {
        let verdict = verifier(&[1]).verify(id, &AT.to_string(), &signed(1), BODY, AT);
        assert_eq!(verdict, Err(VerifyError::BadId), "{id:?}");
    }
}

#[test]
fn either_of_two_keys_verifies_and_the_first_that_does_is_named() {
    let both = signature_header([signed(2), signed(1)]);
    let verdict = verifier(&[9, 1]).verify(ID, &AT.to_string(), &both, BODY, AT).unwrap();
    assert_eq!(verdict.key_index, 1);
    assert!(verifier(&[2]).verify(ID, &AT.to_string(), &both, BODY, AT).is_ok());
    assert!(verifier(&[9]).verify(ID, &AT.to_string(), &both, BODY, AT).is_err());
}

#[test]
fn a_long_list_of_signatures_costs_a_bounded_number_of_comparisons() {
    let many = |before: usize| {
        let noise = (0..before).map(|_| signed(7));
        signature_header(noise.chain([signed(1)]))
    };
    let verify = |header: &str| verifier(&[1]).verify(ID, &AT.to_string(), header, BODY, AT);
    assert!(verify(&many(CANDIDATES_MAX - 1)).is_ok());
    assert_eq!(verify(&many(CANDIDATES_MAX)), Err(VerifyError::NoMatch));
    assert_eq!(verify(&many(1_000)), Err(VerifyError::NoMatch));
}

/// The three headers and the body, to change one byte of one of them.
fn parts() -> [Vec<u8>; 4] {
    [ID.into(), AT.to_string().into(), signed(1).into(), BODY.into()]
}

fn verify_parts(parts: &[Vec<u8>; 4], now: u64) -> Result<usize, VerifyError> {
    let text = |at: usize| std::str::from_utf8(&parts[at]).unwrap();
    let verdict = verifier(&[1]).verify(text(0), text(1), text(2), &parts[3], now);
    verdict.map(|verified| verified.key_index)
}

proptest! {
    /// The mask leaves the headers ASCII, so that each change reaches the verifier as text.
    #[test]
    fn a_changed_byte_never_verifies(
        part in 0..4_usize,
        at: prop::sample::Index,
        mask in 1..128_u8,
    ) {
        let mut parts = parts();
        prop_assert_eq!(verify_parts(&parts, AT), Ok(0));
        let at = at.index(parts[part].len());
        parts[part][at] ^= mask;
        let verdict = verify_parts(&parts, AT);
        prop_assert!(verdict.is_err(), "part {part}, byte {at}, mask {mask}: {verdict:?}");
    }

    #[test]
    fn whatever_is_signed_verifies_at_its_time_for_its_key_only(
        id in "[!-\\-/-~]{1,128}",
        at: u64,
        body: Vec<u8>,
        keys in prop::sample::subsequence(vec![1, 2, 3, 4, 5], 1..=4),
    ) {
        let message = MessageId::parse(&id).unwrap();
        let sign = |byte: &u8| sign_v1(&secret(*byte), &message, at, &body);
        let header = signature_header(keys.iter().map(sign));
        for byte in 1..=5_u8 {
            let verdict = verifier(&[byte]).verify(&id, &at.to_string(), &header, &body, at);
            prop_assert_eq!(verdict.is_ok(), keys.contains(&byte));
        }
    }

    #[test]
    fn the_header_is_canonical(count in 1..8_u8) {
        let header = signature_header((1..=count).map(signed));
        prop_assert_eq!(header.split(' ').count(), usize::from(count));
        for entry in header.split(' ') {
            prop_assert!(entry.starts_with("v1,") && entry.len() == 47, "{}", entry);
            prop_assert_eq!(entry.matches(',').count(), 1);
        }
    }

    #[test]
    fn nothing_received_makes_it_panic(id: String, at: String, header: String, body: Vec<u8>) {
        let _any = verifier(&[1]).verify(&id, &at, &header, &body, AT);
    }

    #[test]
    fn no_entry_of_a_header_makes_it_panic(
        entries in prop::collection::vec("v1a?,[A-Za-z0-9+/=]{0,90}", 0..20),
    ) {
        let verdict = verifier(&[1]).verify(ID, &AT.to_string(), &entries.join(" "), BODY, AT);
        prop_assert_eq!(verdict, Err(VerifyError::NoMatch));
    }
}
