//! Rotation as a consumer sees it: what a ring signs at an instant, verified with one version.

use zentra_signature::{
    CANDIDATES_MAX, MessageId, RingError, SecretRing, SymmetricSecret, VERSIONS_MAX, Verifier,
    VerifierKey, sign_v1, signature_header,
};

const SECOND_NS: u64 = 1_000_000_000;
const OVERLAP_NS: u64 = 100 * SECOND_NS;
const START_NS: u64 = 1_700_000_000 * SECOND_NS;

fn secret(byte: u8) -> SymmetricSecret {
    SymmetricSecret::from_bytes(&[byte; 32]).unwrap()
}

fn ring(versions: u8) -> SecretRing {
    let mut ring = SecretRing::new(secret(1));
    for byte in 2..=versions {
        ring.rotate(secret(byte), OVERLAP_NS, START_NS).unwrap();
    }
    ring
}

/// Which of the secrets 1 to 9 a consumer may hold to accept a message sent at `now_ns`.
fn accepted(ring: &SecretRing, now_ns: u64) -> Vec<u8> {
    let id = MessageId::parse("evt_1").unwrap();
    let at = now_ns / SECOND_NS;
    let sign = |secret: &SymmetricSecret| sign_v1(secret, &id, at, b"{}");
    let header = signature_header(ring.active(now_ns).map(|version| sign(&version.secret)));
    let accepts = |byte: &u8| {
        let verifier = Verifier::new(vec![VerifierKey::Symmetric(secret(*byte))]);
        verifier.verify("evt_1", &at.to_string(), &header, b"{}", at).is_ok()
    };
    (1..=9).filter(accepts).collect()
}

#[test]
fn both_secrets_verify_during_the_overlap_and_only_the_new_one_after() {
    let mut ring = ring(2);
    assert_eq!(accepted(&ring, START_NS), [1, 2]);
    assert_eq!(accepted(&ring, START_NS + OVERLAP_NS - 1), [1, 2]);
    assert_eq!(accepted(&ring, START_NS + OVERLAP_NS), [2]);
    assert_eq!(ring.rotate(secret(3), 0, START_NS), Ok(3));
    assert_eq!(accepted(&ring, START_NS), [3], "no overlap drops what was before at once");
}

#[test]
fn three_rotations_in_one_window_leave_four_that_verify() {
    let ring = ring(4);
    assert_eq!(accepted(&ring, START_NS + 1), [1, 2, 3, 4]);
    let order: Vec<u32> = ring.active(START_NS + 1).map(|version| version.version).collect();
    assert_eq!(order, [4, 3, 2, 1], "the newest signs first");
    assert_eq!(accepted(&ring, START_NS + OVERLAP_NS), [4]);
}

#[test]
fn a_revoked_version_stops_at_once_and_its_number_is_not_used_again() {
    let mut ring = ring(3);
    ring.revoke(2).unwrap();
    assert_eq!(accepted(&ring, START_NS), [1, 3]);
    assert_eq!(ring.revoke(2), Err(RingError::Unknown(2)));
    assert_eq!(ring.rotate(secret(9), OVERLAP_NS, START_NS), Ok(4));
    assert_eq!(accepted(&ring, START_NS), [1, 3, 9]);
}

#[test]
fn every_version_of_a_full_ring_is_within_what_a_verifier_looks_at() {
    let versions = u8::try_from(VERSIONS_MAX).unwrap();
    let ring = ring(versions);
    assert_eq!(accepted(&ring, START_NS).len(), VERSIONS_MAX);
    assert!(ring.active(START_NS).count() * 2 <= CANDIDATES_MAX, "with v1 and v1a of each");
}

#[test]
fn instants_at_the_end_of_time_do_not_wrap() {
    let mut ring = SecretRing::new(secret(1));
    assert_eq!(ring.rotate(secret(2), u64::MAX, START_NS), Ok(2));
    assert_eq!(accepted(&ring, u64::MAX - 1), [1, 2]);
}

#[test]
fn a_ring_shows_no_secret() {
    let shown = format!("{:?}", ring(2));
    assert!(!shown.contains("1, 1") && shown.contains("redacted"), "{shown}");
}
