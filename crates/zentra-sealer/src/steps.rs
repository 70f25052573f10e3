//! The sealer stepped beside a log that is stepped, too: what comes between two steps.

use crate::{Evidence, SealOptions, Sealing};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use zentra_engine::{Command, Request, SYSTEM_ACTOR};
use zentra_env::ManualClock;
use zentra_events::{Position, ScopeNo};
use zentra_runtime::{Answer, DataFolder, Pipeline, Step, SubmitError};
use zentra_testkit::{request, scope, transfer};

const SCOPE: ScopeNo = ScopeNo(0);
const OPTIONS: SealOptions = SealOptions { after_ms: 1_000, entries: 100 };

type Waiting = Pin<Box<dyn Future<Output = Result<Answer, SubmitError>>>>;

/// A log and its sealer. A process that is killed leaves its folder.
struct World {
    clock: ManualClock,
    pipeline: Pipeline,
    evidence: Arc<Evidence>,
    sealing: Sealing,
}

impl World {
    fn start(folder: &DataFolder) -> World {
        let clock = ManualClock::at(std::time::UNIX_EPOCH + Duration::from_hours(1_000_000));
        let opened = zentra_runtime::open(&clock.env(), folder, 0, 64 * 1_024).unwrap();
        let (keyring, sealed) = (Arc::clone(&opened.keyring), opened.engine.all_sealed());
        let pipeline = Pipeline::of(opened, 64);
        let evidence = Evidence::open(folder, &pipeline.handle, keyring, &sealed).unwrap();
        let evidence = Arc::new(evidence);
        let sealing = Sealing::new(&clock.env(), Arc::clone(&evidence), OPTIONS);
        World { clock, pipeline, evidence, sealing }
    }

    fn ask(&mut self, request: Request) -> Waiting {
        let handle = self.pipeline.handle.clone();
        let mut waiting: Waiting = Box::pin(async move { handle.submit(request).await });
        assert!(poll(&mut waiting).is_none());
        while self.pipeline.kernel.step() != Step::Idle {}
        waiting
    }

    fn record(&mut self, request: Request) -> Result<Answer, SubmitError> {
        let mut waiting = self.ask(request);
        while self.pipeline.writer.step().unwrap() != Step::Idle {}
        poll(&mut waiting).unwrap()
    }

    /// Seals what is due; gives which scopes.
    fn seal(&mut self) -> Vec<ScopeNo> {
        let due = self.sealing.due(false);
        for scope in &due {
            let request = self.sealing.request(*scope).unwrap();
            let answer = self.record(request);
            self.sealing.answered(*scope, answer);
        }
        due
    }
}

fn poll(waiting: &mut Waiting) -> Option<Result<Answer, SubmitError>> {
    match pin!(waiting).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}

fn asked(command: Command) -> Request {
    request(SCOPE, SYSTEM_ACTOR, command)
}

#[test]
fn entries_are_folded_when_their_names_are_known_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::start(&DataFolder::new(folder.path()));
    let mut waiting = world.ask(asked(scope("acme")));
    let steps = [Step::Done, Step::Done].map(|step| (world.pipeline.writer.step().unwrap(), step));
    assert!(steps.iter().all(|(made, step)| made == step), "written and synced");
    assert_eq!(world.pipeline.handle.log().durable(), Position(1));
    assert_eq!(world.sealing.fold().unwrap(), 0, "nobody was told");
    while world.pipeline.writer.step().unwrap() != Step::Idle {}
    assert!(matches!(poll(&mut waiting), Some(Ok(Answer::Entry(_)))));
    assert_eq!(world.sealing.fold().unwrap(), 1);
}

#[test]
fn what_a_killed_process_had_folded_and_not_sealed_is_sealed_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let folder = DataFolder::new(folder.path());
    let mut world = World::start(&folder);
    for command in [scope("acme"), transfer("world", "customer_balance", 5)] {
        world.record(asked(command)).unwrap();
    }
    assert_eq!((world.sealing.fold().unwrap(), world.seal()), (2, Vec::new()));
    drop(world);
    let mut world = World::start(&folder);
    assert_eq!((world.sealing.fold().unwrap(), world.seal()), (0, Vec::new()));
    world.clock.advance(Duration::from_millis(1_001));
    assert_eq!((world.sealing.fold().unwrap(), world.seal()), (0, vec![SCOPE]));
    assert_eq!((world.sealing.fold().unwrap(), world.evidence.covered(SCOPE)), (1, 2));
    drop(world);
    // A checkpoint is not sealed for its own sake, after a start as before it.
    let mut world = World::start(&folder);
    assert_eq!((world.sealing.fold().unwrap(), world.seal()), (0, Vec::new()));
    world.clock.advance(Duration::from_hours(1));
    assert_eq!((world.sealing.fold().unwrap(), world.seal()), (0, Vec::new()));
}
