//! The pipeline on a disk that can fail: an answer means that its entry is durable.

use std::path::Path;
use std::sync::{Arc, Mutex};
use zentra_engine::{Engine, Request};
use zentra_env::Env;
use zentra_events::{Event, Position, ScopeNo};
use zentra_keyring::Keyring;
use zentra_log::LogWriter;
use zentra_runtime::{
    Answer, DataFolder, Fatal, LogAccess, Opened, Recovered, Runtime, RuntimeOptions, SubmitError,
    start,
};
use zentra_store::{CrashStorage, LogOptions, MemoryStorage, ReadOnlyLog, Storage, UnrecoveredLog};
use zentra_testkit::{request, stop};

pub(crate) struct World {
    pub(crate) runtime: Runtime,
    pub(crate) disk: CrashStorage,
    fatal: Arc<Mutex<Vec<String>>>,
}

pub(crate) fn world(folder: &Path) -> World {
    let disk = CrashStorage::new();
    let options = LogOptions { segment_bytes: 64 * 1024, ..LogOptions::default() };
    let unrecovered = UnrecoveredLog::open(Box::new(disk.clone()), options).unwrap();
    let (log, report) = unrecovered.recover().unwrap();
    let recovered = Recovered { log: report, snapshot: None, folded: 0 };
    let store: Box<dyn LogWriter> = Box::new(log);
    let keyring = Arc::new(Keyring::from_key([1; 32]));
    let opened =
        Opened { env: Env::for_tests(), engine: Engine::new(0), store, keyring, recovered };
    let said = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&said);
    let fatal: Fatal = Arc::new(move |reason| told.lock().unwrap().push(reason.to_owned()));
    let options = RuntimeOptions { inbox_max: 64, fatal };
    let runtime = start(DataFolder::new(folder), opened, &options).unwrap();
    World { runtime, disk, fatal: said }
}

pub(crate) fn scope(name: &str) -> Request {
    request(ScopeNo(0), "zentra", zentra_testkit::scope(name))
}

/// A million EUR cents for an account, asked in the first scope.
pub(crate) fn fund(account: &str) -> Request {
    request(ScopeNo(0), "zentra", zentra_testkit::fund(account))
}

/// The scopes whose making survives when the power is lost now, whatever was not synced.
fn survivors(disk: &CrashStorage) -> Vec<String> {
    let left: MemoryStorage = disk.after_crash(|_| false);
    let storage: Box<dyn Storage> = Box::new(left);
    let log = LogAccess::new(&Env::for_tests(), ReadOnlyLog::open(storage).unwrap().reader());
    let mut names = Vec::new();
    log.scan(Position::ZERO, &mut |entry, _| {
        for recorded in entry.events() {
            if let Event::ScopeCreated(created) = &recorded.event {
                names.push(created.name.to_string());
            }
        }
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    names
}

#[tokio::test]
async fn what_was_answered_survives_a_loss_of_power_at_that_moment() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    let mut expected = Vec::new();
    for number in 0..20 {
        let name = format!("scope_{number}");
        let answer = world.runtime.handle().submit(scope(&name)).await.unwrap();
        assert!(matches!(answer, Answer::Entry(_)));
        expected.push(name);
        assert_eq!(survivors(&world.disk), expected, "right after the answer");
    }
    stop(world.runtime).await;
}

#[tokio::test]
async fn nobody_is_answered_between_a_write_and_a_sync_that_fails() {
    // 0: the write fails; 1: the write is done, the sync fails.
    for operations in 0..2 {
        let folder = tempfile::tempdir().unwrap();
        let world = world(folder.path());
        world.runtime.handle().submit(scope("first")).await.unwrap();
        world.disk.fail_after(operations);
        let lost = world.runtime.handle().submit(scope("second")).await;
        assert!(matches!(lost, Err(SubmitError::Stopped)), "{operations}: {lost:?}");
        assert_eq!(survivors(&world.disk), ["first"], "{operations}");
        let query = world.runtime.handle().query(Engine::next_position).await;
        assert!(query.is_err(), "{operations}: a query saw what was never durable");
        let handle = world.runtime.handle().clone();
        assert_eq!(*handle.durable().borrow(), Position(1), "{operations}");
        let fatal = Arc::clone(&world.fatal);
        stop(world.runtime).await;
        let said = fatal.lock().unwrap().join("\n");
        assert!(said.contains("the log writer failed"), "{operations}: {said}");
    }
}

#[tokio::test]
async fn everybody_who_waits_when_the_disk_fails_is_told() {
    for round in 0..40 {
        let folder = tempfile::tempdir().unwrap();
        let world = world(folder.path());
        world.disk.fail_after(round % 5);
        let mut waiting = tokio::task::JoinSet::new();
        for number in 0..30 {
            let handle = world.runtime.handle().clone();
            let request = scope(&format!("scope_{number}"));
            waiting.spawn(async move { handle.submit(request).await });
        }
        let mut answered = 0;
        while let Some(told) = waiting.join_next().await {
            answered += usize::from(told.unwrap().is_ok());
        }
        assert!(survivors(&world.disk).len() >= answered, "round {round}");
        stop(world.runtime).await;
    }
}

#[tokio::test]
async fn a_query_is_answered_only_when_what_it_saw_is_durable() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    let handle = world.runtime.handle().clone();
    for number in 0..50 {
        let submitting = handle.clone();
        let request = scope(&format!("scope_{number}"));
        let command = tokio::spawn(async move { submitting.submit(request).await });
        let saw = handle.query(Engine::next_position).await.unwrap();
        assert!(*handle.durable().borrow() >= saw, "{number}");
        command.await.unwrap().unwrap();
    }
    stop(world.runtime).await;
}
