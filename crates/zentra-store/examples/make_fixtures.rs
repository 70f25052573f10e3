//! Writes the fixtures of format version 1 to a folder: `make_fixtures <folder>`.
//!
//! Run once when the version was made; the files are kept as they are for ever.
#![expect(clippy::unwrap_used, reason = "a tool for developers")]

use std::collections::BTreeMap;
use std::path::Path;
use zentra_events::Position;
use zentra_log::{LogWriter, PendingFrame};
use zentra_store::{LogOptions, MemoryStorage, UnrecoveredLog};

const OPTIONS: LogOptions = LogOptions {
    segment_bytes: 1_024,
    partition: 0,
    log_id: [7; 16],
    known_durable: Position::ZERO,
};

fn main() {
    let folder = std::env::args().nth(1).expect("a folder to write to");
    let folder = Path::new(&folder);
    let (small, chain) = log(12);
    write(folder, "empty", &log(0).0);
    write(folder, "small", &small);
    std::fs::write(folder.join("small.chain"), chain + "\n").unwrap();
    write(
        folder,
        "torn-tail",
        &changed(&small, |last| {
            let frame = last.windows(4).rposition(|window| window == b"ZFRM").unwrap();
            last[frame + 70..].fill(0);
        }),
    );
    write(folder, "bad-crc-middle", &changed_first(&small, |first| first[150] ^= 1));
    write(folder, "cut-middle", &changed_first(&small, |first| cut(first)));
}

/// Cuts the segment's last frame short, as no crash of ours could: the next segment was made after
/// it.
fn cut(first: &mut [u8]) {
    let used = first.iter().rposition(|byte| *byte != 0).unwrap();
    first[used - 30..].fill(0);
}

fn log(entries: usize) -> (BTreeMap<String, Vec<u8>>, String) {
    let storage = MemoryStorage::new();
    let opened = UnrecoveredLog::open(Box::new(storage.clone()), OPTIONS).unwrap();
    let (mut log, _) = opened.recover().unwrap();
    for number in 0..entries {
        let payloads = format!("entry {number} of the fixture").into_bytes();
        let ends = vec![payloads.len() as u32];
        log.append(&[PendingFrame { codec: 1, shared: b"shared".to_vec(), payloads, ends }])
            .unwrap();
        log.sync().unwrap();
    }
    let chain = log.head().chain.iter().map(|byte| format!("{byte:02x}")).collect();
    (storage.to_files(), chain)
}

fn changed(
    files: &BTreeMap<String, Vec<u8>>,
    change: impl FnOnce(&mut Vec<u8>),
) -> BTreeMap<String, Vec<u8>> {
    let mut files = files.clone();
    change(segments(&mut files).next_back().unwrap());
    files
}

fn changed_first(
    files: &BTreeMap<String, Vec<u8>>,
    change: impl FnOnce(&mut Vec<u8>),
) -> BTreeMap<String, Vec<u8>> {
    let mut files = files.clone();
    change(segments(&mut files).next().unwrap());
    files
}

fn segments(
    files: &mut BTreeMap<String, Vec<u8>>,
) -> impl DoubleEndedIterator<Item = &mut Vec<u8>> {
    files.iter_mut().filter(|(name, _)| name.ends_with(".seg")).map(|(_, bytes)| bytes)
}

fn write(folder: &Path, name: &str, files: &BTreeMap<String, Vec<u8>>) {
    let folder = folder.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}
