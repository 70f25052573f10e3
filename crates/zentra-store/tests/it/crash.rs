//! Power lost at any moment: what was synced is there, what follows is a prefix or cut.

use crate::support::{SMALL, frame, open, put, texts};
use proptest::prelude::*;
use zentra_log::LogWriter;
use zentra_store::{CrashStorage, LogOptions, MemoryStorage};

const LARGE: LogOptions = LogOptions { segment_bytes: 64 * 1024, ..SMALL };

/// A log with two synced entries and one group write of three frames that is not synced.
fn unsynced(large: bool) -> CrashStorage {
    let storage = CrashStorage::new();
    let (mut log, _) = open(storage.clone(), LARGE).unwrap();
    put(&mut log, &["synced 0", "synced 1"]);
    let filler = "x".repeat(if large { 700 } else { 10 });
    log.append(&[frame(&["u2", &filler]), frame(&["u4", &filler]), frame(&["u6"])]).unwrap();
    storage
}

fn must_be_a_prefix(survived: MemoryStorage, why: &str) {
    let (mut log, report) = open(survived.clone(), LARGE).unwrap_or_else(|error| {
        panic!("{why}: an unacknowledged write must not stop the log: {error}")
    });
    let found = texts(log.reader().as_ref());
    assert!(found.len() >= 2, "{why}: {found:?}");
    assert_eq!(&found[..2], ["synced 0", "synced 1"], "{why}");
    for (text, expected) in found[2..].iter().zip(["u2", "x", "u4", "x", "u6"]) {
        assert!(text.starts_with(expected), "{why}: {found:?}");
    }
    put(&mut log, &["after"]);
    drop(log);
    let (log, again) = open(survived, LARGE).unwrap();
    assert_eq!(again.torn, None, "{why}: what was torn was cleaned");
    assert_eq!(texts(log.reader().as_ref()).len(), found.len() + 1, "{why}");
    assert_eq!(again.entries, report.entries + 1, "{why}");
}

#[test]
fn every_choice_of_surviving_blocks_leaves_a_prefix() {
    let storage = unsynced(true);
    let blocks = storage.unsynced_blocks();
    assert!((4..12).contains(&blocks), "{blocks} blocks are few enough to try every choice");
    for choice in 0..1_u32 << blocks {
        let survived = storage.after_crash(|number| choice & (1 << number) != 0);
        must_be_a_prefix(survived, &format!("blocks {choice:b}"));
    }
}

#[test]
fn a_write_cut_at_every_byte_leaves_a_prefix() {
    let storage = unsynced(false);
    let nothing = storage.after_crash(|_| false).to_files();
    let everything = storage.after_crash(|_| true).to_files();
    let (name, whole) = everything.iter().find(|(name, _)| name.ends_with(".seg")).unwrap();
    let start = nothing[name].iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let end = whole.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    for cut in start..=end {
        let mut files = nothing.clone();
        let bytes = files.get_mut(name).unwrap();
        // The file had grown for the write, or not yet.
        bytes.resize(if cut % 2 == 0 { whole.len() } else { bytes.len().max(cut) }, 0);
        bytes[..cut].copy_from_slice(&whole[..cut]);
        must_be_a_prefix(MemoryStorage::with_files(files), &format!("cut at {cut}"));
    }
}

#[test]
fn a_failure_at_every_operation_loses_nothing_that_was_synced() {
    for operations in 0..200 {
        let storage = CrashStorage::new();
        let (mut log, _) = open(storage.clone(), SMALL).unwrap();
        storage.fail_after(operations);
        let mut synced = 0;
        let mut failed = false;
        for number in 0..60 {
            let text = format!("{number} {}", "t".repeat(60));
            if log.append(&[frame(&[&text])]).is_err() || log.sync().is_err() {
                failed = true;
                break;
            }
            synced = number + 1;
        }
        for keep in [false, true] {
            let (log, _) = open(storage.after_crash(|_| keep), SMALL).unwrap();
            let found = texts(log.reader().as_ref());
            assert!(found.len() >= synced, "{operations}: {} of {synced}", found.len());
            assert!(found.len() <= synced + 1, "{operations}");
            for (number, text) in found.iter().enumerate() {
                assert!(text.starts_with(&format!("{number} ")), "{operations}");
            }
        }
        if !failed {
            return;
        }
    }
    panic!("the run never got through");
}

proptest! {
    #[test]
    fn random_groups_and_random_survivors_leave_a_prefix(
        groups in prop::collection::vec(prop::collection::vec(0..900_usize, 1..5), 1..8),
        survivors: u64,
    ) {
        let storage = CrashStorage::new();
        let (mut log, _) = open(storage.clone(), SMALL).unwrap();
        let mut written = Vec::new();
        let mut synced = 0;
        for (number, group) in groups.iter().enumerate() {
            let first = written.len();
            let text = |size: &usize| format!("{first}:{}", "g".repeat(*size));
            let entries: Vec<String> = group.iter().map(text).collect();
            let frames: Vec<_> = entries.iter().map(|text| frame(&[text])).collect();
            log.append(&frames).unwrap();
            written.extend(entries);
            if number + 1 < groups.len() {
                log.sync().unwrap();
                synced = written.len();
            }
        }
        let survived = storage.after_crash(|number| survivors & (1 << (number % 64)) != 0);
        let (log, _) = open(survived, SMALL).unwrap();
        let found = texts(log.reader().as_ref());
        prop_assert!(found.len() >= synced);
        prop_assert_eq!(&found[..], &written[..found.len()]);
    }
}
