//! Any batch of entries survives the codec: several contexts, optional fields, many events.

use crate::samples::samples;
use proptest::prelude::*;
use zentra_events::codec::CODEC;
use zentra_events::event::{CommandRefusedV1, IntentAcceptedV1, LedgerPostedV1, Leg, PostingV1};
use zentra_events::frame::FrameReader;
use zentra_events::frame_builder::frame_of;
use zentra_events::{
    AccountNo, ActorNo, Amount, Code, Direction, Entry, Event, Header, Idempotency, IntentNo,
    Position, Recorded, RequestId, ScopeNo, ScopeNumber, Timestamp,
};

pub(crate) fn entries() -> impl Strategy<Value = Vec<Entry>> {
    proptest::collection::vec(entry(), 1..12).prop_map(|mut entries| {
        for (index, entry) in entries.iter_mut().enumerate() {
            entry.header.position = Position(500 + index as u64);
        }
        entries
    })
}

fn entry() -> impl Strategy<Value = Entry> {
    let header = (
        (0_u32..3, 0_u32..3, any::<bool>()),
        any::<u64>(),
        any::<u64>(),
        proptest::option::of(any::<u64>()),
        proptest::option::of(any::<([u8; 16], [u8; 16])>()),
    );
    let events = proptest::collection::vec((proptest::option::of(any::<u64>()), event()), 0..6);
    (header, events).prop_map(|(((scope, actor, request), number, at, cause, key), events)| {
        let header = Header {
            position: Position::ZERO,
            scope: ScopeNo(scope),
            scope_number: ScopeNumber(number),
            recorded_at: Timestamp(at),
            actor: ActorNo(actor),
            request_id: RequestId([u8::from(request); 16]),
            cause: cause.map(Position),
            idempotency: key.map(|(key, fingerprint)| Idempotency { key, fingerprint }),
        };
        let recorded =
            |(prev, event): (Option<u64>, _)| Recorded { prev: prev.map(Position), event };
        Entry::of_events(header, events.into_iter().map(recorded).collect())
    })
}

/// An accepted intent with metadata that others may have, too.
fn accepted(pairs: usize, words: usize) -> Event {
    let mut events = samples().into_iter().map(|sample| sample.entry.events()[0].event.clone());
    let mut accepted = events.find(|event| event.type_name() == "intent.accepted").unwrap();
    if let Event::IntentAccepted(IntentAcceptedV1 { details: Some(details), .. }) = &mut accepted {
        let pair = |pair: usize| (format!("key{pair}"), "a few words ".repeat(words));
        details.metadata = (0..pairs).map(pair).collect();
    }
    accepted
}

fn event() -> impl Strategy<Value = Event> {
    let count = samples().len();
    prop_oneof![
        (0..count).prop_map(|index| samples().swap_remove(index).entry.events()[0].event.clone()),
        (0_usize..4, 0_usize..3).prop_map(|(pairs, words)| accepted(pairs, words)),
        (proptest::sample::select(Code::ALL), ".{0,40}")
            .prop_map(|(code, detail)| CommandRefusedV1 { code, detail }.into()),
        (proptest::option::of(any::<u64>()), proptest::collection::vec(line(), 0..5)).prop_map(
            |(intent, lines)| {
                LedgerPostedV1 { intent: intent.map(IntentNo), leg: Leg::Settle, lines }.into()
            }
        ),
    ]
}

fn line() -> impl Strategy<Value = PostingV1> {
    (any::<u32>(), any::<bool>(), any::<u128>(), proptest::option::of(any::<u64>())).prop_map(
        |(account, debit, amount, prev)| PostingV1 {
            account: AccountNo(account),
            direction: if debit { Direction::Debit } else { Direction::Credit },
            amount: Amount(amount),
            prev: prev.map(Position),
        },
    )
}

proptest! {
    #[test]
    fn batches_round_trip(entries in entries()) {
        let frame = frame_of(&entries).unwrap();
        let reader = FrameReader::new(CODEC, &frame.shared).unwrap();
        let mut start = 0;
        for (entry, end) in entries.iter().zip(&frame.ends) {
            let payload = &frame.payloads[start..*end as usize];
            let at = entry.header.position;
            prop_assert_eq!(&reader.entry(at, payload).unwrap(), entry);
            prop_assert_eq!(reader.header(at, payload).unwrap(), entry.header);
            start = *end as usize;
        }
        prop_assert_eq!(start, frame.payloads.len());
    }

    #[test]
    fn the_same_entries_give_the_same_bytes(entries in entries()) {
        prop_assert_eq!(frame_of(&entries).unwrap(), frame_of(&entries.clone()).unwrap());
    }
}
