//! Known vectors and hostile headers from fixtures/webhooks/signing.json: of the Standard Webhooks
//! reference libraries for v1, of an independent Ed25519 implementation for v1a.

use data_encoding::BASE64;
use serde::Deserialize;
use zentra_signature::{
    MessageId, SecretError, SigningKeyV1a, SymmetricSecret, Verifier, VerifierKey, VerifyError,
    VerifyingKeyV1a, sign_v1, sign_v1a,
};

const FIXTURE: &str = include_str!("../../../../fixtures/webhooks/signing.json");

#[derive(Deserialize)]
struct Fixture {
    signing: Vec<Signing>,
    verifying: Vec<Verifying>,
    secrets: Vec<Secret>,
}

#[derive(Deserialize)]
struct Signing {
    name: String,
    key: String,
    id: String,
    timestamp_seconds: u64,
    body_base64: String,
    signature: String,
}

#[derive(Deserialize)]
struct Verifying {
    name: String,
    keys: Vec<String>,
    id: String,
    timestamp: String,
    signature: String,
    body_base64: String,
    now_seconds: u64,
    expect: Verdict,
}

/// In the fixture: `{"verified_by": 0}`, or the reason as text.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    VerifiedBy(usize),
    BadId,
    BadTimestamp,
    TooOld,
    TooNew,
    NoMatch,
}

#[derive(Deserialize)]
struct Secret {
    text: String,
    expect: String,
}

fn fixture() -> Fixture {
    serde_json::from_str(FIXTURE).unwrap()
}

fn body(base64: &str) -> Vec<u8> {
    BASE64.decode(base64.as_bytes()).unwrap()
}

fn verifier(keys: &[String]) -> Verifier {
    let key = |text: &String| match text.starts_with("whpk_") {
        true => VerifierKey::Asymmetric(VerifyingKeyV1a::parse(text).unwrap()),
        false => VerifierKey::Symmetric(SymmetricSecret::parse(text).unwrap()),
    };
    Verifier::new(keys.iter().map(key).collect())
}

#[test]
fn every_message_is_signed_to_the_byte_and_verifies() {
    let rows = fixture().signing;
    assert!(rows.len() >= 9, "{} rows", rows.len());
    for row in rows {
        let id = MessageId::parse(&row.id).unwrap();
        let (at, body) = (row.timestamp_seconds, body(&row.body_base64));
        let (signed, key) = if row.key.starts_with("whsk_") {
            let key = SigningKeyV1a::parse(&row.key).unwrap();
            (sign_v1a(&key, &id, at, &body), VerifierKey::Asymmetric(key.verifying_key()))
        } else {
            let secret = SymmetricSecret::parse(&row.key).unwrap();
            (sign_v1(&secret, &id, at, &body), VerifierKey::Symmetric(secret))
        };
        assert_eq!(signed, row.signature, "{}", row.name);
        let verdict = Verifier::new(vec![key]).verify(&row.id, &at.to_string(), &signed, &body, at);
        assert!(verdict.is_ok(), "{}: {verdict:?}", row.name);
    }
}

#[test]
fn every_received_message_gets_its_verdict() {
    let rows = fixture().verifying;
    assert!(rows.len() >= 77, "{} rows", rows.len());
    for row in rows {
        let body = body(&row.body_base64);
        let verdict = verifier(&row.keys).verify(
            &row.id,
            &row.timestamp,
            &row.signature,
            &body,
            row.now_seconds,
        );
        let verdict = match verdict {
            Ok(verified) => Verdict::VerifiedBy(verified.key_index),
            Err(VerifyError::BadId) => Verdict::BadId,
            Err(VerifyError::BadTimestamp) => Verdict::BadTimestamp,
            Err(VerifyError::TooOld) => Verdict::TooOld,
            Err(VerifyError::TooNew) => Verdict::TooNew,
            Err(VerifyError::NoMatch) => Verdict::NoMatch,
        };
        assert_eq!(verdict, row.expect, "{}", row.name);
    }
}

#[test]
fn every_secret_is_read_or_refused_with_its_reason() {
    let rows = fixture().secrets;
    assert!(rows.len() >= 23, "{} rows", rows.len());
    for row in rows {
        let reason = match SymmetricSecret::parse(&row.text) {
            Ok(secret) => {
                assert_eq!(secret.expose().as_str(), row.text);
                "ok"
            }
            Err(SecretError::MissingPrefix) => "missing_prefix",
            Err(SecretError::NotBase64) => "not_base64",
            Err(SecretError::TooShort { .. }) => "too_short",
            Err(SecretError::TooLong { .. }) => "too_long",
        };
        assert_eq!(reason, row.expect, "{:?}", row.text);
    }
}
