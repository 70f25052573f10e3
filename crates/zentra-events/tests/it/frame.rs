//! Frames: whole entries and runs come back as they were written, damage is refused.
//!
//! Must not know how frames are stored.

use crate::corrupt::many_contexts;
use crate::entries::entries;
use crate::golden_frame::{
    fixture_text, golden_entry, golden_frame, golden_repeats, keyed_run, marked_run,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::{collection::vec, option};
use std::sync::Arc;
use zentra_events::codec::{CODEC, CodecError, FrameBytes};
use zentra_events::event::{AccountMarkedV1, CandidateV1, CheckV1, LedgerPostedV1, Leg, PostingV1};
use zentra_events::frame::{BareRun, FrameReader};
use zentra_events::frame_builder::{FrameBuilder, frame_of};
use zentra_events::limits::{ENTRY_END_BYTES, FRAME_FIXED_BYTES, NAME_BYTES_MAX};
use zentra_events::name::is_intent_id;
use zentra_events::{
    AccountNo, ActorNo, Amount, Direction, Entry, Event, Header, Idempotency, IntentNo, OwnedRun,
    Position, RequestId, RunBody, RunTerms, ScopeNo, ScopeNumber, Timestamp,
};

#[derive(Clone, Debug)]
enum Written {
    Entry(Entry),
    Run(OwnedRun),
}

/// What a frame may hold, in log order: times and intent numbers grow, scopes interleave.
fn frames() -> impl Strategy<Value = Vec<Written>> {
    let whole = prop_oneof![1 => Just(Vec::new()), 3 => entries()];
    let terms = vec(terms().prop_map(Arc::new), 3);
    let runs = terms.prop_flat_map(|terms| vec((run(), select(terms)), 0..12));
    let mixed = (whole, runs).prop_map(|(whole, runs)| {
        let runs = runs.into_iter().map(|(run, terms)| OwnedRun { terms, ..run });
        let whole = whole.into_iter().map(Written::Entry);
        whole.chain(runs.map(Written::Run)).collect::<Vec<_>>()
    });
    let mixed = mixed.prop_filter("a frame has an entry", |mixed| !mixed.is_empty());
    let starts = (any::<u32>(), any::<u64>(), any::<u64>(), any::<[u64; 3]>());
    (mixed.prop_shuffle(), starts).prop_map(|(mut mixed, (base, at, intent, mut numbers))| {
        let (mut at, mut intent) = (at / 2, intent / 2);
        for (written, position) in mixed.iter_mut().zip(u64::from(base)..) {
            let header = match written {
                Written::Entry(entry) => &mut entry.header,
                Written::Run(run) => &mut run.header,
            };
            header.position = Position(position);
            // Until here it is the step from the one before; so is a run's intent number.
            at += 1 + header.recorded_at.0 % (1 << 40);
            header.recorded_at = Timestamp(at);
            if let Written::Run(run) = written {
                let number = &mut numbers[run.header.scope.0 as usize];
                run.header.scope_number = ScopeNumber(*number);
                *number = number.wrapping_add(1);
                intent += run.body.intent.0;
                run.body.intent = IntentNo(intent);
                run.body.source_prev.0 %= position + 1;
                run.body.reserved_prev.0 %= position + 1;
                run.body.settlement_prev.0 %= position + 1;
            }
        }
        mixed
    })
}

fn run() -> impl Strategy<Value = OwnedRun> {
    let context = (0_u32..3, 0_u32..3, any::<bool>());
    let key = option::of(any::<([u8; 16], [u8; 16])>());
    let body = (any::<[u8; 16]>(), 0_u64..1 << 20, any::<[u32; 2]>(), any::<[u64; 3]>());
    let fields = (context, any::<u64>(), key, body, amount());
    let id = "[A-Za-z0-9_.:-]{1,128}";
    (fields, id, vec(mark(), 0..=3)).prop_map(|(fields, id, marks)| {
        let ((scope, actor, request), at, key, body, amount) = fields;
        let (digest, intent, accounts, prevs) = body;
        let [source, destination] = accounts.map(AccountNo);
        let [source_prev, reserved_prev, settlement_prev] = prevs.map(Position);
        let (scope, actor) = (ScopeNo(scope), ActorNo(actor));
        let (recorded_at, request_id) = (Timestamp(at), RequestId([u8::from(request); 16]));
        let idempotency = key.map(|(key, fingerprint)| Idempotency { key, fingerprint });
        let OwnedRun { header, terms, mut body, .. } = keyed_run();
        let header = Header { scope, actor, recorded_at, request_id, idempotency, ..header };
        body = RunBody { intent: IntentNo(intent), digest, amount, ..body };
        body = RunBody { source, destination, source_prev, ..body };
        body = RunBody { reserved_prev, settlement_prev, ..body };
        OwnedRun { header, intent_id: id.parse().unwrap(), body, terms, marks }
    })
}

fn terms() -> impl Strategy<Value = RunTerms> {
    let check = ("[a-z_]{1,12}", any::<bool>(), option::of(amount()), option::of(amount()))
        .prop_map(|(name, passed, limit, used)| CheckV1 { name, passed, limit, used });
    let candidate = ("[a-z-]{1,12}", option::of(".{0,20}"))
        .prop_map(|(route, refused_because)| CandidateV1 { route, refused_because });
    let texts = (select(vec!["EUR", "JPY", "USDC"]), ".{0,12}", ".{0,12}");
    let lists = (vec(check, 0..3), vec(candidate, 0..3));
    (texts, any::<[u32; 4]>(), lists).prop_map(|(texts, numbers, (checks, candidates))| {
        let (currency, corridor, route) = (texts.0.parse().unwrap(), texts.1, texts.2);
        let [reserved, settlement, policy_version, table_version] = numbers;
        let (reserved, settlement) = (AccountNo(reserved), AccountNo(settlement));
        let terms = RunTerms::clone(&keyed_run().terms);
        let terms = RunTerms { currency, corridor, reserved, settlement, checks, ..terms };
        RunTerms { route, candidates, policy_version, table_version, ..terms }
    })
}

fn mark() -> impl Strategy<Value = AccountMarkedV1> {
    let ids = (any::<u32>().prop_map(AccountNo), any::<u64>());
    let back = vec(any::<u64>().prop_map(Position), 0..4);
    (ids, amount(), amount(), back).prop_map(|((account, number), debits, credits, back)| {
        AccountMarkedV1 { account, number, debits, credits, back }
    })
}

/// Amounts of any length, so that every length of a number is written.
fn amount() -> impl Strategy<Value = Amount> {
    (any::<u128>(), 0_u32..128).prop_map(|(amount, shift)| Amount(amount >> shift))
}

fn write(builder: &mut FrameBuilder, mixed: &[Written]) -> FrameBytes {
    for written in mixed {
        match written {
            Written::Entry(entry) => drop(builder.entry(entry).unwrap()),
            Written::Run(run) => builder.run(&run.borrow()).unwrap(),
        }
    }
    assert_eq!(builder.len(), mixed.len());
    let bytes = builder.frame_bytes();
    let frame = builder.finish().unwrap();
    let stored = FRAME_FIXED_BYTES
        + frame.shared.len()
        + frame.payloads.len()
        + frame.ends.len() * ENTRY_END_BYTES;
    assert!(stored <= bytes && bytes <= stored + 54, "{stored} bytes were told as {bytes}");
    assert!(builder.is_empty());
    frame
}

fn payloads(frame: &FrameBytes) -> Vec<&[u8]> {
    let ends = frame.ends.iter().map(|end| *end as usize);
    let starts = std::iter::once(0).chain(ends.clone());
    starts.zip(ends).map(|(start, end)| &frame.payloads[start..end]).collect()
}

/// Everything a reader may ask of a frame answers what was written.
fn check(frame: &FrameBytes, mixed: &[Written]) {
    let reader = FrameReader::new(CODEC, &frame.shared).unwrap();
    let payloads = payloads(frame);
    assert_eq!((payloads.len(), payloads.concat()), (mixed.len(), frame.payloads.clone()));
    for (payload, written) in payloads.into_iter().zip(mixed) {
        let (entry, run) = match written {
            Written::Entry(entry) => (entry.clone(), None),
            Written::Run(run) => (run.expand(), Some(run)),
        };
        let at = entry.header.position;
        assert_eq!(reader.entry(at, payload).unwrap(), entry);
        assert_eq!(reader.header(at, payload).unwrap(), entry.header);
        assert_eq!(FrameReader::is_run(payload), run.is_some());
        let stored = reader.run(at, payload).ok();
        assert_eq!(stored.as_ref().map(|one| one.borrow()), run.map(OwnedRun::borrow));
        if let (Some(stored), Some(run)) = (stored, run) {
            assert_eq!(stored.to_owned_run(), *run);
            let mut bare = BareRun::EMPTY;
            let read = reader.read_run(at, payload, &mut bare).unwrap();
            assert_eq!(read, (run.header.scope, run.intent_id.as_str()));
            let (mut header, id) = (keyed_run().header, run.intent_id.as_str());
            bare.header_into(&reader, &mut header).unwrap();
            assert_eq!(bare.borrow(&header, &reader, id), Some(run.borrow()));
        }
    }
}

proptest! {
    #[test]
    fn frames_read_back(mixed in frames()) {
        check(&write(&mut FrameBuilder::default(), &mixed), &mixed);
    }

    #[test]
    fn a_used_builder_is_as_new(before in frames(), mixed in frames()) {
        let (mut used, mut new) = (FrameBuilder::default(), FrameBuilder::default());
        write(&mut used, &before);
        prop_assert_eq!(write(&mut used, &mixed), write(&mut new, &mixed));
    }

    #[test]
    fn an_expanded_run_is_an_entry_as_any_other(mixed in frames()) {
        for written in &mixed {
            let Written::Run(run) = written else { continue };
            let entry = run.expand();
            prop_assert_eq!(run.borrow().expand(), Some(entry.clone()));
            let FrameBytes { shared, payloads, .. } = frame_of([&entry]).unwrap();
            let reader = FrameReader::new(CODEC, &shared).unwrap();
            let read = reader.entry(entry.header.position, &payloads);
            prop_assert_eq!(read.unwrap(), entry.clone());
            check_events(run, &entry);
        }
    }

    #[test]
    fn flipped_bits_never_panic(mixed in frames(), at in any::<Index>(), bit in 0_u8..8) {
        let frame = write(&mut FrameBuilder::default(), &mixed);
        let mut shared = frame.shared.clone();
        let at = at.index(shared.len());
        shared[at] ^= 1 << bit;
        if let Ok(reader) = FrameReader::new(CODEC, &shared) {
            for payload in payloads(&frame) {
                let _ = reader.entry(Position(u64::MAX), payload);
            }
        }
        let reader = FrameReader::new(CODEC, &frame.shared).unwrap();
        for payload in payloads(&frame) {
            let mut damaged = payload.to_vec();
            damaged[at % payload.len()] ^= 1 << bit;
            let _ = reader.entry(Position(u64::MAX), &damaged);
        }
        for payload in payloads(&frame).into_iter().filter(|one| FrameReader::is_run(one)) {
            let mut damaged = payload.to_vec();
            damaged[at % payload.len()] ^= 1 << bit;
            read_damaged(&reader, Position(u64::MAX), payload, &damaged);
        }
    }

    #[test]
    fn random_bytes_never_panic(
        (shared, rest) in (vec(any::<u8>(), 0..200), vec(any::<u8>(), 0..300)),
        (kind, at) in (0_u8..4, any::<u64>()),
    ) {
        let payload = [&[kind], rest.as_slice()].concat();
        if let Ok(reader) = FrameReader::new(CODEC, &shared) {
            let _ = reader.entry(Position(at), &payload);
        }
        let reader = FrameReader::new(CODEC, &golden_frame().shared).unwrap();
        read_damaged(&reader, Position(at), &[], &payload);
    }
}

/// The order of a run: accepted, controlled, reserve, routed, settle, published, marks.
fn check_events(run: &OwnedRun, entry: &Entry) {
    assert_eq!(entry.header, run.header);
    let types: Vec<&str> = entry.events.iter().map(|one| one.event.type_name()).collect();
    let order = "intent.accepted intent.controlled ledger.posted intent.routed ledger.posted \
        event.published";
    assert_eq!(types[..6].join(" "), order);
    let marks: Vec<Event> = run.marks.iter().cloned().map(Event::from).collect();
    assert!(marks.iter().eq(entry.events[6..].iter().map(|one| &one.event)));
    let (body, terms, amount) = (&run.body, &run.terms, run.body.amount);
    let (debit, credit) = (Direction::Debit, Direction::Credit);
    let posted = |leg, lines: [(AccountNo, Direction, Option<Position>); 2]| -> Event {
        let line = |(account, direction, prev)| PostingV1 { account, direction, amount, prev };
        let (intent, lines) = (Some(body.intent), lines.map(line).to_vec());
        LedgerPostedV1 { intent, leg, lines }.into()
    };
    let from = (body.source, debit, Some(body.source_prev));
    let held = (terms.reserved, credit, Some(body.reserved_prev));
    let to = (terms.settlement, credit, Some(body.settlement_prev));
    let reserve = posted(Leg::Reserve, [from, held]);
    let settle = posted(Leg::Settle, [(terms.reserved, debit, None), to]);
    assert_eq!((&entry.events[2].event, &entry.events[4].event), (&reserve, &settle));
}

/// Reads a damaged run: an error, or another run that is sound.
fn read_damaged(reader: &FrameReader, at: Position, sound: &[u8], damaged: &[u8]) {
    let entry = reader.entry(at, damaged);
    let Ok(stored) = reader.run(at, damaged) else {
        return assert!(entry.is_err() || damaged[0] == 0, "a whole entry reads, no run");
    };
    let run = stored.to_owned_run();
    assert!(is_intent_id(stored.borrow().intent_id.as_bytes()));
    assert_eq!(entry.unwrap(), run.expand());
    if let Ok(sound) = reader.run(at, sound) {
        assert_ne!(run, sound.to_owned_run(), "a change of bytes reads as no change");
    }
    let again = write(&mut FrameBuilder::default(), &[Written::Run(run.clone())]);
    let reader = FrameReader::new(CODEC, &again.shared).unwrap();
    assert_eq!(reader.run(at, &again.payloads).unwrap().borrow(), run.borrow());
}

#[test]
fn every_cut_and_every_flipped_bit_of_a_run() {
    let frame = golden_frame();
    let reader = FrameReader::new(CODEC, &frame.shared).unwrap();
    let payloads = payloads(&frame);
    for (payload, run) in [(payloads[1], keyed_run()), (payloads[2], marked_run())] {
        let at = run.header.position;
        let bare_end = payload.len() - run.marks.len() * MARK_BYTES;
        let bare = OwnedRun { marks: Vec::new(), ..run };
        for end in 0..payload.len() {
            // Marks go to the end, so a run that is cut before one is a run.
            let bare = (end == bare_end).then(|| bare.clone());
            let cut = reader.run(at, &payload[..end]).ok().map(|run| run.to_owned_run());
            assert_eq!(cut, bare, "cut at {end}");
            let entry = reader.entry(at, &payload[..end]).ok();
            assert_eq!(entry, bare.map(|run| run.expand()), "cut at {end}");
        }
        for bit in 0..payload.len() * 8 {
            let mut damaged = payload.to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            read_damaged(&reader, at, payload, &damaged);
        }
    }
}

#[test]
fn stored_bytes_are_golden_and_still_open() {
    assert_eq!(fixture_text(&golden_frame()), fixture(), "the format changed");
    let mut all = vec![Written::Entry(golden_entry())];
    all.extend([keyed_run(), marked_run()].map(Written::Run));
    all.extend(golden_repeats().map(Written::Entry));
    check(&read_fixture(), &all);
}

fn fixture() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/frames/frame.v1.hex");
    std::fs::read_to_string(path).expect("the example make_fixtures writes it")
}

fn read_fixture() -> FrameBytes {
    let golden = fixture();
    let lines: Vec<&str> = golden.lines().collect();
    let ends = lines[2].split(' ').map(|end| end.parse().unwrap()).collect();
    FrameBytes { shared: unhex(lines[0]), payloads: unhex(lines[1]), ends }
}

fn unhex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
}

#[test]
fn what_runs_share_is_written_once() {
    let two = vec![Written::Run(keyed_run()); 2];
    let [one, two] = [1, 2].map(|len| write(&mut FrameBuilder::default(), &two[..len]));
    assert_eq!(one.shared, two.shared);
}

#[test]
fn damaged_shared_bytes_are_refused() {
    let sound = read_fixture().shared;
    let table = [
        ("a byte more", [sound.as_slice(), &[0]].concat(), "after the shared"),
        ("a byte less", sound[..sound.len() - 1].to_vec(), "do not decode"),
        ("too many contexts", many_contexts(&sound), "do not decode"),
    ];
    for (what, shared, says) in table {
        let error = FrameReader::new(CODEC, &shared).unwrap_err().to_string();
        assert!(error.contains(says), "{what}: {error}");
    }
    assert!(FrameBuilder::default().finish().is_err(), "a frame needs an entry");
    for codec in [0, CODEC + 1, u8::MAX] {
        let refused = FrameReader::new(codec, &sound);
        assert!(matches!(refused, Err(CodecError::UnknownCodec(one)) if one == codec));
    }
}

/// Bytes of the marked run's mark: account, number, debits and credits in 5 bytes each, and two
/// back-pointers in 3 bytes each after their count.
const MARK_BYTES: usize = 1 + 1 + 5 + 5 + 1 + 2 * 3;
/// The keyed run field by field, as docs/internals/log-format.md has it.
const FIELDS: &str = "kind=02 context=00 terms=00 recorded_at=ac02 scope_number=01 intent=00 \
    length=11 id=6f726465723a323032362d415f31372e31 digest=5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a \
    amount=e209 source=0c destination=ac02 source_prev=01 reserved_prev=8001 \
    settlement_prev=e907 key=33333333333333333333333333333333 \
    fingerprint_and_marks=44444444444444444444444444444444";
const U64_MAX: &[u8] = &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];

/// The run's payload with one of its fields replaced.
fn payload_with(field: &str, bytes: &[u8]) -> Vec<u8> {
    assert!(FIELDS.contains(&format!("{field}=")), "{field} is no field");
    let fields = FIELDS.split(' ').map(|one| one.split_once('=').unwrap());
    let of = |(name, sound)| if name == field { bytes.to_vec() } else { unhex(sound) };
    fields.flat_map(of).collect()
}

#[test]
fn refusals_of_runs() {
    let frame = golden_frame();
    assert_eq!(payloads(&frame)[1], payload_with("kind", &[2]), "the layout is the builder's");
    let marked = payloads(&frame)[2];
    let mark = &marked[marked.len() - MARK_BYTES..];
    let marks = |count, rest: &[u8]| [&[0x44; 16], &*mark.repeat(count), rest].concat();
    let (one, three, four) = (marks(0, &[0]), marks(3, &[0]), marks(4, &[]));
    let long_list = marks(1, &[0xff; 68]);
    let (unread, over) = ("fields do not read", "after a run's last mark");
    let table: [(&str, &[&[u8]], &str); 19] = [
        ("kind", &[&[3], &[0xff]], "no known kind"),
        ("context", &[&[2], U64_MAX, &[0x80, 0]], unread),
        ("terms", &[&[2], U64_MAX, &[0x80, 0x80, 0]], unread),
        ("recorded_at", &[U64_MAX, &[0xac, 0x82, 0]], unread),
        ("scope_number", &[&[0xff; 10], &[0x81, 0]], unread),
        ("intent", &[U64_MAX, &[0x80, 0]], unread),
        ("length", &[&[0], &[0xff, 0x7f], U64_MAX, &[0x91, 0]], unread),
        ("id", &[b"order 2026-A_17.1", b"order/2026-A_17.1"], unread),
        ("id", &[b"order\xff2026-A_17.1", b"order\x002026-A_17.1"], unread),
        ("amount", &[&[0xe2, 0x89, 0], &[0xff; 19]], unread),
        ("source", &[&[0x80, 0x80, 0x80, 0x80, 0x10], &[0x8c, 0]], unread),
        ("destination", &[&[0x80, 0x80, 0x80, 0x80, 0x10], &[0xac, 0x82, 0]], unread),
        ("source_prev", &[&[0xea, 0x07], U64_MAX, &[0x81, 0]], unread),
        ("reserved_prev", &[&[0xea, 0x07], U64_MAX], unread),
        ("settlement_prev", &[&[0xea, 0x07], U64_MAX, &[0xe9, 0x87, 0]], unread),
        ("key", &[&[]], unread),
        ("fingerprint_and_marks", &[&[], &[0x44; 15]], unread),
        ("fingerprint_and_marks", &[&one, &long_list], "do not decode"),
        ("fingerprint_and_marks", &[&three, &four], over),
    ];
    let reader = FrameReader::new(CODEC, &frame.shared).unwrap();
    let at = Position(1_001);
    for (field, values, says) in table {
        for bytes in values {
            let payload = payload_with(field, bytes);
            let run = reader.run(at, &payload).map(drop);
            let header = reader.header(at, &payload).map(drop);
            for read in [run, header, reader.entry(at, &payload).map(drop)] {
                let error = read.unwrap_err().to_string();
                assert!(error.contains(says), "{field} {bytes:02x?}: {error}");
            }
        }
    }
    let sound = payload_with("fingerprint_and_marks", &marks(3, &[]));
    assert!(reader.run(at, &sound).is_ok(), "three marks fit");
    assert!(reader.run(Position(1_000), &sound).is_err(), "no position is 1,001 back");
    for (length, fits) in [(NAME_BYTES_MAX, true), (NAME_BYTES_MAX + 1, false)] {
        let mut payload = payload_with("length", &[0x80 | length as u8, 1]);
        payload.splice(9..9 + 17, vec![b'x'; length]);
        assert_eq!(reader.run(at, &payload).is_ok(), fits, "an id of {length} bytes");
    }
    assert!(reader.run(at, &[]).is_err() && reader.entry(at, &[]).is_err(), "no bytes");
}
