//! Power lost while a segment is being made, or during recovery itself: the log goes on.

use crate::support::{SMALL, frame, open, put, texts};
use zentra_events::Position;
use zentra_log::LogWriter;
use zentra_store::{CrashStorage, Fault, LogOptions, MemoryStorage, RecoverError, verify};

/// A log whose disk fails at an operation, and how many entries it had acknowledged.
fn cut_at(operations: u64) -> (CrashStorage, usize, bool) {
    let storage = CrashStorage::new();
    let (mut log, _) = open(storage.clone(), SMALL).unwrap();
    storage.fail_after(operations);
    let text = "t".repeat(500);
    for synced in 0..12 {
        if log.append(&[frame(&[&text]), frame(&["small"])]).is_err() || log.sync().is_err() {
            return (storage, 2 * synced, true);
        }
    }
    (storage, 24, false)
}

/// Three choices of what survives of the blocks and names that were not synced.
const SURVIVORS: [fn(usize) -> bool; 3] = [|_| false, |_| true, |number| number % 2 == 1];

#[test]
fn after_a_cut_at_every_operation_frames_of_any_size_follow_and_the_log_opens_again() {
    for operations in 0.. {
        let (storage, synced, failed) = cut_at(operations);
        if !failed {
            assert!(operations > 30, "several segments were made");
            return;
        }
        for (keep, size) in SURVIVORS.into_iter().flat_map(|keep| [(keep, 1), (keep, 500)]) {
            let survived = storage.after_crash(keep);
            let (mut log, report) = open(survived.clone(), SMALL).unwrap();
            assert!(report.entries as usize >= synced, "{operations}");
            put(&mut log, &["s".repeat(size).as_str()]);
            for _ in 0..6 {
                put(&mut log, &["t".repeat(500).as_str()]);
            }
            drop(log);
            let (log, again) = open(survived.clone(), SMALL).unwrap_or_else(|error| {
                panic!("cut at {operations}, then {size} bytes: {error}");
            });
            assert_eq!((again.entries, again.torn), (report.entries + 7, None), "{operations}");
            assert_eq!(texts(log.reader().as_ref()).len() as u64, again.entries);
            assert_eq!(verify(&survived).unwrap().entries, again.entries, "{operations}");
        }
    }
}

#[test]
fn a_recovery_that_is_itself_cut_loses_nothing_that_was_synced() {
    let mut recoveries_cut = 0;
    for operations in 0..40 {
        let (storage, synced, _) = cut_at(operations);
        for keep in SURVIVORS {
            for during_recovery in 0..8 {
                let files = storage.after_crash(keep).to_files();
                let second = CrashStorage::with_files(files);
                second.fail_after(during_recovery);
                recoveries_cut += usize::from(open(second.clone(), SMALL).is_err());
                for keep in SURVIVORS {
                    let (log, _) = open(second.after_crash(keep), SMALL).unwrap();
                    let found = texts(log.reader().as_ref());
                    assert!(found.len() >= synced, "{operations} {during_recovery}");
                }
            }
        }
    }
    assert!(recoveries_cut > 100, "{recoveries_cut}");
}

/// A log whose last segment file has a name and no header, as a cut while rolling leaves it.
fn half_made() -> MemoryStorage {
    for operations in 0.. {
        let (storage, _, failed) = cut_at(operations);
        assert!(failed, "some cut leaves a half-made segment");
        let survived = storage.after_crash(|_| true);
        let files = survived.to_files();
        let mut segments = files.iter().filter(|(name, _)| name.ends_with(".seg"));
        let is_half_made =
            segments.next_back().is_some_and(|(_, bytes)| bytes.iter().all(|byte| *byte == 0));
        if is_half_made && segments.next_back().is_some() {
            return survived;
        }
    }
    unreachable!("the loop ends by a return or a failed assertion")
}

#[test]
fn damage_before_a_half_made_segment_is_refused() {
    let mut files = half_made().to_files();
    let (name, bytes) = files
        .iter_mut()
        .rfind(|(name, bytes)| name.ends_with(".seg") && bytes.iter().any(|byte| *byte != 0))
        .unwrap();
    let last = bytes.windows(4).rposition(|window| window == b"ZFRM").unwrap();
    bytes[last + 50] ^= 1;
    let name = name.clone();
    let damaged = MemoryStorage::with_files(files.clone());
    for refused in [open(damaged.clone(), SMALL).err(), verify(&damaged).err()] {
        match refused {
            Some(RecoverError::Corrupt(found)) => assert_eq!(found.segment, name),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(damaged.to_files(), files, "a refused log is left as it is");
}

#[test]
fn a_log_that_ends_before_what_is_known_durable_is_refused_unchanged() {
    let with_entries = MemoryStorage::new();
    let (mut log, _) = open(with_entries.clone(), SMALL).unwrap();
    put(&mut log, &["a", "b", "c"]);
    drop(log);
    let mut only_meta = with_entries.to_files();
    only_meta.retain(|name, _| name == "meta");
    let cases = [
        ("missing", MemoryStorage::new(), 1),
        ("without segments", MemoryStorage::with_files(only_meta), 1),
        ("too short", with_entries, 4),
        ("half made", half_made(), 1000),
    ];
    for (name, storage, known) in cases {
        let before = storage.to_files();
        let options = LogOptions { known_durable: Position(known), ..SMALL };
        match open(storage.clone(), options).err() {
            Some(RecoverError::Corrupt(found)) => {
                assert!(matches!(found.fault, Fault::End { .. }), "{name}: {found}");
            }
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(storage.to_files(), before, "{name}");
    }
}

#[test]
fn a_segment_takes_its_space_as_it_fills() {
    let storage = MemoryStorage::new();
    let options = LogOptions { segment_bytes: 1 << 20, ..SMALL };
    let (mut log, _) = open(storage.clone(), options).unwrap();
    let lengths = || {
        let files = storage.to_files();
        let segments = files.iter().filter(|(name, _)| name.ends_with(".seg"));
        segments.map(|(_, bytes)| bytes.len()).collect::<Vec<_>>()
    };
    assert_eq!(lengths(), [4_096], "an empty log takes little");
    let (text, mut steps) = ("t".repeat(1_000), Vec::new());
    while lengths().len() == 1 {
        put(&mut log, &[&text]);
        steps.extend(lengths().first().filter(|last| steps.last() != Some(*last)).copied());
    }
    let growth: Vec<usize> = steps.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(growth.iter().all(|step| *step <= 65_536), "{growth:?}");
    assert_eq!(steps.last(), Some(&(1 << 20)), "it is full before the next one begins");
    let entries = log.head().next;
    drop(log);
    let (log, report) = open(storage, options).unwrap();
    assert_eq!((log.head().next, report.torn), (entries, None));
}

#[test]
fn a_disk_that_gets_full_loses_nothing_that_was_synced() {
    for room in 0..40 {
        let storage = CrashStorage::new();
        let (mut log, _) = open(storage.clone(), SMALL).unwrap();
        put(&mut log, &["first"]);
        storage.full_after(room * 100);
        let mut synced = 1;
        let failed = loop {
            if let Err(error) = log.append(&[frame(&["more and more"])]) {
                break error;
            }
            log.sync().unwrap();
            synced += 1;
        };
        assert!(failed.to_string().contains("grow") || failed.to_string().contains("creat"));
        assert!(log.append(&[frame(&["again"])]).is_err(), "it writes no more");
        drop(log);
        // Reading it needs no space, and neither does opening it.
        let (log, report) = open(storage.clone(), SMALL).unwrap();
        assert_eq!((report.entries, report.torn), (synced, None));
        assert_eq!(texts(log.reader().as_ref()).len() as u64, synced);
        drop(log);
        // With space it goes on, also with less than would fill the segment, and opens after it.
        storage.full_after(1 << 20);
        let (mut log, _) = open(storage.clone(), SMALL).unwrap();
        put(&mut log, &["less"]);
        put(&mut log, &["more and more"]);
        drop(log);
        let (_, report) = open(storage, SMALL).unwrap();
        assert_eq!((report.entries, report.torn), (synced + 2, None));
    }
}
