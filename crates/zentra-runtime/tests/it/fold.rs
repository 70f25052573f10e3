//! A log folds to the state that made it, whoever decodes what; what does not follow is refused.

use crate::pipeline::{fund, scope};
use std::ops::ControlFlow;
use zentra_engine::{ApplyError, Engine, Outcome, Request};
use zentra_env::Env;
use zentra_events::event::Capture;
use zentra_events::frame_builder::frame_of;
use zentra_events::{Amount, Entry, Position, ScopeNo, Timestamp};
use zentra_ledger::key_table::intent_key;
use zentra_log::PendingFrame;
use zentra_runtime::{FoldError, fold};
use zentra_runtime::{LogAccess, LogError};
use zentra_testkit::{accept, details, memory_log, request};

/// A scope, an account with money, and intents: every 500th is held and takes the slow path.
fn made(intents: usize) -> (Engine, Vec<Entry>) {
    let mut engine = Engine::new(0);
    let mut all = Vec::new();
    let first = [scope("workspace_scope"), fund("customer_balance:1")];
    for request in first.into_iter().chain((0..intents).map(intent)) {
        all.push(match engine.handle(Timestamp(1_000), &request) {
            Outcome::Entry(entry) => entry,
            other => panic!("{other:?}"),
        });
    }
    (engine, all)
}

fn intent(number: usize) -> Request {
    let capture = if number.is_multiple_of(500) { Capture::Manual } else { Capture::Automatic };
    let details = details("customer_balance:1", "merchant_balance", 1, capture);
    request(ScopeNo(0), "zentra", accept(&id(number), details))
}

fn id(number: usize) -> String {
    format!("intent_{number}")
}

/// The frame of these.
fn frame(made: &[Entry]) -> PendingFrame {
    frame_of(made).unwrap().into()
}

fn log(frames: &[PendingFrame]) -> LogAccess {
    let mut log = memory_log();
    log.append(frames).unwrap();
    log.sync().unwrap();
    LogAccess::new(&Env::for_tests(), log.reader())
}

fn folded(log: &LogAccess) -> (Engine, Result<(), FoldError>) {
    let mut engine = Engine::new(0);
    let done = fold(log, &mut engine, &mut |_, _| ControlFlow::Continue(()));
    (engine, done)
}

#[test]
fn frames_of_any_size_fold_to_the_state_that_made_them() {
    let (engine, made) = made(6_000);
    for entries in [1, 7, 256, 5_000] {
        let frames: Vec<_> = made.chunks(entries).map(frame).collect();
        let log = log(&frames);
        let (mut folded, mut ends, mut bytes) = (Engine::new(0), Vec::new(), 0);
        fold(&log, &mut folded, &mut |engine, frame_bytes| {
            ends.push(engine.next_position().get() as usize);
            bytes += frame_bytes;
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(folded.digests(), engine.digests(), "{entries} a frame");
        let expected = (1..=frames.len()).map(|frame| (frame * entries).min(made.len()));
        assert!(ends.into_iter().eq(expected), "the visitor is told of every frame in its order");
        assert_eq!(bytes, frames.iter().map(PendingFrame::frame_bytes).sum::<usize>());
        // Every intent is found, and no other.
        for number in 0..=6_000 {
            let found = folded.ledger().find_intent(&intent_key(ScopeNo(0), &id(number)));
            assert_eq!(found.map(|no| no.index()), (number < 6_000).then_some(number));
        }
    }
}

#[test]
fn a_fold_that_is_ended_early_stands_at_the_end_of_a_frame_and_goes_on_from_there() {
    let (engine, made) = made(3_000);
    let log = log(&made.chunks(100).map(frame).collect::<Vec<_>>());
    for frames in [1, 11, 29] {
        let (mut folded, mut left) = (Engine::new(0), frames);
        fold(&log, &mut folded, &mut |_, _| {
            left -= 1;
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
        assert_eq!(folded.next_position(), Position(frames * 100));
        assert!(folded.ledger().find_intent(&intent_key(ScopeNo(0), &id(1))).is_some());
        fold(&log, &mut folded, &mut |_, _| ControlFlow::Continue(())).unwrap();
        assert_eq!(folded.digests(), engine.digests());
    }
}

#[test]
fn bytes_that_are_no_entry_end_the_fold() {
    let (_, made) = made(3_000);
    let mut frames: Vec<_> = made.chunks(100).map(frame).collect();
    // The first byte of the third payload, its kind.
    let at = frames[20].ends[1] as usize;
    frames[20].payloads[at] = 0xff;
    let (engine, done) = folded(&log(&frames));
    let refused =
        matches!(done, Err(FoldError::Log(LogError::Codec { position: Position(2_002), .. })));
    assert!(refused, "{done:?}");
    assert!(engine.next_position() <= Position(2_000), "nothing after the damage was applied");
}

#[test]
fn an_entry_that_does_not_follow_is_refused() {
    let (_, made) = made(3_000);
    let mut frames: Vec<_> = made.chunks(100).map(frame).collect();
    let again = frames[18].clone();
    frames[20] = again;
    let (engine, done) = folded(&log(&frames));
    assert!(matches!(done, Err(FoldError::Apply(_))), "{done:?}");
    assert_eq!(engine.next_position(), Position(2_000));
}

/// The log is longer than what waits between the threads: those that wait are let go.
#[test]
fn a_wrong_fact_ends_the_fold_and_says_where_it_is() {
    let (_, mut made) = made(15_000);
    let broken = made[1_500..].iter_mut().find(|entry| entry.settled().is_some()).unwrap();
    let mut transfer = broken.settled().unwrap().clone();
    transfer.facts.amount = Amount(0);
    let position = broken.header.position;
    *broken = Entry::of_settled(broken.header, transfer);
    let (engine, done) = folded(&log(&made.chunks(256).map(frame).collect::<Vec<_>>()));
    let done = done.unwrap_err();
    assert!(
        matches!(&done, FoldError::Apply(ApplyError::Fact { position: at, fact })
        if *at == position && fact.to_string() == "a settled transfer moves 0"),
        "{done:?}"
    );
    assert_eq!(engine.next_position(), position);
}

#[test]
fn an_intent_that_is_accepted_twice_is_found_when_all_is_folded() {
    let (_, mut made) = made(3_000);
    let last = made.last_mut().unwrap();
    let mut transfer = last.settled().unwrap().clone();
    transfer.intent_id = id(7).parse().unwrap();
    let position = last.header.position;
    *last = Entry::of_settled(last.header, transfer);
    let (_, done) = folded(&log(&made.chunks(100).map(frame).collect::<Vec<_>>()));
    let done = done.unwrap_err();
    assert!(
        matches!(&done, FoldError::Apply(ApplyError::Fact { position: at, fact })
        if *at == position && fact.to_string().ends_with("is accepted twice")),
        "{done:?}"
    );
}
