//! What every storage must make of the same calls.

use crate::support::{SMALL, frame, open, put, texts};
use std::collections::{BTreeSet, VecDeque};
use std::ops::ControlFlow;
use zentra_events::Position;
use zentra_store::{
    AppendError, CrashStorage, EventStore, FileStorage, LogOptions, MemoryStorage, PendingFrame,
    ReadOnlyLog, RecoverError, SegmentedLog, Storage, verify,
};

type Opener = Box<dyn Fn() -> Box<dyn Storage>>;

fn storages(folder: &std::path::Path) -> Vec<(&'static str, Opener)> {
    let (memory, crash, path) = (MemoryStorage::new(), CrashStorage::new(), folder.to_owned());
    vec![
        ("memory", Box::new(move || Box::new(memory.clone()))),
        ("crash", Box::new(move || Box::new(crash.clone()))),
        ("file", Box::new(move || Box::new(FileStorage::open(&path).unwrap()))),
    ]
}

#[test]
fn entries_come_back_by_position_and_in_order_also_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    for (name, storage) in storages(folder.path()) {
        let (mut log, report) =
            zentra_store::UnrecoveredLog::open(storage(), SMALL).unwrap().recover().unwrap();
        assert_eq!((report.entries, report.torn), (0, None), "{name}");
        let mut written = Vec::new();
        for number in 0..300 {
            let (a, b) = (format!("a{number}"), "b".repeat(number % 90));
            log.append(&[frame(&[&a, &b]), frame(&[&a])]).unwrap();
            log.sync().unwrap();
            written.extend([a.clone(), b, a]);
        }
        let head = log.head();
        assert_eq!(head.next, Position(900), "{name}");
        assert_eq!(texts(log.reader().as_ref()), written, "{name}");
        drop(log);

        let (log, report) =
            zentra_store::UnrecoveredLog::open(storage(), SMALL).unwrap().recover().unwrap();
        assert_eq!(log.head(), head, "{name}: the chain goes on where it was");
        assert!(report.segments > 5 && report.torn.is_none(), "{name}");
        let reader = log.reader();
        assert_eq!(texts(reader.as_ref()), written, "{name}");
        for (position, text) in written.iter().enumerate() {
            let entry = reader.read(Position(position as u64)).unwrap().unwrap();
            assert_eq!(entry.payload.as_ref(), text.as_bytes(), "{name} {position}");
        }
        assert_eq!(reader.read(Position(900)).unwrap(), None, "{name}");
        drop((log, reader));
        let checked = verify(storage().as_ref()).unwrap();
        assert_eq!((checked.entries, checked.frames), (900, 600), "{name}");
        assert_eq!(checked.chain, head.chain, "{name}");
    }
}

#[test]
fn a_scan_begins_with_the_frame_of_its_position_and_can_be_broken_off() {
    let (mut log, _) = open(MemoryStorage::new(), SMALL).unwrap();
    for _ in 0..50 {
        log.append(&[frame(&["x", "y", "z"])]).unwrap();
    }
    log.sync().unwrap();
    let mut bases = Vec::new();
    log.reader()
        .scan(Position(100), &mut |frame| {
            bases.push(frame.base.get());
            if bases.len() < 3 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
        .unwrap();
    assert_eq!(bases, [99, 102, 105]);
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
fn readers_see_nothing_before_it_is_synced() {
    let (mut log, _) = open(MemoryStorage::new(), SMALL).unwrap();
    let reader = log.reader();
    log.append(&[frame(&["a"])]).unwrap();
    assert_eq!(reader.durable(), Position::ZERO);
    assert_eq!(reader.read(Position::ZERO).unwrap(), None);
    assert!(texts(reader.as_ref()).is_empty());
    log.sync().unwrap();
    assert_eq!(texts(reader.as_ref()), ["a"]);
}

#[test]
fn frames_that_do_not_add_up_are_refused_and_change_nothing() {
    let (mut log, _) = open(MemoryStorage::new(), SMALL).unwrap();
    let head = log.head();
    let bad = |payloads: &[u8], ends: &[u32]| PendingFrame {
        codec: 1,
        shared: Vec::new(),
        payloads: payloads.to_vec(),
        ends: ends.to_vec(),
    };
    for (payloads, ends) in [(&b""[..], &[][..]), (b"abc", &[]), (b"abc", &[2]), (b"abc", &[3, 1])]
    {
        let refused = log.append(&[frame(&["good"]), bad(payloads, ends)]);
        let bad = matches!(
            refused,
            Err(AppendError::NoEntries { frame: 1 } | AppendError::EntryEnds { frame: 1 })
        );
        assert!(bad, "{ends:?}");
    }
    let large = vec![0; zentra_store::limits::FRAME_BYTES_MAX];
    let end = large.len() as u32;
    let refused = log.append(&[bad(&large, &[end])]);
    assert!(matches!(
        refused,
        Err(AppendError::EntryTooLarge { .. } | AppendError::FrameTooLarge { .. })
    ));
    assert_eq!(log.head(), head);
    put(&mut log, &["still works"]);
    assert_eq!(texts(log.reader().as_ref()), ["still works"]);
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
fn after_a_failed_write_or_sync_nothing_more_is_taken() {
    // Space, the write and the sync.
    for operations in 0..3 {
        let storage = CrashStorage::new();
        let (mut log, _) = open(storage.clone(), SMALL).unwrap();
        put(&mut log, &["a"]);
        storage.fail_after(operations);
        let failed = log.append(&[frame(&["b"])]).and_then(|_| log.sync());
        assert!(matches!(failed, Err(AppendError::Io { .. })));
        assert!(matches!(log.append(&[frame(&["c"])]), Err(AppendError::Poisoned)));
        assert!(matches!(log.sync(), Err(AppendError::Poisoned)));
        assert_eq!(texts(log.reader().as_ref()), ["a"]);
    }
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
