//! The loop around the scheduler: entries and time in, attempts out.
//!
//! Owns the scheduler's clock and the end of it all. Every attempt is a task of its own, so a slow
//! consumer holds nothing but its place. Must not decide what is due.

use super::attempt::{Finished, Prepared, attempt_until};
use super::prepare::Preparer;
use super::report::{Reported, report};
use super::warn::warn_of;
use crate::group_commit::until_commit;
use crate::span::AttemptSpan;
use rustls::pki_types::CertificateDer;
use std::collections::BTreeMap;
use std::future::pending;
use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinError, JoinSet, yield_now};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};
use tracing::Instrument;
use zentra_delivery::{Scheduler, StartAttempt, StartRate, Times};
use zentra_engine::Engine;
use zentra_env::{Env, WaitingClock};
use zentra_events::event::AttemptResult;
use zentra_events::{ActorName, DeliveryId, Entry, Span};
use zentra_http_guard::{Client, Held};
use zentra_keyring::Keyring;
use zentra_runtime::background::tell_behind;
use zentra_runtime::{Handle, Notice, Stretches, Subscription};

/// How often idle connections are looked through.
const SWEEP_EVERY: Duration = Duration::from_secs(15);
/// How long it waits for space on the disk before it looks again.
const SPACE_WAIT: Duration = Duration::from_secs(1);
/// Attempts started before those under way have their turn on the processors: one more has to wait
/// for what these do until they wait, never for a thousand that were due at once.
const START_BURST_MAX: usize = 16;

/// Events that are followed before others may have their turn on the thread.
const STRETCH_EVENTS: usize = 128;

/// The timer's grain; waiting for less would only spin.
const WAIT_MIN: Duration = Duration::from_millis(1);

/// How deliveries run.
#[derive(Clone, Debug)]
pub struct DeliverOptions {
    /// Certificates of authorities that are trusted besides Mozilla's.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// How long a shutdown waits for attempts under way. Those that take longer are made again
    /// after the restart.
    pub drain_max: Duration,
}

impl Default for DeliverOptions {
    fn default() -> DeliverOptions {
        DeliverOptions { extra_roots: Vec::new(), drain_max: Duration::from_secs(30) }
    }
}

/// What is due, and the clock that it is due by.
pub struct Schedule {
    scheduler: Scheduler,
    clock: WaitingClock,
}

impl Schedule {
    /// What a log's state has waiting, with places for so many attempts at once.
    pub fn of(env: &Env, engine: &Engine, places: usize) -> Schedule {
        let clock = WaitingClock::start(env);
        let waiting = clock.now();
        let times = Times { log: waiting.max(engine.last_recorded_at()), waiting };
        let places = u32::try_from(places).unwrap_or(u32::MAX);
        let scheduler = Scheduler::from_state(engine.deliveries(), times, places);
        Schedule { scheduler, clock }
    }
}

/// Sets deliveries up. The future delivers until `shutdown` becomes true (or its sender is gone) or
/// the log closes, and then waits for attempts under way. `schedule` must hold the state right
/// before the subscription's position.
pub fn run(
    handle: Handle,
    keyring: Arc<Keyring>,
    client: Arc<Client>,
    schedule: Schedule,
    subscription: Subscription,
    options: DeliverOptions,
    shutdown: watch::Receiver<bool>,
) -> impl Future<Output = ()> + Send {
    let dispatcher = Arc::new(Dispatcher {
        preparer: Preparer::new(handle.clone(), keyring),
        client,
        actor: zentra_engine::SYSTEM_ACTOR.parse().expect("the name has only letters"),
        handle,
    });
    let Schedule { scheduler, clock } = schedule;
    let (running, cuts, start_rate) = (JoinSet::new(), BTreeMap::new(), rate());
    let shell = Shell { dispatcher, scheduler, clock, start_rate, running, cuts, options };
    shell.run(subscription, shutdown)
}

/// By the processors that this process may use.
fn rate() -> StartRate {
    StartRate::of(available_parallelism().map_or(1, NonZero::get))
}

/// What every attempt needs.
struct Dispatcher {
    handle: Handle,
    preparer: Preparer,
    client: Arc<Client>,
    actor: ActorName,
}

struct Shell {
    dispatcher: Arc<Dispatcher>,
    scheduler: Scheduler,
    clock: WaitingClock,
    /// Of attempts at endpoints that are not known to answer quickly.
    start_rate: StartRate,
    running: JoinSet<(DeliveryId, Reported)>,
    /// What cuts off each of them.
    cuts: BTreeMap<DeliveryId, oneshot::Sender<()>>,
    options: DeliverOptions,
}

impl Shell {
    async fn run(mut self, mut subscription: Subscription, mut shutdown: watch::Receiver<bool>) {
        let mut sweep = interval_at(Instant::now() + SWEEP_EVERY, SWEEP_EVERY);
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.settle_ended() {
            let wait = self.start_due();
            self.tell();
            let entries = tokio::select! {
                biased;
                // A sender that is gone ends it as well.
                _ = shutdown.wait_for(|stop| *stop) => break,
                entries = subscription.next() => match entries {
                    Some(entries) => entries,
                    None => break,
                },
                Some(ended) = self.running.join_next() => {
                    if self.settle(ended) == Reported::Stopped {
                        break;
                    }
                    continue;
                }
                () = wait_for(wait) => continue,
                _ = sweep.tick() => {
                    self.dispatcher.client.sweep();
                    continue;
                }
            };
            self.follow(&entries).await;
        }
        self.drain().await;
        self.tell();
    }

    /// Tells how many deliveries wait, since when, and how many attempts are under way.
    fn tell(&self) {
        let (scheduler, now) = (&self.scheduler, self.clock.now());
        let late = scheduler.oldest_due().map_or(0, |due| now.since(due).as_millis() / 1_000);
        metrics::gauge!("zentra_deliveries_waiting").set(scheduler.waiting() as f64);
        metrics::gauge!("zentra_deliveries_parked").set(scheduler.parked() as f64);
        metrics::gauge!("zentra_delivery_oldest_due_seconds").set(late as f64);
        metrics::gauge!("zentra_attempts_under_way").set(self.running.len() as f64);
    }

    /// Starts what is due and fits; returns how long until something may be due. None when only an
    /// entry or a free place can change that.
    fn start_due(&mut self) -> Option<Duration> {
        if !self.dispatcher.handle.space().records_outcomes() {
            // What an attempt brings could not be recorded, and it would be made again.
            return Some(SPACE_WAIT);
        }
        for _ in 0..START_BURST_MAX {
            let now = self.clock.now();
            let opens = Some(self.start_rate.opens_at()).filter(|opens| now < *opens);
            let start = match opens {
                Some(_) => self.scheduler.poll_quick_attempt(now),
                None => self.scheduler.poll_attempt(now),
            };
            self.cut_off();
            let Some(start) = start else {
                let due = [opens, self.scheduler.poll_timeout()].into_iter().flatten().min()?;
                let wait = Duration::from_nanos(due.since(now).0);
                return Some(wait.max(WAIT_MIN));
            };
            if !start.quick {
                self.start_rate.take(now);
            }
            let (dispatcher, delivery) = (Arc::clone(&self.dispatcher), start.delivery);
            let (cuts, cut) = oneshot::channel();
            self.cuts.insert(delivery, cuts);
            self.running.spawn(async move { (delivery, dispatcher.deliver(start, cut).await) });
        }
        Some(Duration::ZERO)
    }

    /// Ends attempts whose places others need.
    fn cut_off(&mut self) {
        while let Some(delivery) = self.scheduler.poll_cut() {
            if let Some(cut) = self.cuts.remove(&delivery) {
                // One that has just ended needs it no more.
                let _ended = cut.send(()).is_err();
                metrics::counter!("zentra_delivery_cut_total").increment(1);
            }
        }
    }

    async fn follow(&mut self, entries: &[Arc<Entry>]) {
        let now = self.clock.now();
        let (mut handled, mut stretches) = (0_usize, Stretches::on(self.dispatcher.handle.env()));
        for entry in entries {
            warn_of(&self.dispatcher.handle, entry);
            for (index, recorded) in entry.events().iter().enumerate() {
                let index = u16::try_from(index).unwrap_or(u16::MAX);
                self.scheduler.handle_event(now, &entry.header, index, &recorded.event);
                handled += 1;
                if handled.is_multiple_of(STRETCH_EVENTS) {
                    // Connections are served on this thread, too.
                    stretches.step();
                    yield_now().await;
                }
            }
        }
        if let Some(last) = entries.last() {
            let durable = self.dispatcher.handle.durable().borrow().get();
            let followed = last.header.position.next().get();
            tell_behind("deliveries", durable.saturating_sub(followed));
        }
    }

    /// Takes in every attempt that has ended. False once the kernel has stopped.
    fn settle_ended(&mut self) -> bool {
        let mut goes_on = true;
        while let Some(ended) = self.running.try_join_next() {
            goes_on &= self.settle(ended) != Reported::Stopped;
        }
        goes_on
    }

    fn settle(&mut self, ended: Result<(DeliveryId, Reported), JoinError>) -> Reported {
        match ended {
            Ok((delivery, reported)) => {
                // Its next attempt may be under way already.
                if self.cuts.get(&delivery).is_some_and(oneshot::Sender::is_closed) {
                    self.cuts.remove(&delivery);
                }
                match reported {
                    Reported::Refused => self.scheduler.handle_abandoned(delivery),
                    Reported::Held(held) => {
                        let until = self.clock.now().after(held.wait);
                        self.scheduler.handle_deferred(delivery, until);
                    }
                    Reported::Recorded | Reported::Stopped => {}
                }
                reported
            }
            Err(error) => {
                tracing::error!(%error, "an attempt's task broke");
                Reported::Recorded
            }
        }
    }

    async fn drain(&mut self) {
        let under_way = self.running.len();
        let drained = timeout(self.options.drain_max, async {
            while self.running.join_next().await.is_some() {}
        })
        .await;
        if drained.is_err() {
            tracing::warn!(under_way, left = self.running.len(), "attempts are cut off");
            self.running.shutdown().await;
        }
    }
}

impl Dispatcher {
    /// Makes an attempt in a task of its own: one that breaks is recorded as failed, so that its
    /// delivery goes on by its schedule and its place is free again.
    async fn deliver(self: Arc<Self>, start: StartAttempt, cut: oneshot::Receiver<()>) -> Reported {
        let (dispatcher, making) = (Arc::clone(&self), start.clone());
        let span = AttemptSpan::begin(&start, &self.handle);
        let making = async move { dispatcher.attempt(&making, cut).await }.instrument(span.span());
        let made = tokio::spawn(making);
        let finished = made.await.unwrap_or_else(|error| {
            tracing::error!(delivery = %start.delivery, %error, "an attempt's task broke");
            Ok(internal(Prepared::unsigned(&start, self.handle.now())))
        });
        let finished = match finished {
            Ok(finished) => finished,
            Err(held) => {
                span.held();
                return Reported::Held(held);
            }
        };
        let outcome = outcome_label(finished.attempt.result);
        span.end(&finished.attempt, outcome);
        metrics::counter!("zentra_delivery_attempts_total", "outcome" => outcome).increment(1);
        let took = finished.attempt.duration_ns;
        if let Some(wait) = until_commit(took, self.handle.now()) {
            sleep(wait).await;
        }
        report(&self.handle, &self.actor, start.scope, start.delivery, finished).await
    }

    async fn attempt(
        &self,
        start: &StartAttempt,
        cut: oneshot::Receiver<()>,
    ) -> Result<Finished, Held> {
        let cut = async {
            if cut.await.is_err() {
                // Nobody is left who could.
                pending().await
            }
        };
        let mut message = Prepared::unsigned(start, self.handle.now());
        match self.preparer.sign(start, &mut message).await {
            Ok(()) => attempt_until(cut, &self.client, message).await,
            Err(error) => {
                tracing::debug!(delivery = %start.delivery, %error, "cannot prepare an attempt");
                let of = format!("{}: {error}", start.delivery);
                self.handle.notices().warn(Notice::AttemptBroken, Some(start.scope), of);
                Ok(internal(message))
            }
        }
    }
}

/// An attempt that something of ours stood in the way of.
fn internal(message: Prepared) -> Finished {
    let attempt = message.record(Span::default(), AttemptResult::Internal, String::new());
    Finished { attempt, retry_after: None }
}

/// An outcome as a metric's label: few values, no names of anybody.
fn outcome_label(result: AttemptResult) -> &'static str {
    match result.status() {
        Some(200..=299) => "succeeded",
        Some(_) => "refused",
        None => result.cause().unwrap_or("internal"),
    }
}

async fn wait_for(wait: Option<Duration>) {
    match wait {
        Some(Duration::ZERO) => yield_now().await,
        Some(wait) => sleep(wait).await,
        None => std::future::pending().await,
    }
}
