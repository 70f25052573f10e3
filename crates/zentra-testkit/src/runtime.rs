//! A runtime in a folder: started, asked and stopped as tests do it.

use crate::commands::request;
use std::sync::Arc;
use zentra_engine::{Command, SYSTEM_ACTOR};
use zentra_env::Env;
use zentra_events::{Entry, ScopeNo};
use zentra_keyring::Keyring;
use zentra_runtime::{Answer, DataFolder, Fatal, Handle, Opened, Runtime, RuntimeOptions};

/// Commands and queries that may wait.
const INBOX_MAX: usize = 8_192;

/// Opens a folder's log in segments of so many bytes and starts its threads. What would end a
/// process panics.
pub fn start(folder: &DataFolder, segment_bytes: u64) -> (Runtime, Arc<Keyring>) {
    let opened = zentra_runtime::open(&Env::for_tests(), folder, 0, segment_bytes).unwrap();
    let keyring = Arc::clone(&opened.keyring);
    (start_opened(folder, opened), keyring)
}

/// Starts the threads of an opened log. What would end a process panics.
pub fn start_opened(folder: &DataFolder, opened: Opened) -> Runtime {
    let fatal: Fatal = Arc::new(|reason| panic!("{reason}"));
    let options = RuntimeOptions { inbox_max: INBOX_MAX, fatal };
    zentra_runtime::start(folder.clone(), opened, &options).unwrap()
}

/// Has a command decided, which must be taken, and gives its entry.
pub async fn submit(handle: &Handle, scope: ScopeNo, command: Command) -> Arc<Entry> {
    match handle.submit(request(scope, SYSTEM_ACTOR, command)).await.unwrap() {
        Answer::Entry(entry) => entry,
        Answer::Repeat(position) => panic!("answered before, at {position:?}"),
        Answer::Refused(refusal) => panic!("{refusal:?}"),
    }
}

/// Stops it; what it was asked is durable then.
pub async fn stop(runtime: Runtime) {
    tokio::task::spawn_blocking(move || runtime.stop()).await.unwrap().unwrap();
}
