//! Every table in fixtures/ledger, and that together they show every code.

use crate::table::check;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use zentra_events::Code;

/// Codes that a decision of the ledger can carry. `limit_reached` is left out: it needs 2^32
/// accounts, intents or versions.
const CODES: [Code; 27] = [
    Code::ValidationFailed,
    Code::Forbidden,
    Code::AccountReserved,
    Code::NotFound,
    Code::IntentIdReused,
    Code::InvalidIntentState,
    Code::AccountNotFound,
    Code::AccountExists,
    Code::AccountFrozen,
    Code::AccountClosed,
    Code::CurrencyMismatch,
    Code::InsufficientFunds,
    Code::UnbalancedPostings,
    Code::AmountOverflow,
    Code::AmountZero,
    Code::LimitExceeded,
    Code::VelocityExceeded,
    Code::CurrencyNotAllowed,
    Code::CorridorNotAllowed,
    Code::RouteUnavailable,
    Code::AmountExceedsRemaining,
    Code::VoidRequested,
    Code::SameAccount,
    Code::AccountNotEmpty,
    Code::EffectiveAtTooEarly,
    Code::CurrencyUnknown,
    Code::Overloaded,
];

#[test]
fn every_table_holds_and_every_code_has_a_row() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/ledger");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "table"))
        .collect();
    files.sort();
    let mut seen = BTreeSet::new();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        seen.extend(check(&name, &fs::read_to_string(&path).unwrap()));
    }
    assert_eq!(seen, BTreeSet::from(CODES));
}
