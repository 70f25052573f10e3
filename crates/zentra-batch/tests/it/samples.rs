//! A small batch, an answer and their bytes in hex, as the tests share them.

use zentra_batch::wire::{AccountV1, BatchV1, ItemV1, OutcomeV1, StateV1, TermsV1, VERSION};
use zentra_events::{Code, Position};

/// Two terms and two items, with each kind of field in both of its forms.
pub(crate) fn batch() -> BatchV1<'static> {
    let plain = TermsV1 {
        currency: "EUR",
        corridor: "sepa",
        manual_capture: false,
        effective_at_ns: None,
        metadata: Vec::new(),
    };
    let full = TermsV1 {
        currency: "USD",
        corridor: "",
        manual_capture: true,
        effective_at_ns: Some(0x0102_0304_0506_0708),
        metadata: vec![("k", "v1")],
    };
    let first = ItemV1 {
        intent_id: "i-1",
        minor_units: 1_000,
        source: AccountV1::Number(7),
        destination: AccountV1::Code("m:1"),
        terms: 0,
        linked: true,
    };
    let second = ItemV1 {
        intent_id: "i-2",
        minor_units: 1 << 64,
        source: AccountV1::Code("a"),
        destination: AccountV1::Number(0x0a0b_0c0d),
        terms: 1,
        linked: false,
    };
    BatchV1 { version: VERSION, terms: vec![plain, full], items: vec![first, second] }
}

/// The bytes of [`batch`], a field a line.
pub(crate) const BATCH_HEX: &str = "
    0100
    0200000000000000
    0300000000000000 455552
    0400000000000000 73657061
    00
    00
    0000000000000000
    0300000000000000 555344
    0000000000000000
    01
    01 0807060504030201
    0100000000000000
    0100000000000000 6b
    0200000000000000 7631
    0200000000000000
    0300000000000000 692d31
    e8030000000000000000000000000000
    00000000 07000000
    01000000 0300000000000000 6d3a31
    0000
    01
    0300000000000000 692d32
    00000000000000000100000000000000
    01000000 0100000000000000 61
    00000000 0d0c0b0a
    0100
    00
";

/// One outcome of each kind.
pub(crate) fn outcomes() -> Vec<OutcomeV1> {
    vec![
        OutcomeV1::Created { position: Position(5) },
        OutcomeV1::Replayed {
            position: Position(0x0102_0304_0506_0708),
            state: StateV1::Rejected,
            code: Some(Code::LimitExceeded),
        },
        OutcomeV1::Replayed { position: Position(7), state: StateV1::PaidOut, code: None },
        OutcomeV1::Rejected { position: Position(6), code: Code::InsufficientFunds },
        OutcomeV1::Refused { code: Code::IntentIdReused },
    ]
}

/// The bytes of the answer with [`outcomes`], a field a line.
pub(crate) const ANSWER_HEX: &str = "
    0100
    0500000000000000
    00000000 0500000000000000
    01000000 0807060504030201 01000000 01 2900
    01000000 0700000000000000 06000000 00
    02000000 0600000000000000 2500
    03000000 1e00
";

/// The bytes of a text of hex digits; white space is passed over.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

/// A value as bincode writes it, without this crate's own code.
pub(crate) fn bincoded(value: &impl bincode::Encode) -> Vec<u8> {
    bincode::encode_to_vec(value, bincode::config::legacy()).unwrap()
}
