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
use zentra_engine::{Engine, EntrySink, Outcome, RUNS_WARMED, Request};
use zentra_events::codec::{CODEC, FrameBytes};
use zentra_events::frame::FrameReader;
use zentra_events::{Entry, OwnedRun, Position};
use zentra_ledger::digest::{Asked, intent_digest};
use zentra_ledger::key_table::{Key, intent_key};

fn codec_of_runs(criterion: &mut Criterion) {
    let mut group = group(criterion, "codec");
    let mut runs = None;
    group.bench_function("encode_runs", |bencher| {
        let runs = runs.get_or_insert_with(|| decide_runs(&mut World::straight()));
        let mut frames = Frames::default();
        bencher.iter_with_large_drop(|| encode_runs(runs, &mut frames));
    });
    let mut stored = None;
    group.bench_function("decode_runs", |bencher| {
        let (base, frames) = stored.get_or_insert_with(|| {
            let runs = decide_runs(&mut World::straight());
            (runs[0].header.position, encode_runs(&runs, &mut Frames::default()))
        });
        bencher.iter(|| decode(*base, frames, decode_run));
    });
}

fn codec_of_entries(criterion: &mut Criterion) {
    let mut group = group(criterion, "codec");
    let mut entries = None;
    group.bench_function("encode_entries", |bencher| {
        let entries = entries.get_or_insert_with(decide_entries);
        let mut frames = Frames::default();
        bencher.iter_with_large_drop(|| encode_entries(entries, &mut frames));
    });
    let mut stored = None;
    group.bench_function("decode_entries", |bencher| {
        let (base, frames) = stored.get_or_insert_with(|| {
            let entries = decide_entries();
            (entries[0].header.position, encode_entries(&entries, &mut Frames::default()))
        });
        bencher.iter(|| decode(*base, frames, decode_entry));
    });
}

fn hashes(criterion: &mut Criterion) {
    let mut world = None;
    let mut keys = group(criterion, "keys");
    keys.bench_function("intent_key", |bencher| {
        let ids = world.get_or_insert_with(World::straight).source.ids();
        bencher.iter(|| {
            for id in &ids {
                black_box(intent_key(SCOPE, black_box(id)));
            }
        });
    });
    keys.finish();
    let mut digests = group(criterion, "digest");
    digests.bench_function("intent", |bencher| {
        let asked = world.get_or_insert_with(World::straight).source.digested();
        bencher.iter(|| {
            for (amount, source, destination, terms) in black_box(&asked) {
                let acceptance = Asked::Acceptance;
                black_box(intent_digest(acceptance, *amount, source, destination, terms));
            }
        });
    });
}

/// One batch a call, encoded as it is decided.
fn batches(criterion: &mut Criterion) {
    let mut group = group(criterion, "engine");
    let mut world = None;
    group.bench_function("batch_straight", |bencher| {
        let World { engine, source, .. } = world.get_or_insert_with(World::straight);
        let mut sink = Frames::default();
        let decide = |batch: &mut _| {
            let outcomes = engine.handle_batch(World::NOW, batch, &mut sink);
            let (runs, entries, frames) = sink.finish();
            assert_eq!((runs, entries), (INTENTS, 0));
            (outcomes, frames)
        };
        bencher.iter_batched_ref(|| source.batch(), decide, BatchSize::PerIteration);
    });
}

/// One intent a call; nothing is encoded. The second is the first with an endpoint that listens.
fn singles(criterion: &mut Criterion) {
    let mut group = group(criterion, "engine");
    let mut world = None;
    group.bench_function("single_straight", |bencher| {
        let World { engine, source, .. } = world.get_or_insert_with(World::straight);
        let decide = |requests: &mut Vec<Request>| {
            let outcomes = handle_each(engine, requests);
            assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Run(_))));
            outcomes
        };
        bencher.iter_batched_ref(|| source.requests(), decide, BatchSize::PerIteration);
    });
    let mut world = None;
    group.bench_function("general", |bencher| {
        let World { engine, source, .. } = world.get_or_insert_with(World::general);
        let decide = |requests: &mut Vec<Request>| {
            let outcomes = handle_each(engine, requests);
            assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Entry(_))));
            outcomes
        };
        bencher.iter_batched_ref(|| source.requests(), decide, BatchSize::PerIteration);
    });
}

/// The fold of runs that another engine decided, their keys at hand.
fn folds(criterion: &mut Criterion) {
    let mut group = group(criterion, "engine");
    let mut worlds = None;
    group.bench_function("apply_runs", |bencher| {
        let (leader, follower) = worlds.get_or_insert_with(|| {
            let leader = World::straight();
            let follower = leader.follower();
            (leader, follower)
        });
        let next_runs = || {
            let runs = decide_runs(leader).into_iter();
            runs.map(|run| (intent_key(SCOPE, run.intent_id.as_str()), run)).collect()
        };
        let fold = |runs: &mut Vec<(Key, OwnedRun)>| apply_runs(follower, runs);
        bencher.iter_batched_ref(next_runs, fold, BatchSize::PerIteration);
    });
}

fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(INTENTS as u64));
    group
}

fn decide_runs(world: &mut World) -> Vec<OwnedRun> {
    let mut kept = Kept::default();
    world.engine.handle_batch(World::NOW, &world.source.batch(), &mut kept);
    assert_eq!(kept.0.len(), INTENTS);
    kept.0
}

fn decide_entries() -> Vec<Entry> {
    let World { mut engine, mut source, .. } = World::general();
    let outcomes = handle_each(&mut engine, &source.requests());
    let entries = outcomes.into_iter().map(|outcome| match outcome {
        Outcome::Entry(entry) => entry,
        other => panic!("an intent gave no whole entry: {other:?}"),
    });
    entries.collect()
}

fn handle_each(engine: &mut Engine, requests: &[Request]) -> Vec<Outcome> {
    requests.iter().map(|request| engine.handle(World::NOW, request)).collect()
}

fn encode_runs(runs: &[OwnedRun], frames: &mut Frames) -> Vec<FrameBytes> {
    for run in runs {
        frames.run(&run.borrow());
    }
    frames.finish().2
}

fn encode_entries(entries: &[Entry], frames: &mut Frames) -> Vec<FrameBytes> {
    for entry in entries {
        frames.whole(entry);
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

fn decode_run(reader: &FrameReader, position: Position, payload: &[u8]) {
    black_box(reader.run(position, payload).expect("it was encoded as a run"));
}

fn decode_entry(reader: &FrameReader, position: Position, payload: &[u8]) {
    black_box(reader.entry(position, payload).expect("it was encoded as an entry"));
}

fn apply_runs(engine: &mut Engine, runs: &[(Key, OwnedRun)]) {
    for frame in runs.chunks(RUNS_WARMED) {
        let runs = frame.iter().map(|(_, run)| &run.body);
        engine.warm_accounts(runs.flat_map(|body| [body.source, body.destination]));
        for (key, run) in frame {
            engine.apply_run(&run.borrow(), key).expect("the runs are in order");
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
    targets = codec_of_runs, codec_of_entries, hashes, batches, singles, folds
}
criterion_main!(benches);
