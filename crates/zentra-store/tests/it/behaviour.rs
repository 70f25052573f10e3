//! What this store does beyond what every log does: segments, chunks, the lock.

use crate::support::{SMALL, frame, open, put, texts};
use std::collections::{BTreeSet, VecDeque};
use std::ops::ControlFlow;
use zentra_events::Position;
use zentra_log::{Head, LogWriter};
use zentra_store::{
    FileStorage, LogOptions, MemoryStorage, ReadOnlyLog, RecoverError, SegmentedLog, verify,
};

#[test]
fn a_log_opens_again_with_all_its_segments() {
    let storage = MemoryStorage::new();
    let (mut log, report) = open(storage.clone(), SMALL).unwrap();
    assert_eq!((report.created, report.entries, report.torn), (true, 0, None));
    for number in 0..300 {
        log.append(&[frame(&["a", &"b".repeat(number % 90)]), frame(&["c"])]).unwrap();
        log.sync().unwrap();
    }
    let head = log.head();
    drop(log);
    let (log, report) = open(storage.clone(), SMALL).unwrap();
    assert_eq!((report.created, report.entries, report.torn), (false, 900, None));
    assert_eq!((log.head(), Head { next: report.next, chain: report.chain }), (head, head));
    assert!(report.segments > 5, "{}", report.segments);
    let checked = verify(&storage).unwrap();
    assert_eq!((checked.entries, checked.frames, checked.chain), (900, 600, head.chain));
}

/// A log whose frames are about a thirteenth of the chunk that a scan reads at a time.
fn log_of_large_frames(text: impl Fn(usize) -> String) -> SegmentedLog {
    let large = LogOptions { segment_bytes: 64 << 20, ..SMALL };
    let (mut log, _) = open(MemoryStorage::new(), large).unwrap();
    for number in 0..300 {
        log.append(&[frame(&[&text(number)])]).unwrap();
    }
    log.sync().unwrap();
    log
}

#[test]
fn chunks_that_come_back_are_read_into_again() {
    let log = log_of_large_frames(|_| "text".repeat(20_000));
    let (mut recent, mut places) = (VecDeque::new(), BTreeSet::new());
    log.reader()
        .scan(Position::ZERO, &mut |frame| {
            places.insert(frame.entries().next().unwrap().payload.as_ptr());
            recent.push_back(frame.clone());
            if recent.len() > 30 {
                recent.pop_front();
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    // Four chunks are enough for 31 frames; those before them are smaller.
    assert!(places.len() < 100, "{} places for 300 frames", places.len());
}

#[test]
fn frames_that_are_kept_stay_as_they_are_while_the_scan_goes_on() {
    let text = |number: usize| format!("{number:04}").repeat(20_000);
    let log = log_of_large_frames(text);
    // Some are kept to the end, the others until a few later ones were read.
    let (mut kept, mut recent) = (Vec::new(), VecDeque::new());
    log.reader()
        .scan(Position::ZERO, &mut |frame| {
            recent.push_back(frame.clone());
            if frame.base.get() % 40 == 0 {
                kept.push(frame.clone());
            }
            if recent.len() > 30 {
                kept.extend(recent.pop_front().filter(|frame| frame.base.get() % 7 == 0));
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    for frame in kept.iter().chain(&recent) {
        let entry = frame.entries().next().unwrap();
        assert!(entry.payload == text(frame.base.get() as usize), "{:?}", frame.base);
    }
}

#[test]
fn a_frame_larger_than_a_segment_gets_its_own() {
    let storage = MemoryStorage::new();
    let (mut log, _) = open(storage.clone(), SMALL).unwrap();
    let large = "l".repeat(10_000);
    put(&mut log, &["a", &large, "b"]);
    drop(log);
    let (log, report) = open(storage, SMALL).unwrap();
    assert_eq!(texts(log.reader().as_ref()), ["a", &large, "b"]);
    assert_eq!(report.segments, 3);
}

#[test]
fn a_folder_is_locked_for_one_process_and_readers_need_no_lock() {
    let folder = tempfile::tempdir().unwrap();
    let (mut held, _) = open(FileStorage::open(folder.path()).unwrap(), SMALL).unwrap();
    put(&mut held, &["a"]);
    let refused = open(FileStorage::open(folder.path()).unwrap(), SMALL).err().unwrap();
    assert!(matches!(refused, RecoverError::Locked { .. }));
    let said = refused.to_string();
    assert!(said.contains(&std::process::id().to_string()), "{said}");
    let reading = FileStorage::open_read_only(folder.path()).unwrap();
    let reading = ReadOnlyLog::open(Box::new(reading)).unwrap();
    assert_eq!(texts(reading.reader().as_ref()), ["a"]);
    drop(held);
    assert!(open(FileStorage::open(folder.path()).unwrap(), SMALL).is_ok());
}
