//! Files of format version 1, kept for ever: each must open (or be refused) as it always was.

use crate::support::{open, texts};
use std::collections::BTreeMap;
use std::path::Path;
use zentra_events::Position;
use zentra_log::LogWriter;
use zentra_store::{LogOptions, MemoryStorage, RecoverError, verify};

const OPTIONS: LogOptions = LogOptions {
    segment_bytes: 1_024,
    partition: 0,
    log_id: [7; 16],
    known_durable: Position::ZERO,
};

fn fixture(name: &str) -> MemoryStorage {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/log/v1").join(name);
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        files.insert(name, std::fs::read(path).unwrap());
    }
    MemoryStorage::with_files(files)
}

#[test]
fn an_empty_log_opens() {
    let (log, report) = open(fixture("empty"), OPTIONS).unwrap();
    assert_eq!((report.next, report.segments, report.torn), (Position::ZERO, 1, None));
    assert!(texts(log.reader().as_ref()).is_empty());
}

#[test]
fn a_small_log_opens_and_its_chain_is_pinned() {
    let (log, report) = open(fixture("small"), OPTIONS).unwrap();
    assert_eq!((report.next, report.segments, report.torn), (Position(12), 2, None));
    let found = texts(log.reader().as_ref());
    assert_eq!(found[0], "entry 0 of the fixture");
    assert_eq!(found[11], "entry 11 of the fixture");
    let chain: String = log.head().chain.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(chain, include_str!("../../../../fixtures/log/v1/small.chain").trim());
    assert_eq!(verify(&fixture("small")).unwrap().entries, 12);
}

#[test]
fn a_torn_tail_is_cut_and_told() {
    let (log, report) = open(fixture("torn-tail"), OPTIONS).unwrap();
    let torn = report.torn.unwrap();
    assert!(torn.dropped_bytes > 0);
    assert_eq!(report.next, Position(11));
    assert_eq!(texts(log.reader().as_ref()).len(), 11);
}

#[test]
fn damage_in_the_middle_is_refused_with_its_place() {
    for name in ["bad-crc-middle", "cut-middle"] {
        match verify(&fixture(name)) {
            Err(RecoverError::Corrupt(found)) => {
                assert!(found.segment.ends_with(".seg"), "{name}: {found}");
                assert!(found.offset > 0, "{name}: {found}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}
