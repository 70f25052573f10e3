//! Threads of low priority, for what follows the log and may come later.
//!
//! List views, evidence and snapshots take what the command path leaves: on a busy machine they
//! fall behind, and catch up from the log. Owns how much less they count. Must not know what runs
//! on them.

use std::io;
use std::thread::{self, JoinHandle};

/// The nice value of a follower: about a thirtieth of a normal thread's share.
const NICENESS: i32 = 15;

/// Runs a task to its end on a thread of its own, with a runtime of its own: what the task hands to
/// other threads is of low priority, too.
///
/// # Errors
/// When the system gives no thread.
pub fn spawn<F: Future<Output = ()> + Send + 'static>(
    name: &'static str,
    task: F,
) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        step_back();
        match tokio::runtime::Builder::new_current_thread().thread_name(name).enable_time().build()
        {
            Ok(runtime) => runtime.block_on(task),
            Err(error) => tracing::error!(%error, "a follower has no runtime"),
        }
    })
}

/// The nice value of a thread that reads for callers: about a third of a normal thread's share.
const READER_NICENESS: i32 = 5;

/// Lets the threads that decide, write and serve go first.
pub(crate) fn step_back_a_little() {
    step_back_by(READER_NICENESS);
}

fn step_back() {
    step_back_by(NICENESS);
}

fn step_back_by(niceness: i32) {
    // On Linux this is about the calling thread. Without it all is well but slower.
    if let Err(error) = rustix::process::setpriority_process(None, niceness) {
        tracing::debug!(%error, "a follower keeps its priority");
    }
}
