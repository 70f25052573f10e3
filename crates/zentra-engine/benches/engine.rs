//! What one intent costs, step by step: its key and digest, deciding it, its bytes, its fold.
//!
//! Every iteration is one batch of [`INTENTS`] intents with new ids over 10,000 accounts; the
//! figures are per intent. States grow from iteration to iteration, as they do in a server. Owns
//! what is measured, and asserts that each intent went the way that its name says. Must not know
//! disks, sockets or threads.

mod support;

use criterion::measurement::WallTime;
use criterion::{
    BatchSize, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main,
};
use std::hint::black_box;
use std::time::Duration;
use support::{Frames, INTENTS, Kept, SCOPE, World, payloads};
use zentra_engine::{Engine, Outcome, PREFETCHED, Request};
use zentra_events::codec::{CODEC, FrameBytes};
use zentra_events::frame::FrameReader;
use zentra_events::{BodyRef, Entry, EntryPlace, EntryRef, Position, SettledRef, SettledTransfer};
use zentra_ledger::digest::{RequestKind, intent_digest};
use zentra_ledger::key_table::{NameKey, intent_key};

fn codec_of_settled(criterion: &mut Criterion) {
    let mut group = group(criterion, "codec");
    let mut entries = None;
    group.bench_function("encode_settled", |bencher| {
        let entries = entries.get_or_insert_with(|| decide_settled(&mut World::fast()));
        let mut frames = Frames::default();
        bencher.iter_with_large_drop(|| encode(entries, &mut frames));
    });
    let mut stored = None;
    group.bench_function("decode_settled", |bencher| {
        let (base, frames) = stored.get_or_insert_with(|| {
            let entries = decide_settled(&mut World::fast());
            (entries[0].header.position, encode(&entries, &mut Frames::default()))
        });
        bencher.iter(|| decode(*base, frames, read_settled));
    });
}

fn codec_of_general(criterion: &mut Criterion) {
    let mut group = group(criterion, "codec");
    let mut entries = None;
    group.bench_function("encode_general", |bencher| {
        let entries = entries.get_or_insert_with(decide_general);
        let mut frames = Frames::default();
        bencher.iter_with_large_drop(|| encode(entries, &mut frames));
    });
    let mut stored = None;
    group.bench_function("decode_general", |bencher| {
        let (base, frames) = stored.get_or_insert_with(|| {
            let entries = decide_general();
            (entries[0].header.position, encode(&entries, &mut Frames::default()))
        });
        bencher.iter(|| decode(*base, frames, decode_entry));
    });
}

fn hashes(criterion: &mut Criterion) {
    let mut world = None;
    let mut keys = group(criterion, "keys");
    keys.bench_function("intent_key", |bencher| {
        let ids = world.get_or_insert_with(World::fast).source.ids();
        bencher.iter(|| {
            for id in &ids {
                black_box(intent_key(SCOPE, black_box(id)));
            }
        });
    });
    keys.finish();
    let mut digests = group(criterion, "digest");
    digests.bench_function("intent", |bencher| {
        let asked = world.get_or_insert_with(World::fast).source.digested();
        bencher.iter(|| {
            for (amount, source, destination, terms) in black_box(&asked) {
                let acceptance = RequestKind::Acceptance;
                black_box(intent_digest(acceptance, *amount, source, destination, terms));
            }
        });
    });
}

/// One batch a call, encoded as it is decided.
fn batches(criterion: &mut Criterion) {
    let mut group = group(criterion, "engine");
    let mut world = None;
    group.bench_function("batch_fast", |bencher| {
        let World { engine, source, .. } = world.get_or_insert_with(World::fast);
        let mut sink = Frames::default();
        let decide = |batch: &mut _| {
            let outcomes = engine.handle_batch(World::NOW, batch, &mut sink);
            let (compact, general, frames) = sink.finish();
            assert_eq!((compact, general), (INTENTS, 0));
            (outcomes, frames)
        };
        bencher.iter_batched_ref(|| source.batch(), decide, BatchSize::PerIteration);
    });
}

/// One intent a call; nothing is encoded. The second is the first with an endpoint that listens.
fn singles(criterion: &mut Criterion) {
    let mut group = group(criterion, "engine");
    let mut world = None;
    group.bench_function("single_fast", |bencher| {
        let World { engine, source, .. } = world.get_or_insert_with(World::fast);
        let decide = |requests: &mut Vec<Request>| {
            let outcomes = handle_each(engine, requests);
            assert!(outcomes.iter().all(|outcome| is_compact(outcome) == Some(true)));
            outcomes
        };
        bencher.iter_batched_ref(|| source.requests(), decide, BatchSize::PerIteration);
    });
    let mut world = None;
    group.bench_function("single_slow", |bencher| {
        let World { engine, source, .. } = world.get_or_insert_with(World::slow);
        let decide = |requests: &mut Vec<Request>| {
            let outcomes = handle_each(engine, requests);
            assert!(outcomes.iter().all(|outcome| is_compact(outcome) == Some(false)));
            outcomes
        };
        bencher.iter_batched_ref(|| source.requests(), decide, BatchSize::PerIteration);
    });
}

/// The fold of compact entries that another engine decided, their keys at hand.
fn folds(criterion: &mut Criterion) {
    let mut group = group(criterion, "engine");
    let mut worlds = None;
    group.bench_function("apply_settled", |bencher| {
        let (leader, follower) = worlds.get_or_insert_with(|| {
            let leader = World::fast();
            let follower = leader.follower();
            (leader, follower)
        });
        let next = || {
            let entries = decide_settled(leader).into_iter();
            entries
                .map(|entry| (intent_key(SCOPE, settled(&entry).intent_id.as_str()), entry))
                .collect()
        };
        let fold = |entries: &mut Vec<(NameKey, Entry)>| apply_settled(follower, entries);
        bencher.iter_batched_ref(next, fold, BatchSize::PerIteration);
    });
}

fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(INTENTS as u64));
    group
}

fn is_compact(outcome: &Outcome) -> Option<bool> {
    match outcome {
        Outcome::Entry(entry) => Some(entry.settled().is_some()),
        Outcome::Repeat(_) | Outcome::Refused(_) => None,
    }
}

fn settled(entry: &Entry) -> &SettledTransfer {
    entry.settled().expect("it was decided on the fast path")
}

fn decide_settled(world: &mut World) -> Vec<Entry> {
    let mut kept = Kept::default();
    world.engine.handle_batch(World::NOW, &world.source.batch(), &mut kept);
    assert_eq!(kept.0.len(), INTENTS);
    kept.0
}

fn decide_general() -> Vec<Entry> {
    let World { mut engine, mut source, .. } = World::slow();
    let outcomes = handle_each(&mut engine, &source.requests());
    let entries = outcomes.into_iter().map(|outcome| match outcome {
        Outcome::Entry(entry) => entry,
        other => panic!("an intent gave no entry: {other:?}"),
    });
    entries.collect()
}

fn handle_each(engine: &mut Engine, requests: &[Request]) -> Vec<Outcome> {
    requests.iter().map(|request| engine.handle(World::NOW, request)).collect()
}

fn encode(entries: &[Entry], frames: &mut Frames) -> Vec<FrameBytes> {
    for entry in entries {
        frames.add(&entry.borrow());
    }
    frames.finish().2
}

/// Reads every payload of consecutive frames.
fn decode(base: Position, frames: &[FrameBytes], one: impl Fn(&FrameReader, Position, &[u8])) {
    let mut base = base;
    for frame in frames {
        let reader = FrameReader::new(CODEC, &frame.shared).expect("it was encoded just now");
        for (position, payload) in payloads(base, frame) {
            one(&reader, position, payload);
        }
        base = Position(base.0 + frame.ends.len() as u64);
    }
}

fn read_settled(reader: &FrameReader, position: Position, payload: &[u8]) {
    let mut place = EntryPlace::EMPTY;
    let read = place.read(reader, position, payload, |_, _| [0; 16]);
    read.expect("it was encoded as a settled transfer");
    black_box(place);
}

fn decode_entry(reader: &FrameReader, position: Position, payload: &[u8]) {
    black_box(reader.entry(position, payload).expect("it was encoded as an entry"));
}

fn apply_settled(engine: &mut Engine, entries: &[(NameKey, Entry)]) {
    for frame in entries.chunks(PREFETCHED) {
        let facts = frame.iter().map(|(_, entry)| &settled(entry).facts);
        engine.prefetch_accounts(facts.flat_map(|facts| [facts.source, facts.destination]));
        for (key, entry) in frame {
            let transfer = SettledRef { key: Some(key), ..settled(entry).borrow() };
            let entry = EntryRef { header: &entry.header, body: BodyRef::Settled(transfer) };
            engine.apply(&entry).expect("the entries are in order");
        }
    }
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
    targets = codec_of_settled, codec_of_general, hashes, batches, singles, folds
}
criterion_main!(benches);
