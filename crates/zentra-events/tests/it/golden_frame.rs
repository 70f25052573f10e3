//! The golden frame in `fixtures/frames`, which the example `make_fixtures` writes: its values
//! never change.

use crate::samples::samples;
use std::sync::Arc;
use zentra_events::codec::FrameBytes;
use zentra_events::event::{AccountMarkedV1, CandidateV1, CheckV1};
use zentra_events::frame_builder::frame_of;
use zentra_events::{
    AccountNo, ActorNo, Amount, Entry, Event, Header, Idempotency, IntentNo, Position, RequestId,
    ScopeNo, ScopeNumber, SettledFacts, SettledTerms, SettledTransfer, Timestamp,
};

/// The golden frame: an entry of events, a settled transfer with an idempotency key, one with a
/// mark, and two entries that share their metadata and the candidates of their route.
pub(crate) fn golden_frame() -> FrameBytes {
    let mut entries = vec![golden_entry(), keyed(), marked()];
    entries.extend(golden_repeats());
    frame_of(&entries).unwrap()
}

/// Two entries with the same long lists.
pub(crate) fn golden_repeats() -> [Entry; 2] {
    let event = |name: &str| {
        let sample = samples().into_iter().find(|sample| sample.name == name).unwrap();
        sample.entry.events()[0].clone()
    };
    let (mut accepted, mut routed) = (event("intent.accepted.v1"), event("intent.routed.v1"));
    if let Event::IntentAccepted(told) = &mut accepted.event {
        let note = "paid in the shop at the corner".to_owned();
        told.details.as_mut().unwrap().metadata.push(("note".to_owned(), note));
    }
    if let Event::IntentRouted(told) = &mut routed.event {
        let (route, refused_because) = ("swift".to_owned(), Some("lower priority".to_owned()));
        told.candidates.push(CandidateV1 { route, refused_because });
    }
    [1_003, 1_004].map(|at| {
        let header = Header { position: Position(at), ..marked().header };
        Entry::of_events(header, vec![accepted.clone(), routed.clone()])
    })
}

/// The golden frame's fixture: a line each of shared bytes, payloads, and ends in decimal.
pub(crate) fn fixture_text(frame: &FrameBytes) -> String {
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let ends: Vec<String> = frame.ends.iter().map(u32::to_string).collect();
    format!("{}\n{}\n{}\n", hex(&frame.shared), hex(&frame.payloads), ends.join(" "))
}

pub(crate) fn golden_entry() -> Entry {
    samples().swap_remove(0).entry
}

pub(crate) fn keyed() -> Entry {
    let (name, limit) = ("limit_check".to_owned(), Some(Amount(1_000_000)));
    let (route, refused_because) = ("sepa-credit".to_owned(), Some("disabled".to_owned()));
    let terms = SettledTerms {
        currency: "EUR".parse().unwrap(),
        corridor: "sepa".to_owned(),
        reserved: AccountNo(2),
        settlement: AccountNo(3),
        policy_version: 4,
        checks: vec![CheckV1 { name, passed: true, limit, used: None }],
        route: "sepa-instant".to_owned(),
        rail: "sct-inst".to_owned(),
        candidates: vec![CandidateV1 { route, refused_because }],
        table_version: 6,
    };
    let header = Header {
        position: Position(1_001),
        scope_number: ScopeNumber(42),
        recorded_at: Timestamp(1_777_212_729_123_457_089),
        cause: None,
        idempotency: Some(Idempotency { key: [0x33; 16], fingerprint: [0x44; 16] }),
        ..golden_entry().header
    };
    let facts = SettledFacts {
        intent: IntentNo(700),
        digest: [0x5a; 16],
        amount: Amount(1_250),
        source: AccountNo(12),
        destination: AccountNo(300),
        source_prev: Position(1_000),
        reserved_prev: Position(873),
        settlement_prev: Position(0),
    };
    let intent_id = "order:2026-A_17.1".parse().unwrap();
    let (terms, marks) = (Arc::new(terms), Vec::new());
    Entry::of_settled(header, SettledTransfer { intent_id, facts, terms, marks })
}

pub(crate) fn marked() -> Entry {
    let keyed = keyed();
    let SettledTransfer { facts, terms, .. } = keyed.settled().unwrap();
    let (reserved, settlement) = (AccountNo(8), AccountNo(9));
    let currency = "JPY".parse().unwrap();
    let terms = SettledTerms {
        currency,
        reserved,
        settlement,
        checks: vec![],
        ..SettledTerms::clone(terms)
    };
    let header = Header {
        position: Position(1_002),
        scope: ScopeNo(4),
        scope_number: ScopeNumber(7),
        recorded_at: Timestamp(1_777_212_729_123_500_000),
        actor: ActorNo(6),
        request_id: RequestId(*b"request-6543210!"),
        idempotency: None,
        ..keyed.header
    };
    let facts = SettledFacts { intent: IntentNo(701), amount: Amount(u128::MAX), ..*facts };
    let (debits, credits) = (Amount(1_250_000), Amount(2_000_000));
    let back = vec![Position(899), Position(700)];
    let mark = AccountMarkedV1 { account: AccountNo(12), number: 8, debits, credits, back };
    let intent_id = "intent_043".parse().unwrap();
    let (terms, marks) = (Arc::new(terms), vec![mark]);
    Entry::of_settled(header, SettledTransfer { intent_id, facts, terms, marks })
}
