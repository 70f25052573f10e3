//! For any batch: the builder writes what bincode writes, and reading gives the batch back. For any
//! bytes: an answer or an error.

use crate::samples::{BATCH_HEX, bincoded, unhex};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use zentra_batch::wire::{
    AccountV1, AnswerV1, BatchV1, ItemV1, OutcomeV1, StateV1, TermsV1, VERSION,
};
use zentra_batch::{BatchBuilder, decode_answer, decode_batch, encode_answer};
use zentra_events::{Code, Position};

#[derive(Clone, Debug)]
enum Account {
    Number(u32),
    Code(String),
}

impl Account {
    fn borrowed(&self) -> AccountV1<'_> {
        match self {
            Account::Number(number) => AccountV1::Number(*number),
            Account::Code(code) => AccountV1::Code(code),
        }
    }
}

type Terms = (String, String, bool, Option<u64>, Vec<(String, String)>);
type Item = (String, u128, Account, Account, Index, bool);

/// The texts of a batch, and its numbers.
type Owned = (Vec<Terms>, Vec<Item>);

fn owned() -> impl Strategy<Value = Owned> {
    let text = || ".{0,12}";
    let terms = (text(), text(), any::<bool>(), any::<Option<u64>>(), vec((text(), text()), 0..3));
    let account =
        || prop_oneof![any::<u32>().prop_map(Account::Number), text().prop_map(Account::Code)];
    let item = (text(), any::<u128>(), account(), account(), any::<Index>(), any::<bool>());
    (vec(terms, 1..5), vec(item, 1..20))
}

fn borrowed((terms, items): &Owned) -> BatchV1<'_> {
    let known = terms.len();
    let terms =
        terms.iter().map(|(currency, corridor, manual_capture, effective_at, pairs)| TermsV1 {
            currency,
            corridor,
            manual_capture: *manual_capture,
            effective_at_ns: *effective_at,
            metadata: pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect(),
        });
    let items = items.iter().map(|(id, minor_units, source, destination, terms, linked)| ItemV1 {
        intent_id: id,
        minor_units: *minor_units,
        source: source.borrowed(),
        destination: destination.borrowed(),
        terms: u16::try_from(terms.index(known)).unwrap(),
        linked: *linked,
    });
    BatchV1 { version: VERSION, terms: terms.collect(), items: items.collect() }
}

/// With terms added just before the first item that needs them, as a generator may do.
fn built(builder: &mut BatchBuilder, batch: &BatchV1<'_>) -> Vec<u8> {
    let mut added = 0;
    for item in &batch.items {
        for terms in batch.terms.iter().take(usize::from(item.terms) + 1).skip(added) {
            assert_eq!(builder.terms(terms).map(usize::from), Ok(added));
            added += 1;
        }
        builder.push(item).unwrap();
    }
    for terms in batch.terms.iter().skip(added) {
        builder.terms(terms).unwrap();
    }
    assert_eq!(builder.len(), batch.items.len());
    builder.finish()
}

const STATES: [StateV1; 7] = [
    StateV1::Accepted,
    StateV1::Rejected,
    StateV1::Routed,
    StateV1::Synchronized,
    StateV1::Voided,
    StateV1::Reversed,
    StateV1::PaidOut,
];

fn outcome() -> impl Strategy<Value = OutcomeV1> {
    let code = || select(Code::ALL);
    prop_oneof![
        any::<u64>().prop_map(|position| OutcomeV1::Created { position: Position(position) }),
        (any::<u64>(), select(&STATES[..]), prop::option::of(code())).prop_map(
            |(position, state, code)| {
                OutcomeV1::Replayed { position: Position(position), state, code }
            }
        ),
        (any::<u64>(), code()).prop_map(|(position, code)| {
            OutcomeV1::Rejected { position: Position(position), code }
        }),
        code().prop_map(|code| OutcomeV1::Refused { code }),
    ]
}

proptest! {
    #[test]
    fn a_built_batch_is_bincodes_and_reads_back(first in owned(), second in owned()) {
        let mut builder = BatchBuilder::new();
        for owned in [&first, &second] {
            let batch = borrowed(owned);
            let bytes = built(&mut builder, &batch);
            prop_assert_eq!(&bytes, &bincoded(&batch));
            prop_assert_eq!(decode_batch(&bytes), Ok(batch));
        }
    }

    #[test]
    fn an_answer_is_bincodes_and_reads_back(outcomes in vec(outcome(), 0..40)) {
        let mut bytes = Vec::new();
        encode_answer(&outcomes, &mut bytes);
        let answer = AnswerV1 { version: VERSION, outcomes };
        prop_assert_eq!(&bytes, &bincoded(&answer));
        prop_assert_eq!(decode_answer(&bytes), Ok(answer.outcomes));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        let versioned = [VERSION.to_le_bytes().as_slice(), &bytes].concat();
        for bytes in [&bytes, &versioned] {
            let _ = decode_answer(bytes);
            if let Ok(batch) = decode_batch(bytes) {
                prop_assert_eq!(&bincoded(&batch), bytes);
            }
        }
    }

    /// What is read is what was written: no two bodies are the same batch.
    #[test]
    fn a_damaged_batch_is_refused_or_another(
        at in any::<Index>(),
        bytes in vec(any::<u8>(), 1..9),
    ) {
        let mut damaged = unhex(BATCH_HEX);
        let start = at.index(damaged.len());
        for (old, new) in damaged.iter_mut().skip(start).zip(bytes) {
            *old = new;
        }
        if let Ok(batch) = decode_batch(&damaged) {
            prop_assert_eq!(bincoded(&batch), damaged);
        }
    }
}
