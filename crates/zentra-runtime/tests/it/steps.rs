//! The pipeline stepped by one thread, on a disk that can lose power and by a clock that is set by
//! hand: what is answered is durable, whatever happens between two steps.

use proptest::prelude::*;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use zentra_engine::{Engine, Request};
use zentra_env::{Env, ManualClock};
use zentra_events::{Position, ScopeNo, Timestamp};
use zentra_keyring::Keyring;
use zentra_log::LogWriter;
use zentra_runtime::{Answer, LogAccess, Opened, Pipeline, Recovered, Step, SubmitError, fold};
use zentra_store::{CrashStorage, LogOptions, MemoryStorage, UnrecoveredLog};
use zentra_testkit::request;

const DAY: Duration = Duration::from_hours(24);

fn now() -> SystemTime {
    UNIX_EPOCH + 20_000 * DAY
}

/// Opens what a disk has, as far as it is whole, and folds it.
fn open(env: &Env, disk: &CrashStorage) -> Pipeline {
    let options = LogOptions { segment_bytes: 64 * 1024, ..LogOptions::default() };
    let unrecovered = UnrecoveredLog::open(Box::new(disk.clone()), options).unwrap();
    let (log, report) = unrecovered.recover().unwrap();
    let store: Box<dyn LogWriter> = Box::new(log);
    let mut engine = Engine::new(0);
    let read = LogAccess::new(env, store.reader());
    fold(&read, &mut engine, &mut |_, _| ControlFlow::Continue(())).unwrap();
    let recovered = Recovered { log: report, snapshot: None, folded: 0 };
    let keyring = Arc::new(Keyring::from_key([1; 32]));
    let env = env.clone();
    Pipeline::of(Opened { env, engine, store, keyring, recovered }, 64)
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

/// The disk of a machine that lost its power, and kept of what was not synced what `keep` says.
fn after_crash(disk: &CrashStorage, keep: impl Fn(usize) -> bool) -> CrashStorage {
    let left: MemoryStorage = disk.after_crash(keep);
    CrashStorage::with_files(left.to_files())
}

fn end(env: &Env, disk: &CrashStorage) -> Position {
    *open(env, disk).handle.durable().borrow()
}

#[test]
fn a_crash_between_two_steps_of_the_writer_loses_nothing_that_was_answered() {
    let env = ManualClock::at(now()).env();
    let disk = CrashStorage::new();
    let mut pipeline = open(&env, &disk);
    record(&mut pipeline, 0);
    let mut waiting = ask(&pipeline, 1);
    decide(&mut pipeline);
    let (durable, name) = (pipeline.handle.durable(), "scope_1".parse().unwrap());
    let seen = |pipeline: &Pipeline| pipeline.handle.names().scope_by_name(&name).is_some();

    assert_eq!(end(&env, &after_crash(&disk, |_| true)), Position(1), "decided, not written");
    assert_eq!(pipeline.writer.step().unwrap(), Step::Done);
    assert_eq!(end(&env, &after_crash(&disk, |_| false)), Position(1), "written, not synced");
    let survives = end(&env, &after_crash(&disk, |_| true));
    assert_eq!(survives, Position(2), "what was not synced may be there all the same");
    assert!(answer(&mut waiting).is_none() && !seen(&pipeline));

    assert_eq!(pipeline.writer.step().unwrap(), Step::Done);
    assert_eq!(end(&env, &after_crash(&disk, |_| false)), Position(2), "synced");
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
        let disk = CrashStorage::new();
        let mut pipeline = open(&env, &disk);
        record(&mut pipeline, 0);
        let mut waiting = ask(&pipeline, 1);
        decide(&mut pipeline);
        disk.fail_after(operations);
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
        let left = end(&env, &after_crash(&disk, |_| false));
        assert_eq!(left, Position(1), "after {operations} operations");
    }
    assert_eq!(Vec::from_iter(failed), [0, 1], "the write, and the sync");
}

#[test]
fn the_logs_time_goes_on_whatever_is_done_to_the_clock() {
    let clock = ManualClock::at(now());
    let (env, disk) = (clock.env(), CrashStorage::new());
    let mut pipeline = open(&env, &disk);
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
        pipeline = open(&env, &disk);
        times.push(record(&mut pipeline, number));
        number += 1;
    }
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    let day = 24 * 3_600 * 1_000_000_000;
    let (first, last) = (times[0].0, times[times.len() - 1].0);
    // It followed the clock forward; nobody waits for a year that was taken back.
    assert_eq!(last - first, 2 * day + 2 * 1_000_000_000 + 1);
    // While the clock is behind, time passes by nine tenths.
    assert_eq!(times[5].0 - times[4].0, 900_000_000);
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
    let disk = CrashStorage::new();
    let mut pipeline = open(&clock.env(), &disk);
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
    let files = disk.after_crash(|_| false).to_files();
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
