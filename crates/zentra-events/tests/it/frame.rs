//! Frames: entries come back as they were written, in either form; damage is refused.
//!
//! Must not know how frames are stored.

use crate::corrupt::many_contexts;
use crate::entries::entries;
use crate::golden_frame::{
    fixture_text, golden_entry, golden_frame, golden_repeats, keyed, marked,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::{collection::vec, option};
use std::sync::Arc;
use zentra_events::codec::{CODEC, CodecError, FrameBytes};
use zentra_events::event::{AccountMarkedV1, CandidateV1, CheckV1, LedgerPostedV1, Leg, PostingV1};
use zentra_events::frame::FrameReader;
use zentra_events::frame_builder::{FrameBuilder, frame_of};
use zentra_events::limits::{ENTRY_END_BYTES, FRAME_FIXED_BYTES, NAME_BYTES_MAX};
use zentra_events::name::is_intent_id;
use zentra_events::{
    AccountNo, ActorNo, Amount, BodyRef, Direction, Entry, EntryPlace, Event, Header, Idempotency,
    IntentNo, Position, RequestId, ScopeNo, ScopeNumber, SettledFacts, SettledRef, SettledTerms,
    SettledTransfer, Timestamp,
};

/// What a frame may hold, in log order: times and intent numbers grow, scopes interleave.
fn frames() -> impl Strategy<Value = Vec<Entry>> {
    let general = prop_oneof![1 => Just(Vec::new()), 3 => entries()];
    let terms = vec(terms().prop_map(Arc::new), 3);
    let settled = terms.prop_flat_map(|terms| vec((settled(), select(terms)), 0..12));
    let mixed = (general, settled).prop_map(|(general, settled)| {
        let settled = settled.into_iter().map(|((header, transfer), terms)| {
            (header, Some(SettledTransfer { terms, ..transfer }), Vec::new())
        });
        let general =
            general.into_iter().map(|entry| (entry.header, None, entry.events().to_vec()));
        general.chain(settled).collect::<Vec<_>>()
    });
    let mixed = mixed.prop_filter("a frame has an entry", |mixed| !mixed.is_empty());
    let starts = (any::<u32>(), any::<u64>(), any::<u64>(), any::<[u64; 3]>());
    (mixed.prop_shuffle(), starts).prop_map(|(mixed, (base, at, intent, mut numbers))| {
        let (mut at, mut intent) = (at / 2, intent / 2);
        let placed = |((mut header, transfer, events), position): ((Header, _, _), u64)| {
            header.position = Position(position);
            // Until here it is the step from the one before; so is an intent's number.
            at += 1 + header.recorded_at.0 % (1 << 40);
            header.recorded_at = Timestamp(at);
            let Some(mut transfer): Option<SettledTransfer> = transfer else {
                return Entry::of_events(header, events);
            };
            let number = &mut numbers[header.scope.0 as usize];
            header.scope_number = ScopeNumber(*number);
            *number = number.wrapping_add(1);
            intent += transfer.facts.intent.0;
            transfer.facts.intent = IntentNo(intent);
            transfer.facts.source_prev.0 %= position + 1;
            transfer.facts.reserved_prev.0 %= position + 1;
            transfer.facts.settlement_prev.0 %= position + 1;
            Entry::of_settled(header, transfer)
        };
        mixed.into_iter().zip(u64::from(base)..).map(placed).collect()
    })
}

fn settled() -> impl Strategy<Value = (Header, SettledTransfer)> {
    let context = (0_u32..3, 0_u32..3, any::<bool>());
    let key = option::of(any::<([u8; 16], [u8; 16])>());
    let facts = (any::<[u8; 16]>(), 0_u64..1 << 20, any::<[u32; 2]>(), any::<[u64; 3]>());
    let fields = (context, any::<u64>(), key, facts, amount());
    let id = "[A-Za-z0-9_.:-]{1,128}";
    (fields, id, vec(mark(), 0..=3)).prop_map(|(fields, id, marks)| {
        let ((scope, actor, request), at, key, facts, amount) = fields;
        let (digest, intent, accounts, prevs) = facts;
        let [source, destination] = accounts.map(AccountNo);
        let [source_prev, reserved_prev, settlement_prev] = prevs.map(Position);
        let (scope, actor) = (ScopeNo(scope), ActorNo(actor));
        let (recorded_at, request_id) = (Timestamp(at), RequestId([u8::from(request); 16]));
        let idempotency = key.map(|(key, fingerprint)| Idempotency { key, fingerprint });
        let keyed = keyed();
        let SettledTransfer { terms, facts, .. } = keyed.settled().unwrap().clone();
        let header = Header { scope, actor, recorded_at, request_id, idempotency, ..keyed.header };
        let facts = SettledFacts { intent: IntentNo(intent), digest, amount, ..facts };
        let facts = SettledFacts { source, destination, source_prev, ..facts };
        let facts = SettledFacts { reserved_prev, settlement_prev, ..facts };
        (header, SettledTransfer { intent_id: id.parse().unwrap(), facts, terms, marks })
    })
}

fn terms() -> impl Strategy<Value = SettledTerms> {
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
        let terms = SettledTerms::clone(&keyed().settled().unwrap().terms);
        let terms = SettledTerms { currency, corridor, reserved, settlement, checks, ..terms };
        SettledTerms { route, candidates, policy_version, table_version, ..terms }
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

fn write(builder: &mut FrameBuilder, mixed: &[Entry]) -> FrameBytes {
    for entry in mixed {
        builder.entry(&entry.borrow()).unwrap();
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
fn check(frame: &FrameBytes, mixed: &[Entry]) {
    let reader = FrameReader::new(CODEC, &frame.shared).unwrap();
    let payloads = payloads(frame);
    assert_eq!((payloads.len(), payloads.concat()), (mixed.len(), frame.payloads.clone()));
    for (payload, entry) in payloads.into_iter().zip(mixed) {
        let (at, settled) = (entry.header.position, entry.settled());
        let read = reader.entry(at, payload).unwrap();
        assert_eq!((&read, read.settled()), (entry, settled));
        assert_eq!(reader.header(at, payload).unwrap(), entry.header);
        assert_eq!(FrameReader::is_compact(payload), settled.is_some());
        let (mut place, mut header) = (EntryPlace::EMPTY, keyed().header);
        let mut asked = None;
        let key = |scope, id: &str| {
            asked = Some((scope, id.to_owned()));
            [3; 16]
        };
        place.read(&reader, at, payload, key).unwrap();
        let expected = settled.map(|one| (entry.header.scope, one.intent_id.as_str().to_owned()));
        assert_eq!(asked, expected);
        assert_eq!(place.parties(), settled.map(|one| [one.facts.source, one.facts.destination]));
        let read = place.borrow(&reader, &mut header).unwrap();
        assert_eq!(*read.header, entry.header);
        let key = Some(&[3; 16]);
        match (&read.body, settled) {
            (BodyRef::Events(events), None) => assert_eq!(events.as_ref(), entry.events()),
            (BodyRef::Settled(read), Some(settled)) => {
                assert_eq!(*read, SettledRef { intent_id: "", key, ..settled.borrow() });
            }
            _ => panic!("{read:?}"),
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
    fn a_settled_transfer_is_its_events(mixed in frames()) {
        for entry in &mixed {
            let Some(transfer) = entry.settled() else { continue };
            check_events(transfer, entry);
            let general = Entry::of_events(entry.header, entry.events().to_vec());
            let FrameBytes { shared, payloads, .. } = frame_of([&general]).unwrap();
            let reader = FrameReader::new(CODEC, &shared).unwrap();
            let read = reader.entry(entry.header.position, &payloads).unwrap();
            prop_assert_eq!((&read, read.settled()), (entry, None));
            let mut changed = entry.clone();
            changed.events_mut().pop();
            prop_assert_ne!(&changed, entry);
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
        for payload in payloads(&frame).into_iter().filter(|one| FrameReader::is_compact(one)) {
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

/// The order: accepted, controlled, reserve, routed, settle, published, marks.
fn check_events(transfer: &SettledTransfer, entry: &Entry) {
    let types: Vec<&str> = entry.events().iter().map(|one| one.event.type_name()).collect();
    let order = "intent.accepted intent.controlled ledger.posted intent.routed ledger.posted \
        event.published";
    assert_eq!(types[..6].join(" "), order);
    let marks: Vec<Event> = transfer.marks.iter().cloned().map(Event::from).collect();
    assert!(marks.iter().eq(entry.events()[6..].iter().map(|one| &one.event)));
    let (facts, terms, amount) = (&transfer.facts, &transfer.terms, transfer.facts.amount);
    let (debit, credit) = (Direction::Debit, Direction::Credit);
    let posted = |leg, lines: [(AccountNo, Direction, Option<Position>); 2]| -> Event {
        let line = |(account, direction, prev)| PostingV1 { account, direction, amount, prev };
        let (intent, lines) = (Some(facts.intent), lines.map(line).to_vec());
        LedgerPostedV1 { intent, leg, lines }.into()
    };
    let from = (facts.source, debit, Some(facts.source_prev));
    let held = (terms.reserved, credit, Some(facts.reserved_prev));
    let to = (terms.settlement, credit, Some(facts.settlement_prev));
    let reserve = posted(Leg::Reserve, [from, held]);
    let settle = posted(Leg::Settle, [(terms.reserved, debit, None), to]);
    assert_eq!((&entry.events()[2].event, &entry.events()[4].event), (&reserve, &settle));
}

/// Reads a damaged settled transfer: an error, or another one that is sound.
fn read_damaged(reader: &FrameReader, at: Position, sound: &[u8], damaged: &[u8]) {
    let Ok(read) = reader.entry(at, damaged) else { return };
    let Some(transfer) = read.settled() else {
        return assert!(damaged[0] == 0, "events are of their own kind");
    };
    assert!(is_intent_id(transfer.intent_id.as_str().as_bytes()));
    if let Ok(sound) = reader.entry(at, sound) {
        assert_ne!(read, sound, "a change of bytes reads as no change");
    }
    let again = write(&mut FrameBuilder::default(), std::slice::from_ref(&read));
    check(&again, &[read]);
}

#[test]
fn every_cut_and_every_flipped_bit_of_a_settled_transfer() {
    let frame = golden_frame();
    let reader = FrameReader::new(CODEC, &frame.shared).unwrap();
    let payloads = payloads(&frame);
    for (payload, entry) in [(payloads[1], keyed()), (payloads[2], marked())] {
        let (at, transfer) = (entry.header.position, entry.settled().unwrap().clone());
        let bare_end = payload.len() - transfer.marks.len() * MARK_BYTES;
        let bare = SettledTransfer { marks: Vec::new(), ..transfer };
        let bare = Entry::of_settled(entry.header, bare);
        for end in 0..payload.len() {
            // Marks go to the end, so one that is cut before a mark is sound.
            let bare = (end == bare_end).then_some(&bare);
            assert_eq!(reader.entry(at, &payload[..end]).ok().as_ref(), bare, "cut at {end}");
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
    let mut all = vec![golden_entry(), keyed(), marked()];
    all.extend(golden_repeats());
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
fn what_settled_transfers_share_is_written_once() {
    let two = vec![keyed(); 2];
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

/// Bytes of the golden mark: account, number, debits and credits in 5 bytes each, and two
/// back-pointers in 3 bytes each after their count.
const MARK_BYTES: usize = 1 + 1 + 5 + 5 + 1 + 2 * 3;
/// The keyed one field by field, as docs/internals/log-format.md has it.
const FIELDS: &str = "kind=02 context=00 terms=00 recorded_at=ac02 scope_number=01 intent=00 \
    length=11 id=6f726465723a323032362d415f31372e31 digest=5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a \
    amount=e209 source=0c destination=ac02 source_prev=01 reserved_prev=8001 \
    settlement_prev=e907 key=33333333333333333333333333333333 \
    fingerprint_and_marks=44444444444444444444444444444444";
const U64_MAX: &[u8] = &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];

/// Its payload with one of its fields replaced.
fn payload_with(field: &str, bytes: &[u8]) -> Vec<u8> {
    assert!(FIELDS.contains(&format!("{field}=")), "{field} is no field");
    let fields = FIELDS.split(' ').map(|one| one.split_once('=').unwrap());
    let of = |(name, sound)| if name == field { bytes.to_vec() } else { unhex(sound) };
    fields.flat_map(of).collect()
}

#[test]
fn refusals_of_settled_transfers() {
    let frame = golden_frame();
    assert_eq!(payloads(&frame)[1], payload_with("kind", &[2]), "the layout is the builder's");
    let marked = payloads(&frame)[2];
    let mark = &marked[marked.len() - MARK_BYTES..];
    let marks = |count, rest: &[u8]| [&[0x44; 16], &*mark.repeat(count), rest].concat();
    let (one, three, four) = (marks(0, &[0]), marks(3, &[0]), marks(4, &[]));
    let long_list = marks(1, &[0xff; 68]);
    let (unread, over) = ("fields do not read", "after a settled transfer's last mark");
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
            let header = reader.header(at, &payload).map(drop);
            for read in [header, reader.entry(at, &payload).map(drop)] {
                let error = read.unwrap_err().to_string();
                assert!(error.contains(says), "{field} {bytes:02x?}: {error}");
            }
        }
    }
    let sound = payload_with("fingerprint_and_marks", &marks(3, &[]));
    assert!(reader.entry(at, &sound).is_ok(), "three marks fit");
    assert!(reader.entry(Position(1_000), &sound).is_err(), "no position is 1,001 back");
    for (length, fits) in [(NAME_BYTES_MAX, true), (NAME_BYTES_MAX + 1, false)] {
        let mut payload = payload_with("length", &[0x80 | length as u8, 1]);
        payload.splice(9..9 + 17, vec![b'x'; length]);
        assert_eq!(reader.entry(at, &payload).is_ok(), fits, "an id of {length} bytes");
    }
    assert!(reader.entry(at, &[]).is_err() && reader.header(at, &[]).is_err(), "no bytes");
}
