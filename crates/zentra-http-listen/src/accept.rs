//! Accepting connections until the server stops, and waiting for what is under way then.
//!
//! Owns the loop, what an accept that fails means, and the time that a stop takes at most. Must not
//! know what is served.

use crate::connection;
use crate::options::ServeOptions;
use crate::places::Places;
use crate::ticks::TICK;
use axum::Router;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout_at};

/// How long a system without files is given before the next try.
const SHORT_OF_FILES: Duration = Duration::from_millis(200);
/// After how long a stop says what it waits for.
const SAYS_AFTER: Duration = Duration::from_secs(1);
/// How often it is said that no connection can be accepted.
const SAID_EVERY: Duration = Duration::from_secs(60);

/// Serves until `stopping` becomes true (or its sender is gone), then waits for requests under way,
/// no longer than the options say.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    options: ServeOptions,
    mut stopping: watch::Receiver<bool>,
) {
    let places = Arc::new(Places::new(&options));
    let mut tasks = JoinSet::new();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let stop = stopping.clone();
    // When it was last said that an accept failed, and how many have since.
    let (mut said, mut failed) = (None::<Instant>, 0_u64);
    loop {
        let accepted = tokio::select! {
            biased;
            _ = stopping.wait_for(|stop| *stop) => break,
            _ = ticks.tick() => { places.sweep(); continue }
            Some(_ended) = tasks.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                begin(&places, &mut tasks, (stream, address), &app, &stop);
            }
            Err(error) if is_clients(&error) => {}
            Err(error) => {
                failed += 1;
                if said.is_none_or(|at| at.elapsed() >= SAID_EVERY) {
                    let count = failed;
                    tracing::warn!(%error, count, "no connection can be accepted; trying on");
                    (said, failed) = (Some(Instant::now()), 0);
                }
                places.spare_one();
                sleep(SHORT_OF_FILES).await;
                places.sweep();
            }
        }
    }
    drop(listener);
    drain(&places, tasks, options.drain_timeout).await;
}

fn begin(
    places: &Arc<Places>,
    tasks: &mut JoinSet<()>,
    (stream, address): (TcpStream, SocketAddr),
    app: &Router,
    stop: &watch::Receiver<bool>,
) {
    // Without a place, not even for health, the connection is closed.
    let Some(seated) = places.take(address.ip().to_canonical()) else { return };
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "answers may wait for one another");
    }
    let seat = Arc::clone(&seated.seat);
    let task = tasks.spawn(connection::run(stream, seated, app.clone(), stop.clone()));
    seat.set_task(task);
}

/// Whether the failure is one of the connection that would have been accepted.
fn is_clients(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(
        error.kind(),
        K::ConnectionAborted | K::ConnectionReset | K::ConnectionRefused | K::Interrupted
    )
}

async fn drain(places: &Places, mut tasks: JoinSet<()>, within: Duration) {
    let deadline = Instant::now() + within;
    places.stop();
    let mut ticks = interval(TICK);
    let mut says_at = Some(Instant::now() + SAYS_AFTER);
    let drained = timeout_at(deadline, async {
        loop {
            tokio::select! {
                ended = tasks.join_next() => if ended.is_none() { break },
                _ = ticks.tick() => {
                    places.sweep();
                    if says_at.is_some_and(|at| Instant::now() >= at) {
                        says_at = None;
                        let (requests, answers) = places.under_way();
                        tracing::info!(
                            requests,
                            answers,
                            within_seconds = within.as_secs(),
                            "waiting for requests under way, and for answers to be taken"
                        );
                    }
                }
            }
        }
    });
    if drained.await.is_err() {
        let (requests, answers) = places.under_way();
        tracing::warn!(requests, answers, "connections are cut off: the time to stop is over");
        tasks.shutdown().await;
    }
}
