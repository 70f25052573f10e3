//! Frames of codec 2: whole entries and runs come back as they were written, damage is refused.
//!
//! Owns the golden frame, which the example `make_fixtures` writes to `fixtures/frames`, so its
//! values never change. Must not know how frames are stored.

use crate::samples::samples;
use std::sync::Arc;
use zentra_events::codec::FrameBytes;
use zentra_events::event::{AccountMarkedV1, CandidateV1, CheckV1};
use zentra_events::frame::FrameBuilder;
use zentra_events::{
    AccountNo, ActorNo, Amount, Entry, Header, Idempotency, IntentNo, OwnedRun, Position,
    RequestId, RunBody, RunTerms, ScopeNo, ScopeNumber, Timestamp,
};

/// The golden frame: a whole entry, a run with an idempotency key, a run with a mark.
pub(crate) fn golden_frame() -> FrameBytes {
    let mut builder = FrameBuilder::default();
    builder.entry(&golden_entry()).unwrap();
    builder.run(&keyed_run().borrow()).unwrap();
    builder.run(&marked_run().borrow()).unwrap();
    builder.finish().unwrap()
}

/// The golden frame's fixture: a line each of shared bytes, payloads, and ends in decimal.
pub(crate) fn fixture_text(frame: &FrameBytes) -> String {
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let ends: Vec<String> = frame.ends.iter().map(u32::to_string).collect();
    format!("{}\n{}\n{}\n", hex(&frame.shared), hex(&frame.payloads), ends.join(" "))
}

fn golden_entry() -> Entry {
    samples().swap_remove(0).entry
}

fn keyed_run() -> OwnedRun {
    let terms = RunTerms {
        currency: "EUR".parse().unwrap(),
        corridor: "sepa".to_owned(),
        reserved: AccountNo(2),
        settlement: AccountNo(3),
        policy_version: 4,
        checks: vec![CheckV1 {
            name: "limit_check".to_owned(),
            passed: true,
            limit: Some(Amount(1_000_000)),
            used: None,
        }],
        route: "sepa-instant".to_owned(),
        rail: "sct-inst".to_owned(),
        candidates: vec![CandidateV1 {
            route: "sepa-credit".to_owned(),
            refused_because: Some("disabled".to_owned()),
        }],
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
    let body = RunBody {
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
    OwnedRun { header, intent_id, body, terms: Arc::new(terms), marks: Vec::new() }
}

fn marked_run() -> OwnedRun {
    let OwnedRun { header, body, terms, .. } = keyed_run();
    let terms = RunTerms {
        currency: "JPY".parse().unwrap(),
        corridor: String::new(),
        reserved: AccountNo(8),
        settlement: AccountNo(9),
        policy_version: 0,
        checks: Vec::new(),
        candidates: Vec::new(),
        table_version: 0,
        ..RunTerms::clone(&terms)
    };
    let header = Header {
        position: Position(1_002),
        scope: ScopeNo(4),
        scope_number: ScopeNumber(7),
        recorded_at: Timestamp(1_777_212_729_123_500_000),
        actor: ActorNo(6),
        request_id: RequestId(*b"request-6543210!"),
        idempotency: None,
        ..header
    };
    let body = RunBody { intent: IntentNo(701), amount: Amount(u128::MAX), ..body };
    let mark = AccountMarkedV1 {
        account: AccountNo(12),
        number: 8,
        debits: Amount(1_250_000),
        credits: Amount(2_000_000),
        back: vec![Position(899), Position(700)],
    };
    let intent_id = "intent_043".parse().unwrap();
    OwnedRun { header, intent_id, body, terms: Arc::new(terms), marks: vec![mark] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entries::entries;
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};
    use std::path::PathBuf;
    use zentra_events::codec::{AnyFrame, CODEC, CodecError, FrameDecoder, Item, encode_frame};
    use zentra_events::event::{Leg, PostingV1};
    use zentra_events::frame::{CODEC_2, FrameReader};
    use zentra_events::limits::NAME_BYTES_MAX;
    use zentra_events::name::is_intent_id;
    use zentra_events::{Direction, Event};

    #[derive(Clone, Debug)]
    enum Written {
        Entry(Entry),
        Run(OwnedRun),
    }

    impl Written {
        fn header(&mut self) -> &mut Header {
            match self {
                Written::Entry(entry) => &mut entry.header,
                Written::Run(run) => &mut run.header,
            }
        }
    }

    /// What a frame may hold, in log order: times and intent numbers grow, scopes interleave.
    fn frames() -> impl Strategy<Value = Vec<Written>> {
        let whole = prop_oneof![1 => Just(Vec::new()), 3 => entries()];
        let runs = vec(terms().prop_map(Arc::new), 3)
            .prop_flat_map(|terms| vec((run(), select(terms)), 0..12));
        let mixed = (whole, runs).prop_map(|(whole, runs)| {
            let runs = runs.into_iter().map(|(run, terms)| OwnedRun { terms, ..run });
            let runs = runs.map(Written::Run);
            whole.into_iter().map(Written::Entry).chain(runs).collect::<Vec<_>>()
        });
        let mixed = mixed.prop_filter("a frame has an entry", |mixed| !mixed.is_empty());
        let starts = (any::<u32>(), any::<u64>(), any::<u64>(), any::<[u64; 3]>());
        (mixed.prop_shuffle(), starts).prop_map(|(mut mixed, (base, at, intent, mut numbers))| {
            let (mut at, mut intent) = (at / 2, intent / 2);
            for (index, written) in mixed.iter_mut().enumerate() {
                let header = written.header();
                header.position = Position(u64::from(base) + index as u64);
                // What a header holds here is a step: to the time, and for a run to the number.
                at += 1 + header.recorded_at.0 % (1 << 40);
                header.recorded_at = Timestamp(at);
                if let Written::Run(run) = written {
                    let number = &mut numbers[run.header.scope.0 as usize];
                    run.header.scope_number = ScopeNumber(*number);
                    *number = number.wrapping_add(1);
                    intent += run.body.intent.0;
                    run.body.intent = IntentNo(intent);
                    let body = &mut run.body;
                    for prev in
                        [&mut body.source_prev, &mut body.reserved_prev, &mut body.settlement_prev]
                    {
                        prev.0 %= run.header.position.0 + 1;
                    }
                }
            }
            mixed
        })
    }

    fn run() -> impl Strategy<Value = OwnedRun> {
        let header = (
            (0_u32..3, 0_u32..3, any::<bool>()),
            any::<u64>(),
            option::of(any::<([u8; 16], [u8; 16])>()),
        );
        let (parties, prevs) = (any::<[u32; 2]>(), any::<[u64; 3]>());
        let body = (any::<[u8; 16]>(), 0_u64..1 << 20, amount(), parties, prevs);
        let id = "[A-Za-z0-9_.:-]{1,128}";
        (header, body, id, vec(mark(), 0..=3)).prop_map(|(header, body, id, marks)| {
            let ((scope, actor, request), at, key) = header;
            let (digest, intent, amount, [source, destination], prevs) = body;
            let [source_prev, reserved_prev, settlement_prev] = prevs.map(Position);
            OwnedRun {
                header: Header {
                    position: Position::ZERO,
                    scope: ScopeNo(scope),
                    scope_number: ScopeNumber(0),
                    recorded_at: Timestamp(at),
                    actor: ActorNo(actor),
                    request_id: RequestId([u8::from(request); 16]),
                    cause: None,
                    idempotency: key.map(|(key, fingerprint)| Idempotency { key, fingerprint }),
                },
                intent_id: id.parse().unwrap(),
                body: RunBody {
                    intent: IntentNo(intent),
                    digest,
                    amount,
                    source: AccountNo(source),
                    destination: AccountNo(destination),
                    source_prev,
                    reserved_prev,
                    settlement_prev,
                },
                terms: keyed_run().terms,
                marks,
            }
        })
    }

    fn terms() -> impl Strategy<Value = RunTerms> {
        let check = ("[a-z_]{1,12}", any::<bool>(), option::of(amount()), option::of(amount()))
            .prop_map(|(name, passed, limit, used)| CheckV1 { name, passed, limit, used });
        let candidate = ("[a-z-]{1,12}", option::of(".{0,20}"))
            .prop_map(|(route, refused_because)| CandidateV1 { route, refused_because });
        let texts = (select(vec!["EUR", "JPY", "USDC"]), ".{0,12}", ".{0,12}", ".{0,12}");
        (texts, any::<[u32; 4]>(), vec(check, 0..3), vec(candidate, 0..3)).prop_map(
            |((currency, corridor, route, rail), numbers, checks, candidates)| {
                let [reserved, settlement, policy_version, table_version] = numbers;
                RunTerms {
                    currency: currency.parse().unwrap(),
                    corridor,
                    reserved: AccountNo(reserved),
                    settlement: AccountNo(settlement),
                    policy_version,
                    checks,
                    route,
                    rail,
                    candidates,
                    table_version,
                }
            },
        )
    }

    fn mark() -> impl Strategy<Value = AccountMarkedV1> {
        (any::<u32>(), any::<u64>(), amount(), amount(), vec(any::<u64>(), 0..4)).prop_map(
            |(account, number, debits, credits, back)| AccountMarkedV1 {
                account: AccountNo(account),
                number,
                debits,
                credits,
                back: back.into_iter().map(Position).collect(),
            },
        )
    }

    /// Amounts of any length, so that every length of a number is written.
    fn amount() -> impl Strategy<Value = Amount> {
        (any::<u128>(), 0_u32..128).prop_map(|(amount, shift)| Amount(amount >> shift))
    }
