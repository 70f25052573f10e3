//! Which mistake explains that a message does not verify.
//!
//! Owns the usual mistakes. For support, on material that the asker holds; never for deciding
//! whether to trust a message. A body that was parsed and written again cannot be told from a
//! changed one: both are `Unexplained`.

use crate::message::hmac_v1;
use crate::secret::{PREFIX, SymmetricSecret};
use crate::verify::{TOLERANCE_SECONDS, candidates, parse_seconds};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// A message that somebody asks about: what was received, and what should have signed it.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The secret that the asker verifies with.
    pub secret: &'a SymmetricSecret,
    /// Other secrets that may have signed: older versions, other endpoints.
    pub others: &'a [SymmetricSecret],
    /// The `webhook-id` header.
    pub id: &'a str,
    /// The `webhook-timestamp` header.
    pub timestamp: &'a str,
    /// The `webhook-signature` header.
    pub signature: &'a str,
    /// The body's bytes.
    pub body: &'a [u8],
    /// The asker's clock, in seconds since 1970.
    pub now_seconds: u64,
}

/// A finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Diagnosis {
    /// The timestamp is not whole seconds in ASCII digits.
    BadTimestamp,
    /// The clocks differ by more than a verifier tolerates.
    Skew {
        /// By how many seconds.
        seconds: u64,
        /// Whether the message is ahead of the asker's clock.
        ahead: bool,
    },
    /// The header holds no well-formed `v1` entry.
    NoV1Entry,
    /// The signature is right for this secret, id, timestamp and body.
    Matches,
    /// Another secret signed.
    OtherSecret {
        /// Its index among the others.
        index: usize,
    },
    /// The secret's text was used as the key, prefix and all, instead of its decoded bytes.
    TextUsedAsKey,
    /// The secret's text without its prefix was used as the key instead of its decoded bytes.
    EncodedUsedAsKey,
    /// Only the body was signed, without id and timestamp.
    BodyOnly,
    /// Timestamp and body were signed without the id.
    WithoutId,
    /// The timestamp stood before the id in what was signed.
    IdAndTimestampSwapped,
    /// Milliseconds were signed where the header has seconds.
    MillisecondsSigned,
    /// A line break at the end of the body was added or cut.
    TrailingNewline,
    /// Nothing known explains it: another secret, a changed body, or another id or timestamp.
    Unexplained,
}

/// Names what is wrong with the timestamp, then what explains the `v1` signatures. Never empty.
pub fn diagnose(question: &Question<'_>) -> Vec<Diagnosis> {
    let mut named = Vec::new();
    let Some(seconds) = parse_seconds(question.timestamp) else {
        return vec![Diagnosis::BadTimestamp];
    };
    let skew = seconds.abs_diff(question.now_seconds);
    if skew > TOLERANCE_SECONDS {
        named.push(Diagnosis::Skew { seconds: skew, ahead: seconds > question.now_seconds });
    }
    let found: Vec<[u8; 32]> = candidates::<32>(question.signature, "v1").collect();
    if found.is_empty() {
        named.push(Diagnosis::NoV1Entry);
        return named;
    }
    let one_is =
        |expected: &[u8; 32]| found.iter().any(|candidate| bool::from(candidate.ct_eq(expected)));
    let right = hmac_v1(question.secret.bytes(), question.id, seconds, question.body);
    if one_is(&right) {
        named.push(Diagnosis::Matches);
        return named;
    }
    let before = named.len();
    let explained = mistakes(question, seconds).into_iter().filter(|(_, mac)| one_is(mac));
    named.extend(explained.map(|(diagnosis, _)| diagnosis));
    if named.len() == before {
        named.push(Diagnosis::Unexplained);
    }
    named
}

/// What each known mistake would have signed.
fn mistakes(question: &Question<'_>, seconds: u64) -> Vec<(Diagnosis, [u8; 32])> {
    let Question { id, timestamp, body, .. } = *question;
    let key = question.secret.bytes();
    let text = question.secret.expose();
    let encoded = &text.as_bytes()[PREFIX.len()..];
    let other_body = match body.strip_suffix(b"\n") {
        Some(cut) => cut.to_vec(),
        None => [body, b"\n"].concat(),
    };
    let mut mistakes: Vec<(Diagnosis, [u8; 32])> = question
        .others
        .iter()
        .enumerate()
        .map(|(index, other)| (Diagnosis::OtherSecret { index }, other.bytes()))
        .map(|(diagnosis, bytes)| (diagnosis, hmac_v1(bytes, id, seconds, body)))
        .collect();
    mistakes.extend([
        (Diagnosis::TextUsedAsKey, hmac_v1(text.as_bytes(), id, seconds, body)),
        (Diagnosis::EncodedUsedAsKey, hmac_v1(encoded, id, seconds, body)),
        (Diagnosis::BodyOnly, hmac_parts(key, &[body])),
        (Diagnosis::WithoutId, hmac_parts(key, &[timestamp.as_bytes(), b".", body])),
        (
            Diagnosis::IdAndTimestampSwapped,
            hmac_parts(key, &[timestamp.as_bytes(), b".", id.as_bytes(), b".", body]),
        ),
        (Diagnosis::TrailingNewline, hmac_v1(key, id, seconds, &other_body)),
    ]);
    if let Some(milliseconds) = seconds.checked_mul(1_000) {
        mistakes.push((Diagnosis::MillisecondsSigned, hmac_v1(key, id, milliseconds, body)));
    }
    mistakes
}

fn hmac_parts(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{MessageId, sign_v1};
    use data_encoding::BASE64;

    const KEY: [u8; 32] = [5; 32];
    const NOW: u64 = 1_700_000_000;

    fn entry(parts: &[&[u8]], key: &[u8]) -> String {
        format!("v1,{}", BASE64.encode(&hmac_parts(key, parts)))
    }

    fn named(signature: &str, timestamp: &str) -> Vec<Diagnosis> {
        diagnose(&Question {
            secret: &SymmetricSecret::from_bytes(&KEY).unwrap(),
            others: &[7, 8].map(|byte| SymmetricSecret::from_bytes(&[byte; 32]).unwrap()),
            id: "evt_1",
            timestamp,
            signature,
            body: b"{}",
            now_seconds: NOW,
        })
    }

    #[test]
    fn each_mistake_is_named() {
        let secret = SymmetricSecret::from_bytes(&KEY).unwrap();
        let text = secret.expose();
        let right = sign_v1(&secret, &MessageId::parse("evt_1").unwrap(), NOW, b"{}");
        let content: &[u8] = b"evt_1.1700000000.{}";
        let swapped: &[u8] = b"1700000000.evt_1.{}";
        let rows = [
            (right, Diagnosis::Matches),
            (entry(&[content], &[8; 32]), Diagnosis::OtherSecret { index: 1 }),
            (entry(&[content], text.as_bytes()), Diagnosis::TextUsedAsKey),
            (entry(&[content], &text.as_bytes()[6..]), Diagnosis::EncodedUsedAsKey),
            (entry(&[b"{}"], &KEY), Diagnosis::BodyOnly),
            (entry(&[b"1700000000.{}"], &KEY), Diagnosis::WithoutId),
            (entry(&[swapped], &KEY), Diagnosis::IdAndTimestampSwapped),
            (entry(&[b"evt_1.1700000000000.{}"], &KEY), Diagnosis::MillisecondsSigned),
            (entry(&[content, b"\n"], &KEY), Diagnosis::TrailingNewline),
            ("v1a,AAAA".to_owned(), Diagnosis::NoV1Entry),
            (entry(&[b"else"], &KEY), Diagnosis::Unexplained),
        ];
        for (signature, expected) in rows {
            assert_eq!(named(&signature, "1700000000"), [expected], "{signature}");
        }
    }

    #[test]
    fn the_clock_is_named_beside_the_signature() {
        let secret = SymmetricSecret::from_bytes(&KEY).unwrap();
        let id = MessageId::parse("evt_1").unwrap();
        for (at, skew) in [
            (NOW - 300, None),
            (NOW + 300, None),
            (NOW - 301, Some(Diagnosis::Skew { seconds: 301, ahead: false })),
            (NOW + 301, Some(Diagnosis::Skew { seconds: 301, ahead: true })),
        ] {
            let expected: Vec<_> = skew.into_iter().chain([Diagnosis::Matches]).collect();
            assert_eq!(named(&sign_v1(&secret, &id, at, b"{}"), &at.to_string()), expected);
        }
        assert_eq!(named("", "1700000000.5"), [Diagnosis::BadTimestamp]);
        let forever = named("", "18446744073709551615");
        let ahead = Diagnosis::Skew { seconds: u64::MAX - NOW, ahead: true };
        assert_eq!(forever, [ahead, Diagnosis::NoV1Entry]);
    }
}
