//! The pipeline stepped by one thread, on a disk that can lose power and by a clock that is set by
//! hand: what is answered is durable, whatever happens between two steps.

use proptest::prelude::*;
use std::collections::BTreeSet;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use zentra_engine::{Engine, Request, Space};
use zentra_env::{Env, ManualClock};
use zentra_events::{Position, ScopeNo, Timestamp};
use zentra_keyring::{Keyring, KeyringError};
use zentra_runtime::{
    Answer, DataFolder, FolderPart, Mark, Marker, OpenFolder, Opened, Pipeline, Step, SubmitError,
    last_snapshot,
};
use zentra_store::{CrashStorage, MemoryStorage, RecoverError, Storage};
use zentra_testkit::request;

const DAY: Duration = Duration::from_hours(24);

fn now() -> SystemTime {
    UNIX_EPOCH + 20_000 * DAY
}

/// A data folder on disks that can lose power, with its key in memory.
#[derive(Clone, Default)]
struct Disks {
    root: CrashStorage,
    log: CrashStorage,
    snapshots: CrashStorage,
}

impl Disks {
    fn of(&self, part: FolderPart) -> &CrashStorage {
        match part {
            FolderPart::Root => &self.root,
            FolderPart::Log => &self.log,
            FolderPart::Snapshots => &self.snapshots,
        }
    }

    fn folder(&self) -> DataFolder {
        DataFolder::opened_by("simulated", Arc::new(self.clone()))
    }

    /// After a loss of power that kept of what was not synced what `keep` says.
    fn after_crash(&self, keep: impl Fn(usize) -> bool) -> Disks {
        let left = |disk: &CrashStorage| {
            let left: MemoryStorage = disk.after_crash(&keep);
            CrashStorage::with_files(left.to_files())
        };
        Disks { root: left(&self.root), log: left(&self.log), snapshots: left(&self.snapshots) }
    }
}

impl OpenFolder for Disks {
    fn to_write(&self, part: FolderPart) -> Result<Box<dyn Storage>, RecoverError> {
        Ok(Box::new(self.of(part).clone()))
    }

    fn to_read(&self, part: FolderPart) -> Result<Option<Box<dyn Storage>>, RecoverError> {
        self.to_write(part).map(Some)
    }

    fn key(&self) -> Result<Option<Keyring>, KeyringError> {
        Ok(Some(Keyring::from_key([1; 32])))
    }

    fn make_key(&self, _: &Env) -> Result<Keyring, KeyringError> {
        panic!("there is one")
    }
}

fn recover(env: &Env, disks: &Disks) -> Opened {
    zentra_runtime::open(env, &disks.folder(), 0, 64 * 1024).unwrap()
}

/// Opens what the disks have, as far as it is whole.
fn open(env: &Env, disks: &Disks) -> Pipeline {
    Pipeline::of(recover(env, disks), 64)
}

fn scope(number: usize) -> Request {
    request(ScopeNo(0), "tester", zentra_testkit::scope(&format!("scope_{number}")))
}

type Waiting = Pin<Box<dyn Future<Output = Result<Answer, SubmitError>>>>;

/// Asks, and does not wait.
fn ask(pipeline: &Pipeline, number: usize) -> Waiting {
    let handle = pipeline.handle.clone();
    let mut waiting: Waiting = Box::pin(async move { handle.submit(scope(number)).await });
    assert!(answer(&mut waiting).is_none());
    waiting
}

/// The answer, if it is there.
fn answer(waiting: &mut Waiting) -> Option<Result<Answer, SubmitError>> {
    match pin!(waiting).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}

fn entry_of(answer: &Answer) -> (Position, Timestamp) {
    match answer {
        Answer::Entry(entry) => (entry.header.position, entry.header.recorded_at),
        other => panic!("{other:?}"),
    }
}

/// Steps the kernel until it has nothing to do.
fn decide(pipeline: &mut Pipeline) {
    while pipeline.kernel.step() != Step::Idle {}
}

/// Asks and steps until there is an answer; when its entry was recorded.
fn record(pipeline: &mut Pipeline, number: usize) -> Timestamp {
    let mut waiting = ask(pipeline, number);
    decide(pipeline);
    while pipeline.writer.step().unwrap() != Step::Idle {}
    entry_of(&answer(&mut waiting).unwrap().unwrap()).1
}

fn end(env: &Env, disks: &Disks) -> Position {
    *open(env, disks).handle.durable().borrow()
}

#[test]
fn a_crash_between_two_steps_of_the_writer_loses_nothing_that_was_answered() {
    let env = ManualClock::at(now()).env();
    let disks = Disks::default();
    let mut pipeline = open(&env, &disks);
    record(&mut pipeline, 0);
    let mut waiting = ask(&pipeline, 1);
    decide(&mut pipeline);
    let (durable, name) = (pipeline.handle.durable(), "scope_1".parse().unwrap());
    let seen = |pipeline: &Pipeline| pipeline.handle.names().scope_by_name(&name).is_some();

    assert_eq!(end(&env, &disks.after_crash(|_| true)), Position(1), "decided, not written");
    assert_eq!(pipeline.writer.step().unwrap(), Step::Done);
    assert_eq!(end(&env, &disks.after_crash(|_| false)), Position(1), "written, not synced");
    let survives = end(&env, &disks.after_crash(|_| true));
    assert_eq!(survives, Position(2), "what was not synced may be there all the same");
    assert!(answer(&mut waiting).is_none() && !seen(&pipeline));

    assert_eq!(pipeline.writer.step().unwrap(), Step::Done);
    assert_eq!(end(&env, &disks.after_crash(|_| false)), Position(2), "synced");
    assert!(answer(&mut waiting).is_none() && !seen(&pipeline));
    assert_eq!(*durable.borrow(), Position(1), "nobody has been told");

    assert_eq!(pipeline.writer.step().unwrap(), Step::Done);
    assert!(answer(&mut waiting).is_none(), "who is answered finds it");
    assert!(seen(&pipeline) && *durable.borrow() == Position(2));
    assert_eq!(pipeline.writer.step().unwrap(), Step::Done);
    let (position, _) = entry_of(&answer(&mut waiting).unwrap().unwrap());
    assert_eq!(position, Position(1));
    assert_eq!(pipeline.writer.step().unwrap(), Step::Idle);
}

#[test]
fn a_disk_that_fails_answers_nobody_and_the_log_opens_again() {
    let mut failed = BTreeSet::new();
    for operations in 0.. {
        let env = ManualClock::at(now()).env();
        let disks = Disks::default();
        let mut pipeline = open(&env, &disks);
        record(&mut pipeline, 0);
        let mut waiting = ask(&pipeline, 1);
        decide(&mut pipeline);
        disks.log.fail_after(operations);
        let mut steps = 0;
        while pipeline.writer.step().is_ok_and(|step| step == Step::Done) {
            steps += 1;
        }
        if answer(&mut waiting).is_some_and(|answer| answer.is_ok()) {
            break;
        }
        failed.insert(steps);
        // A query that saw what was never durable is not answered either.
        let handle = pipeline.handle.clone();
        let mut query = Box::pin(handle.query(Engine::next_position));
        let waker = &mut Context::from_waker(Waker::noop());
        assert!(query.as_mut().poll(waker).is_pending());
        decide(&mut pipeline);
        assert!(pipeline.writer.step().is_err());
        assert!(query.as_mut().poll(waker).is_pending());
        drop(pipeline);
        assert!(matches!(query.as_mut().poll(waker), Poll::Ready(Err(SubmitError::Stopped))));
        let left = end(&env, &disks.after_crash(|_| false));
        assert_eq!(left, Position(1), "after {operations} operations");
    }
    assert_eq!(Vec::from_iter(failed), [0, 1], "the write, and the sync");
}

#[test]
fn the_logs_time_goes_on_whatever_is_done_to_the_clock() {
    let clock = ManualClock::at(now());
    let (env, disks) = (clock.env(), Disks::default());
    let mut pipeline = open(&env, &disks);
    let (mut times, mut number) = (Vec::new(), 0);
    let second = Duration::from_secs(1);
    for to in [now(), now() - 365 * DAY, now() + DAY, now() - DAY, UNIX_EPOCH, now() + 2 * DAY] {
        clock.set(to);
        for _ in 0..3 {
            clock.advance(second);
            times.push(record(&mut pipeline, number));
            number += 1;
        }
        // A restart with a clock that was set goes on from what is in the log.
        drop(pipeline);
        pipeline = open(&env, &disks);
        times.push(record(&mut pipeline, number));
        number += 1;
    }
    assert!(times.is_sorted(), "{times:?}");
    let day = 24 * 3_600 * 1_000_000_000;
    let (first, last) = (times[0].0, times[times.len() - 1].0);
    // It followed the clock forward; nobody waits for a year that was taken back.
    assert_eq!(last - first, 2 * day + 2 * 1_000_000_000);
    // While the clock is behind, time passes by nine tenths.
    assert_eq!(times[5].0 - times[4].0, 900_000_000);
}

#[test]
fn a_snapshot_or_a_mark_that_is_cut_off_anywhere_leaves_the_old_one_or_the_new_one() {
    let env = ManualClock::at(now()).env();
    let disks = Disks::default();
    let mut digests = Vec::new();
    let keyring = Arc::new(Keyring::from_key([1; 32]));
    for round in 0..3 {
        let mut pipeline = open(&env, &disks);
        record(&mut pipeline, round);
        drop(pipeline);
        let cut_off = |operations: u64| {
            let cut = disks.after_crash(|_| true);
            let Opened { engine, store, .. } = recover(&env, &cut);
            let head = store.head();
            digests.push(engine.digests());
            cut.root.fail_after(operations);
            cut.snapshots.fail_after(operations);
            let folder = cut.folder();
            let written = last_snapshot(&folder, &keyring, Space::Enough, (engine, store.as_ref()));
            let marked = Marker::new(folder, Arc::clone(&keyring))
                .write(&Mark { next: head.next, chain: head.chain });
            for keeps in [0, 1, 2, usize::MAX] {
                let left = cut.after_crash(|number| number < keeps);
                let opened = recover(&env, &left);
                digests.push(opened.engine.digests());
                let at = opened.recovered.snapshot.map_or(0, Position::get);
                let whole = round as u64 + 1;
                assert!(at == whole || at == whole - 1, "{at} in round {round}");
                let mark = Mark::read(&left.folder(), Some(&keyring)).unwrap();
                let mark = mark.map_or(0, |mark| mark.next.get());
                assert!(mark == whole || mark == whole - 1, "{mark} in round {round}");
                assert!(written.is_err() || at == whole);
                assert!(marked.is_err() || mark == whole);
            }
            written.is_ok() && marked.is_ok()
        };
        assert!((0..100).any(cut_off), "with enough operations both are written");
        digests.dedup();
        assert_eq!(digests.len(), 1, "the state is the log's, whatever it was opened from");
        digests.clear();
        // The next round begins with both.
        let Opened { engine, store, .. } = recover(&env, &disks);
        let head = store.head();
        let folder = disks.folder();
        last_snapshot(&folder, &keyring, Space::Enough, (engine, store.as_ref())).unwrap();
        let marker = Marker::new(folder, Arc::clone(&keyring));
        marker.write(&Mark { next: head.next, chain: head.chain }).unwrap();
    }
}

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Turn {
    Ask,
    Kernel,
    Writer,
    Pass,
}

/// Steps as they come; who was answered, in order, and the bytes on the disk.
fn run(turns: &[Turn]) -> (Vec<(usize, Timestamp)>, Vec<u8>) {
    let clock = ManualClock::at(now());
    let disks = Disks::default();
    let mut pipeline = open(&clock.env(), &disks);
    let (mut waiting, mut answered) = (Vec::new(), Vec::new());
    let (mut asked, mut steps) = (0, 0);
    let rest = [Turn::Kernel, Turn::Writer].into_iter().cycle();
    for turn in turns.iter().copied().chain(rest) {
        match turn {
            Turn::Ask if asked < 60 => {
                waiting.push((asked, ask(&pipeline, asked)));
                asked += 1;
            }
            Turn::Ask => {}
            Turn::Kernel => assert_ne!(pipeline.kernel.step(), Step::Ended),
            Turn::Writer => assert_ne!(pipeline.writer.step().unwrap(), Step::Ended),
            Turn::Pass => clock.advance(Duration::from_millis(1)),
        }
        waiting.retain_mut(|(number, waiting)| match answer(waiting) {
            Some(told) => {
                answered.push((*number, entry_of(&told.unwrap()).1));
                false
            }
            None => true,
        });
        steps += 1;
        if steps > turns.len() && waiting.is_empty() {
            break;
        }
    }
    let files = disks.log.after_crash(|_| false).to_files();
    assert_eq!(answered.len(), asked);
    (answered, files.into_values().flatten().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn in_any_order_of_steps_each_is_answered_once_and_twice_the_same(
        turns in proptest::collection::vec(
            prop_oneof![
                Just(Turn::Ask), Just(Turn::Kernel), Just(Turn::Writer), Just(Turn::Pass)
            ],
            0..150,
        )
    ) {
        let (answered, bytes) = run(&turns);
        let each: BTreeSet<usize> = answered.iter().map(|(number, _)| *number).collect();
        prop_assert_eq!(each.len(), answered.len());
        prop_assert_eq!((answered, bytes), run(&turns));
    }
}
