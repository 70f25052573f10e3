//! What it costs to append: the bytes, checksums and chain of frames, and a sync of the disk.
//!
//! Every iteration appends the frames of one full batch in one call. A log is replaced before its
//! segment ends, so that neither memory nor disk fills up and no roll is measured. Owns what is
//! measured. Must not know what entries mean.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;
use tempfile::TempDir;
use zentra_events::Position;
use zentra_log::{Head, LogWriter, PendingFrame};
use zentra_store::{FileStorage, LogOptions, MemoryStorage, SegmentedLog, Storage, UnrecoveredLog};

const FRAMES: usize = 32;
const FRAME_ENTRIES: usize = 256;
const ENTRY_BYTES: usize = 80;
/// Iterations of which a segment has the frames.
const APPENDS_PER_SEGMENT: u64 = 256;
/// More than the header of a segment.
const SEGMENT_HEADER_ROOM_BYTES: u64 = 4_096;

/// A log, and the folder that ends with it.
struct Opened {
    log: SegmentedLog,
    _folder: Option<TempDir>,
}

/// Without a disk: encoding, checksums and the chain, and one copy into memory.
fn append(criterion: &mut Criterion) {
    let frames = frames();
    let mut group = criterion.benchmark_group("append");
    group.throughput(Throughput::Bytes(bytes(&frames)));
    let mut logs = None;
    group.bench_function("frames_of_256x80B", |bencher| {
        let (files, opened) = logs.get_or_insert_with(|| {
            let files = empty_files(options(&frames));
            let opened = RefCell::new(in_memory(&files, options(&frames)));
            (files, opened)
        });
        let renew = || renew(opened, || in_memory(files, options(&frames)));
        let write = |()| must_append(&mut opened.borrow_mut().log, &frames);
        bencher.iter_batched(renew, write, BatchSize::PerIteration);
    });
}

/// With a file, in the folder for temporary files of the build: one sync after all the frames.
fn append_sync(criterion: &mut Criterion) {
    let frames = frames();
    let mut group = criterion.benchmark_group("append_sync");
    group.throughput(Throughput::Bytes(bytes(&frames)));
    let mut logs = None;
    group.bench_function("file", |bencher| {
        let opened = logs.get_or_insert_with(|| RefCell::new(in_a_file(options(&frames))));
        let renew = || renew(opened, || in_a_file(options(&frames)));
        let write = |()| {
            let log = &mut opened.borrow_mut().log;
            let head = must_append(log, &frames);
            assert_eq!(log.sync().expect("the disk takes it"), head.next);
        };
        bencher.iter_batched(renew, write, BatchSize::PerIteration);
    });
}

/// Puts a new log into the place of one whose segment is full.
fn renew(opened: &RefCell<Opened>, new: impl FnOnce() -> Opened) {
    let entries_max = APPENDS_PER_SEGMENT * (FRAMES * FRAME_ENTRIES) as u64;
    if opened.borrow().log.head().next.get() >= entries_max {
        opened.replace(new());
    }
}

fn must_append(log: &mut SegmentedLog, frames: &[PendingFrame]) -> Head {
    log.append(frames).expect("the frames are within the limits, and there is room")
}

/// An empty log, written out of these files. Copying them touches the memory of the segment, which
/// appending would have to wait for otherwise.
fn in_memory(files: &BTreeMap<String, Vec<u8>>, options: LogOptions) -> Opened {
    let storage = MemoryStorage::with_files(files.clone());
    Opened { log: open(storage, options), _folder: None }
}

fn empty_files(options: LogOptions) -> BTreeMap<String, Vec<u8>> {
    let storage = MemoryStorage::new();
    open(storage.clone(), options);
    storage.to_files()
}

fn in_a_file(options: LogOptions) -> Opened {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"));
    let folder = folder.expect("a build has a folder for temporary files");
    let storage = FileStorage::open(folder.path()).expect("the folder exists");
    Opened { log: open(storage, options), _folder: Some(folder) }
}

fn open(storage: impl Storage + 'static, options: LogOptions) -> SegmentedLog {
    let unrecovered = UnrecoveredLog::open(Box::new(storage), options).expect("nobody else has it");
    unrecovered.recover().expect("an empty log is whole").0
}

fn options(frames: &[PendingFrame]) -> LogOptions {
    LogOptions {
        segment_bytes: APPENDS_PER_SEGMENT * bytes(frames) + SEGMENT_HEADER_ROOM_BYTES,
        partition: 0,
        log_id: [7; 16],
        known_durable: Position::ZERO,
    }
}

/// Bytes of the frames on the disk.
fn bytes(frames: &[PendingFrame]) -> u64 {
    frames.iter().map(|frame| frame.frame_bytes() as u64).sum()
}

/// Frames with the sizes of a batch of intents, and content that says nothing.
fn frames() -> Vec<PendingFrame> {
    let mut frames = Vec::with_capacity(FRAMES);
    for number in 0..FRAMES as u64 {
        let mut content = blake3::Hasher::new();
        content.update(&number.to_le_bytes());
        let mut payloads = vec![0; FRAME_ENTRIES * ENTRY_BYTES];
        content.finalize_xof().fill(&mut payloads);
        let ends = (1..=FRAME_ENTRIES).map(|count| (count * ENTRY_BYTES) as u32).collect();
        frames.push(PendingFrame { codec: 1, shared: vec![0; ENTRY_BYTES], payloads, ends });
    }
    frames
}

fn short() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
}

criterion_group! {
    name = benches;
    config = short();
    targets = append, append_sync
}
criterion_main!(benches);
