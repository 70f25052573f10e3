//! The whole server in one process: recover, start the pipeline and its followers, serve, stop.
//!
//! Owns the order of starting and of stopping. A stop takes no new requests, lets running ones and
//! attempts end, makes everything durable and leaves a snapshot. Must not know what routes do.

use crate::config::Config;
use crate::disk::Disk;
use crate::metrics;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use zentra_api::{ApiParts, ApiState, Bodies, document, router};
use zentra_control::{self as control, Control, ControlSocket};
use zentra_engine::{Sealed, Space};
use zentra_env::Env;
use zentra_events::{Position, ScopeNo};
use zentra_http_guard::{GuardPolicy, SetupError};
use zentra_http_listen as http;
use zentra_keyring::Keyring;
use zentra_runtime::background::{self, Deferred};
use zentra_runtime::files::share_files;
use zentra_runtime::{
    self as runtime, DataFolder, Fatal, Handle, OpenError, Opened, Recovered, Runtime,
    RuntimeOptions, SnapshotFileError, Turns,
};
use zentra_sealer::{Evidence, SealOptions};
use zentra_sender::{self as sender, Challenger, Schedule};
use zentra_views::Views;

/// The partition of a server with one log.
pub const PARTITION: u16 = 0;

/// How long a stop waits for what follows the log, after requests and attempts.
const FOLLOWERS_WITHIN: Duration = Duration::from_secs(5);
/// How often it looks.
const LOOKED_AT: Duration = Duration::from_millis(5);

/// Why a server does not start or stop cleanly.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The data folder does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The client of what goes out does not start.
    #[error(transparent)]
    Outbound(#[from] SetupError),
    /// The system refused an address, a thread or a socket.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The last snapshot could not be written. The log is complete.
    #[error(transparent)]
    Snapshot(#[from] SnapshotFileError),
}

/// A running server.
pub struct Server {
    runtime: Runtime,
    address: SocketAddr,
    recovered: Recovered,
    stop: watch::Sender<bool>,
    serving: JoinSet<()>,
    following: Vec<JoinHandle<()>>,
}

/// Opens the data folder and starts serving. `ready` is told where, before anybody is answered.
///
/// # Errors
/// When anything that the server needs does not open.
pub async fn start(
    env: &Env,
    config: &Config,
    fatal: Fatal,
    ready: impl FnOnce(SocketAddr) -> std::io::Result<()>,
) -> Result<Server, ServerError> {
    // Before anything tells one: what is told without a recorder is told nobody.
    let recorder = metrics::recorder();
    let folder = DataFolder::new(&config.data);
    let disk = Disk::of(config);
    let (opened, (listener, address)) = open_and_listen(env, config, &folder, &disk).await?;
    let keyring = Arc::clone(&opened.keyring);
    let recovered = opened.recovered.clone();
    let (next, sealed) = (opened.engine.next_position(), opened.engine.all_sealed());
    let shares = share_files(config.connections_max, config.attempts_max);
    let schedule = Schedule::of(env, &opened.engine, shares.attempts);
    let options = RuntimeOptions { inbox_max: config.inbox_max, fatal };
    let runtime = runtime::start(folder.clone(), opened, &options).map_err(io("no threads"))?;
    let handle = runtime.handle().clone();
    handle.let_followers_write(disk.space().followers);
    let (stop, stopping) = watch::channel(false);
    let guard = Arc::new(GuardPolicy::with_allowed(config.allow_address.clone()));
    let seal = SealOptions { after_ms: config.seal_after_ms, entries: config.seal_entries };
    let (views, evidence) =
        (Arc::<Deferred<Views>>::default(), Arc::<Deferred<Evidence>>::default());
    let from = (config.snapshot_entries, recovered.snapshot.unwrap_or(Position::ZERO));
    let following = vec![
        background::spawn("views", follow_views(&folder, &views, &handle, &stopping)),
        background::spawn(
            "sealer",
            seal_evidence(&folder, sealed, (&evidence, &keyring), &handle, seal, &stopping),
        ),
        background::spawn("snapshots", take_snapshots(&folder, &keyring, &handle, from, &stopping)),
    ];
    let following = following.into_iter().collect::<Result<Vec<_>, _>>();
    let following = following.map_err(io("no threads"))?;
    let mut serving = JoinSet::new();
    serving.spawn(disk.watch(handle.clone(), stopping.clone()));
    serving.spawn(metrics::upkeep(stopping.clone()));
    serving.spawn(runtime::quota_use::watch(handle.clone(), stopping.clone()));
    serving.spawn(Arc::clone(handle.notices()).watch(stopping.clone()));
    let outbound = config.deliver_options();
    let client = zentra_http_guard::outbound(env, Arc::clone(&guard), &outbound.extra_roots)?;
    let challenger = config.endpoint_challenge.then(|| Challenger::new(Arc::clone(&client)));
    let (entries, keys) = (handle.subscribe(next), Arc::clone(&keyring));
    let delivering =
        sender::run(handle.clone(), keys, client, schedule, entries, outbound, stopping.clone());
    serving.spawn(delivering);
    let state = ApiState::new(ApiParts {
        bodies: bodies(config, &handle),
        handle,
        keyring,
        challenger,
        guard,
        reading: Arc::new(Turns::start(env, "read").map_err(io("no threads"))?),
        parsing: Arc::new(Turns::start(env, "parse").map_err(io("no threads"))?),
        views,
        evidence,
        read_only: config.read_only,
        version: env!("CARGO_PKG_VERSION"),
        document: document(),
        metrics: recorder,
    });
    ready(address).map_err(io("the ready file"))?;
    let options = config.serve_options(shares.connections);
    serving.spawn(http::serve(listener, router(state), options, stopping.clone()));
    open_control(&folder, runtime.handle(), address, &mut serving, stopping);
    Ok(Server { runtime, address, recovered, stop, serving, following })
}

/// Takes a snapshot after so many entries, from the last one on.
fn take_snapshots(
    folder: &DataFolder,
    keyring: &Keyring,
    handle: &Handle,
    (every, last): (u64, Position),
    stopping: &watch::Receiver<bool>,
) -> impl Future<Output = ()> + use<> {
    let kept = (folder.clone(), keyring.snapshot_key());
    background::snapshots(kept, handle.clone(), every, last, stopping.clone())
}

/// Opens the data folder and listens. A port that is taken leaves no new folder behind; a folder
/// that is there is opened first, so that nobody waits at the port while its log is read.
async fn open_and_listen(
    env: &Env,
    config: &Config,
    folder: &DataFolder,
    disk: &Disk,
) -> Result<(Opened, (TcpListener, SocketAddr)), ServerError> {
    let early = if folder.root().exists() { None } else { Some(listen(config.listen).await?) };
    folder.make().map_err(io("cannot make the data folder"))?;
    let opened = open(env, config, folder, disk)?;
    let listening = match early {
        Some(listening) => listening,
        None => listen(config.listen).await?,
    };
    Ok((opened, listening))
}

/// The engine with the limits that this configuration sets, and its log.
fn open(
    env: &Env,
    config: &Config,
    folder: &DataFolder,
    disk: &Disk,
) -> Result<Opened, ServerError> {
    let mut opened = runtime::open(env, folder, PARTITION, config.segment_bytes)?;
    opened.engine.set_state_bytes_max(config.state_bytes_max);
    opened.engine.set_quotas(config.quotas.table(config.state_bytes_max));
    let space = disk.space().space;
    match space {
        Space::Enough => {}
        Space::ReadOnly => tracing::warn!("read-only: nothing is recorded or delivered"),
        Space::Low | Space::Full => tracing::warn!("little disk space: requests are refused"),
    }
    opened.engine.set_space(space);
    Ok(opened)
}

/// The budget of bodies under way.
fn bodies(config: &Config, handle: &Handle) -> Arc<Bodies> {
    let grace = Duration::from_millis(config.body_timeout_ms);
    Bodies::new(handle.env(), config.bodies_bytes_max, grace, Arc::clone(handle.limits()))
}

/// Begins to answer the command line. A server without that serves all the same: its socket may
/// have no place on this file system.
fn open_control(
    folder: &DataFolder,
    handle: &Handle,
    address: SocketAddr,
    serving: &mut JoinSet<()>,
    stopping: watch::Receiver<bool>,
) {
    match ControlSocket::open(folder) {
        Ok(socket) => {
            let (handle, url) = (handle.clone(), format!("http://{address}"));
            let control = Control { handle, url, version: env!("CARGO_PKG_VERSION") };
            serving.spawn(control::serve(socket, control, stopping));
        }
        Err(error) => tracing::warn!(%error, "the command line cannot reach this server"),
    }
}

impl Server {
    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What opening the data folder did.
    pub fn recovered(&self) -> &Recovered {
        &self.recovered
    }

    /// The pipeline's handle.
    pub fn handle(&self) -> &Handle {
        self.runtime.handle()
    }

    /// Stops: no new requests, running ones and attempts end, everything is durable, a snapshot is
    /// left. Returns the snapshot's next position.
    ///
    /// # Errors
    /// When the snapshot cannot be written; the log is complete all the same.
    pub async fn stop(mut self) -> Result<Option<Position>, ServerError> {
        self.stop.send_replace(true);
        while self.serving.join_next().await.is_some() {}
        let runtime = self.runtime;
        // A snapshot under way must not meet the last one.
        let with_snapshot = followed(&self.following, FOLLOWERS_WITHIN).await;
        let stopped = tokio::task::spawn_blocking(move || {
            if with_snapshot {
                return runtime.stop();
            }
            runtime.stop_without_snapshot();
            Ok(None)
        })
        .await;
        match stopped {
            Ok(position) => Ok(position?),
            Err(error) => Err(io("the pipeline did not stop")(std::io::Error::other(error))),
        }
    }
}

/// Waits for the followers to end, for a while: they step back behind everybody, and on a busy
/// machine may not come to see that they should. Whether all have ended.
async fn followed(following: &[JoinHandle<()>], within: Duration) -> bool {
    let ended = async {
        while !following.iter().all(JoinHandle::is_finished) {
            sleep(LOOKED_AT).await;
        }
    };
    if timeout(within, ended).await.is_ok() {
        return true;
    }
    let left = following.iter().filter(|follower| !follower.is_finished());
    let left: Vec<&str> = left.filter_map(|follower| follower.thread().name()).collect();
    tracing::warn!(
        parts = left.join(", "),
        waited_seconds = within.as_secs(),
        "not waited for any more, and no snapshot is left: the next start reads more of the log"
    );
    false
}

async fn listen(wanted: SocketAddr) -> Result<(TcpListener, SocketAddr), ServerError> {
    let listener =
        TcpListener::bind(wanted).await.map_err(io(&format!("cannot listen on {wanted}")))?;
    let address = listener.local_addr().map_err(io("cannot tell the address"))?;
    Ok((listener, address))
}

/// Opens the list views and keeps them up. They may be opened after the server: nothing waits for
/// them but lists.
fn follow_views(
    folder: &DataFolder,
    deferred: &Arc<Deferred<Views>>,
    handle: &Handle,
    stopping: &watch::Receiver<bool>,
) -> impl Future<Output = ()> + Send + 'static {
    let (folder, handle, stop) = (folder.clone(), handle.clone(), stopping.clone());
    let (part, opened) = (("the list views", Arc::clone(deferred)), handle.clone());
    let open =
        move || std::future::ready(Views::open(opened.env(), &folder, PARTITION, opened.log()));
    let work = move |views| zentra_views::run(views, handle.clone(), stop.clone());
    background::keep(part, stopping.clone(), open, work)
}

/// As [`follow_views`], of the evidence.
fn seal_evidence(
    folder: &DataFolder,
    sealed: Vec<(ScopeNo, Sealed)>,
    (deferred, keyring): (&Arc<Deferred<Evidence>>, &Arc<Keyring>),
    handle: &Handle,
    options: SealOptions,
    stopping: &watch::Receiver<bool>,
) -> impl Future<Output = ()> + Send + 'static {
    let (folder, keyring) = (folder.clone(), Arc::clone(keyring));
    let (handle, stop) = (handle.clone(), stopping.clone());
    let (part, asked) = (("the trees of the evidence", Arc::clone(deferred)), handle.clone());
    let mut at_start = Some(sealed);
    let open = move || {
        let (known, folder, handle) = (at_start.take(), folder.clone(), asked.clone());
        let keyring = Arc::clone(&keyring);
        async move {
            let sealed = match known {
                Some(sealed) => sealed,
                None => {
                    zentra_sealer::sealed_now(&handle).await.map_err(|error| error.to_string())?
                }
            };
            Evidence::open(&folder, &handle, keyring, &sealed).map_err(|error| error.to_string())
        }
    };
    let work = move |evidence| zentra_sealer::run(evidence, handle.clone(), options, stop.clone());
    background::keep(part, stopping.clone(), open, work)
}

fn io(what: &str) -> impl FnOnce(std::io::Error) -> ServerError {
    let what = what.to_owned();
    move |source| ServerError::Io { what, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test]
    async fn a_stop_waits_for_followers_that_end_and_leaves_those_that_do_not() {
        let (hold, held) = mpsc::channel::<()>();
        let waits = std::thread::spawn(move || {
            let _let_go = held.recv().is_err();
        });
        let following = [waits];
        assert!(!followed(&following, Duration::ZERO).await);
        drop(hold);
        let [waits] = following;
        waits.join().unwrap();
        assert!(followed(&[std::thread::spawn(|| ())], Duration::MAX).await);
    }
}
