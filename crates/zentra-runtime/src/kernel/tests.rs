//! In which order the kernel decides what it finds in its inbox, and that all of it is answered.

use super::*;
use bytes::Bytes;
use crossbeam_channel::{bounded, unbounded};
use proptest::prelude::*;
use tokio::sync::oneshot::Receiver as Answer;
use zentra_engine::{BatchItem, BatchTerms, Command, NO_TERMS, PartyAt, TextAt};
use zentra_events::event::Capture;
use zentra_events::{Amount, RequestId, Timestamp};
use zentra_ledger::key_table::intent_key;
use zentra_testkit::made::{Made, fund, intent};
use zentra_testkit::{endpoint, request};

/// Scopes that there are.
const SCOPES: u32 = 3;
/// Of scope 0, which listen to `order.*`: an event of this family is heavy there.
const ENDPOINTS: usize = 2 * LIGHT_MAX;

/// Scope 0 with endpoints, and others without.
fn engine() -> Engine {
    let mut made = Made::default();
    for scope in 0..SCOPES {
        made.scope = ScopeNo(scope);
        made.ask(Timestamp(1), zentra_testkit::scope(&format!("scope_{scope}")));
        made.ask(Timestamp(1), fund());
    }
    made.scope = ScopeNo(0);
    for _ in 0..ENDPOINTS {
        made.ask(Timestamp(1), endpoint(&["order.*"]));
    }
    made.engine
}

/// One thing that is asked, and who waits for its answer.
enum Asked {
    Command(Answer<Reply>),
    Intents(usize, Answer<Vec<ItemOutcome>>),
}

fn command(scope: u32, command: Command) -> (Input, Asked) {
    let request = Box::new(request(ScopeNo(scope), "tester", command));
    let (reply, answer) = oneshot::channel();
    (Input::Command { request, reply }, Asked::Command(answer))
}

/// Heavy in scope 0, light in others.
fn publish(scope: u32) -> (Input, Asked) {
    command(scope, zentra_testkit::publish())
}

fn light(scope: u32, number: usize) -> (Input, Asked) {
    command(scope, intent(number, 1, Capture::Manual, None))
}

/// Intents that wait for their confirmation.
fn batch(scope: u32, from: usize, items: usize) -> (Input, Asked) {
    let mut text = Vec::new();
    let item = |number: usize| {
        let id = format!("b{number}");
        let start = text.len() as u32;
        text.extend_from_slice(id.as_bytes());
        let at = TextAt { start, length: id.len() as u32 };
        BatchItem {
            key: intent_key(ScopeNo(scope), &id),
            digest: [0; 16],
            amount: Amount(1),
            id: at,
            source: PartyAt::Code(at),
            destination: PartyAt::Code(at),
            terms: NO_TERMS,
            linked: false,
        }
    };
    let listed: Vec<BatchItem> = (from..from + items).map(item).collect();
    let batch = Box::new(IntentBatch {
        scope: ScopeNo(scope),
        actor: "tester".parse().unwrap(),
        key: None,
        request_id: RequestId([0; 16]),
        terms: Vec::<BatchTerms>::new(),
        items: listed,
        text: Bytes::from(text),
    });
    let (reply, answer) = oneshot::channel();
    (Input::Intents { batch, reply }, Asked::Intents(items, answer))
}

/// The position of each answer's last entry, in the order of asking; none of what was not taken.
type Positions = Vec<Option<u64>>;

/// Has all of it decided by a kernel that finds it in its inbox, with a stop after it.
fn decided(mut engine: Engine, inbox_max: usize, asked: Vec<(Input, Asked)>) -> Positions {
    let (to_kernel, inbox) = bounded(inbox_max);
    let mut answers = Vec::new();
    for (input, answer) in asked {
        to_kernel.try_send(input).unwrap_or_else(|_| panic!("the inbox has room"));
        answers.push(answer);
    }
    to_kernel.try_send(Input::Stop).unwrap_or_else(|_| panic!("the inbox has room"));
    let (to_writer, batches) = unbounded();
    let began = engine.next_position();
    let deferred = Arc::new(AtomicUsize::new(1));
    let (env, told) = (Env::for_tests(), Arc::clone(&deferred));
    engine = run(Kernel::new(&env, engine, (inbox, to_writer), told));
    assert_eq!(deferred.load(Ordering::Relaxed), 0, "nothing waits any more");
    let mut entries = 0;
    for Batch { framed, releases } in batches {
        entries += framed.frames.iter().map(|frame| frame.ends.len()).sum::<usize>() as u64;
        for release in releases {
            release();
        }
    }
    assert_eq!(began.get() + entries, engine.next_position().get(), "all is for the writer");
    answers.into_iter().map(Asked::answered).collect()
}

/// Which of what was asked was decided first, and so on.
fn order(positions: &Positions) -> Vec<usize> {
    let mut order: Vec<usize> = (0..positions.len()).collect();
    order.sort_by_key(|asked| positions[*asked]);
    order
}

impl Asked {
    /// The answer, which is there.
    fn answered(self) -> Option<u64> {
        match self {
            Asked::Command(mut answer) => match answer.try_recv().expect("it is answered") {
                Reply::Entry(entry) => Some(entry.header.position.get()),
                Reply::Repeat(position) => Some(position.get()),
                Reply::Refused(refusal) => panic!("{refusal:?}"),
                Reply::Overloaded => None,
            },
            Asked::Intents(items, mut answer) => {
                let outcomes = answer.try_recv().expect("it is answered");
                let position = |outcome: &ItemOutcome| match outcome {
                    ItemOutcome::Created(position) => position.get(),
                    other => panic!("{other:?}"),
                };
                let positions: Vec<u64> = outcomes.iter().map(position).collect();
                assert_eq!(positions.len(), items, "an outcome each");
                assert!(positions.is_sorted(), "in the order of its items");
                positions.last().copied()
            }
        }
    }
}

#[test]
fn what_is_light_is_decided_before_what_is_heavy_whoever_came_first() {
    let asked = vec![publish(0), publish(0), publish(0), publish(1), light(2, 0), light(0, 1)];
    let positions = decided(engine(), 64, asked);
    assert_eq!(order(&positions), [3, 4, 5, 0, 1, 2]);
}

#[test]
fn what_comes_while_a_heavy_one_is_decided_goes_before_the_next_heavy_one() {
    let (to_kernel, inbox) = bounded(64);
    let (to_writer, batches) = unbounded();
    let env = Env::for_tests();
    let mut kernel = Kernel::new(&env, engine(), (inbox, to_writer), Arc::default());
    let (mut answers, mut deferred) = (Vec::new(), Vec::new());
    for asked in [vec![publish(0), publish(0), publish(0)], vec![light(1, 0)], vec![]] {
        for (input, answer) in asked {
            to_kernel.try_send(input).unwrap_or_else(|_| panic!("the inbox has room"));
            answers.push(answer);
        }
        assert_eq!((kernel.step(), kernel.step()), (Step::Done, Step::Yield));
        deferred.push(kernel.waiting.len());
    }
    assert_eq!(deferred, [2, 1, 0]);
    // The light one went to the writer by itself, before the second heavy one was decided.
    let releases =
        batches.try_iter().map(|batch| batch.releases.into_iter().map(|release| release()).count());
    assert_eq!(releases.collect::<Vec<_>>(), [1, 1, 1, 1]);
    let positions: Positions = answers.into_iter().map(Asked::answered).collect();
    assert_eq!(order(&positions), [0, 3, 1, 2]);
}

#[test]
fn scopes_take_turns_whatever_number_of_batches_each_has() {
    // Decided in two slices.
    let large = LIGHT_MAX + 1;
    let asked = vec![
        batch(1, 0, large),
        batch(1, 1_000, large),
        batch(1, 2_000, large),
        publish(0),
        batch(2, 0, large),
        publish(0),
        // Light, and no more than its scope's share.
        batch(1, 3_000, SHARE / 5),
    ];
    assert_eq!(order(&decided(engine(), 64, asked)), [6, 3, 0, 5, 4, 1, 2]);
}

#[test]
fn what_goes_over_the_share_of_its_scope_is_decided_after_what_others_asked() {
    let many = SHARE + 50;
    let mut asked: Vec<_> = (0..many).map(|number| light(1, number)).collect();
    asked.extend([publish(0), light(2, 0)]);
    let positions = decided(engine(), 1_024, asked);
    let order = order(&positions);
    let of_two = order.iter().position(|asked| *asked == many + 1).unwrap();
    assert!(of_two <= SHARE, "{of_two} before it");
    let of_one: Vec<usize> = order.iter().copied().filter(|asked| *asked < many).collect();
    assert!(of_one.is_sorted(), "those of one scope in the order in which they came");
}

#[test]
fn a_scope_of_which_too_much_waits_is_told_and_no_other() {
    let mut asked: Vec<_> = (0..6).map(|_| publish(0)).collect();
    asked.push(light(1, 0));
    let positions = decided(engine(), 8, asked);
    let taken: Vec<bool> = positions.iter().map(Option::is_some).collect();
    assert_eq!(taken, [true, true, true, true, false, false, true]);
}

#[test]
fn a_large_batch_of_a_scope_does_not_hold_up_what_it_asks_besides() {
    let (to_kernel, inbox) = bounded(8);
    let (to_writer, batches) = unbounded();
    let env = Env::for_tests();
    let mut kernel = Kernel::new(&env, engine(), (inbox, to_writer), Arc::default());
    let (input, _answer) = batch(1, 0, 10_000);
    to_kernel.try_send(input).unwrap_or_else(|_| panic!("the inbox has room"));
    assert_eq!((kernel.step(), kernel.step()), (Step::Done, Step::Yield));
    assert!(!kernel.waiting.is_empty(), "a part of it is decided");
    let (input, answer) = light(1, 0);
    to_kernel.try_send(input).unwrap_or_else(|_| panic!("the inbox has room"));
    assert!(kernel.step() == Step::Done && !kernel.waiting.is_empty());
    let answers = batches.try_iter().flat_map(|batch| batch.releases);
    answers.for_each(|release| release());
    assert!(answer.answered().is_some());
}

#[derive(Clone, Debug)]
enum Ask {
    Publish(u32),
    Light(u32),
    Batch(u32, usize),
}

fn asks() -> impl Strategy<Value = Vec<Ask>> {
    let scope = 0..SCOPES;
    let ask = prop_oneof![
        2 => scope.clone().prop_map(Ask::Publish),
        8 => scope.clone().prop_map(Ask::Light),
        2 => (scope, 0..4 * LIGHT_MAX).prop_map(|(scope, items)| Ask::Batch(scope, items)),
    ];
    proptest::collection::vec(ask, 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn all_of_it_is_answered_once_and_in_order(asks in asks()) {
        let asked = asks.iter().enumerate().map(|(number, ask)| match ask {
            Ask::Publish(scope) => publish(*scope),
            Ask::Light(scope) => light(*scope, number),
            Ask::Batch(scope, items) => batch(*scope, number * 1_000, *items),
        });
        let positions = decided(engine(), 1_024, asked.collect());
        // A batch without items is answered, and by no entry.
        let mut made: Vec<u64> = positions.iter().copied().flatten().collect();
        made.sort_unstable();
        let all = made.len();
        made.dedup();
        prop_assert_eq!(all, made.len(), "no entry answers two");
        let mut last = std::collections::BTreeMap::new();
        for (ask, position) in asks.iter().zip(positions) {
            let lane = match ask {
                Ask::Publish(0) => (0, true),
                Ask::Publish(scope) | Ask::Light(scope) => (*scope, false),
                Ask::Batch(scope, items) if *items > LIGHT_MAX => (*scope, true),
                // One that is light, and does not fit what goes to the writer at once, ends later.
                Ask::Batch(..) => continue,
            };
            prop_assert!(last.insert(lane, position) < Some(position), "{:?} in order", lane);
        }
    }
}
