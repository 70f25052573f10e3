//! Damage to what was acknowledged is refused, with its place; never cut in silence.

use crate::support::{SMALL, open, put, texts};
use std::collections::BTreeMap;
use zentra_events::Position;
use zentra_log::LogWriter;
use zentra_store::{LogOptions, MemoryStorage, RecoverError, verify};

fn log_of(entries: usize) -> MemoryStorage {
    let storage = MemoryStorage::new();
    let (mut log, _) = open(storage.clone(), SMALL).unwrap();
    for number in 0..entries {
        put(&mut log, &[&format!("entry {number} {}", "d".repeat(40))]);
    }
    storage
}

/// The names of the segments, in order.
fn segments(files: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    files.keys().filter(|name| name.ends_with(".seg")).cloned().collect()
}

/// Where the last frame begins in the last segment: it was synced, but no later frame proves it.
fn last_frame(bytes: &[u8]) -> usize {
    bytes.windows(4).rposition(|window| window == b"ZFRM").unwrap()
}

#[test]
fn every_changed_byte_of_an_acknowledged_frame_is_refused() {
    let storage = log_of(30);
    let files = storage.to_files();
    assert!(segments(&files).len() > 2, "several segments");
    let last = segments(&files).pop().unwrap();
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".seg")) {
        let end = if *name == last { last_frame(bytes) } else { bytes.len() };
        for at in 0..end {
            let mut changed = files.clone();
            changed.get_mut(name).unwrap()[at] ^= 0x40;
            let damaged = MemoryStorage::with_files(changed);
            let verified = verify(&damaged);
            let refused = matches!(verified, Err(RecoverError::Corrupt(_)));
            assert!(refused, "{name} byte {at}: {verified:?}");
            if *name == last {
                assert!(open(damaged, SMALL).is_err(), "{name} byte {at} opens");
            }
        }
    }
}

#[test]
fn a_damaged_closed_segment_is_named_when_it_is_read() {
    let storage = log_of(30);
    let mut files = storage.to_files();
    let name = segments(&files).remove(0);
    let bytes = files.get_mut(&name).unwrap();
    let at = bytes.windows(7).position(|window| window == b"entry 3").unwrap();
    bytes[at] ^= 1;
    let damaged = MemoryStorage::with_files(files);
    let (log, _) = open(damaged.clone(), SMALL).unwrap();
    let read = log.reader().read(Position(3));
    let said = read.unwrap_err().to_string();
    assert!(said.contains(&name) && said.contains("position 3"), "{said}");
    let said = verify(&damaged).unwrap_err().to_string();
    assert!(said.contains(&name) && said.contains("position 3"), "{said}");
}

#[test]
fn the_last_frame_alone_cannot_be_told_from_a_torn_write_and_is_cut() {
    let storage = log_of(30);
    let mut files = storage.to_files();
    let name = segments(&files).pop().unwrap();
    let bytes = files.get_mut(&name).unwrap();
    let at = last_frame(bytes) + 60;
    bytes[at] ^= 1;
    let (log, report) = open(MemoryStorage::with_files(files), SMALL).unwrap();
    assert!(report.torn.is_some(), "it is said");
    assert_eq!(texts(log.reader().as_ref()).len(), 29);
}

#[test]
fn missing_exchanged_and_renamed_segments_are_refused() {
    let files = log_of(60).to_files();
    let names = segments(&files);
    assert!(names.len() > 3);
    let mut missing = files.clone();
    missing.remove(&names[1]);
    let mut without_first = files.clone();
    without_first.remove(&names[0]);
    let mut exchanged = files.clone();
    exchanged.insert(names[1].clone(), files[&names[2]].clone());
    exchanged.insert(names[2].clone(), files[&names[1]].clone());
    let mut other_version = files.clone();
    other_version.get_mut("meta").unwrap()[8] = 9;
    for (what, damaged) in [
        ("missing", missing),
        ("without first", without_first),
        ("exchanged", exchanged),
        ("version", other_version),
    ] {
        assert!(open(MemoryStorage::with_files(damaged), SMALL).is_err(), "{what}");
    }
}

#[test]
fn a_closed_segment_with_a_cut_tail_is_refused() {
    let files = log_of(60).to_files();
    let name = segments(&files).remove(0);
    let used = files[&name].iter().rposition(|byte| *byte != 0).unwrap() + 1;
    for cut in [1, 40, 200] {
        let mut damaged = files.clone();
        let bytes = damaged.get_mut(&name).unwrap();
        bytes.truncate(used - cut);
        assert!(verify(&MemoryStorage::with_files(damaged)).is_err(), "cut by {cut}");
    }
}

#[test]
fn a_log_that_ends_before_what_is_known_to_be_durable_is_refused() {
    let storage = log_of(30);
    let known = |position| LogOptions { known_durable: Position(position), ..SMALL };
    let reopened = || MemoryStorage::with_files(storage.to_files());
    assert!(open(reopened(), known(30)).is_ok());
    assert!(matches!(open(reopened(), known(31)), Err(RecoverError::Corrupt(_))));
    let mut files = storage.to_files();
    let name = segments(&files).pop().unwrap();
    let bytes = files.get_mut(&name).unwrap();
    let at = last_frame(bytes) + 60;
    bytes[at] ^= 1;
    let damaged = MemoryStorage::with_files(files);
    let refused = open(damaged, known(30));
    assert!(matches!(refused, Err(RecoverError::Corrupt(_))), "the last frame was acknowledged");
}

#[test]
fn a_log_of_another_partition_is_refused() {
    let other = LogOptions { partition: 1, ..SMALL };
    let opened = open(MemoryStorage::with_files(log_of(3).to_files()), other);
    assert!(matches!(opened, Err(RecoverError::WrongPartition { found: 0, expected: 1 })));
}
