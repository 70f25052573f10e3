//! A whole pipeline in a temporary folder, with deliveries to loopback.

use super::receiver::allowing;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use zentra_delivery::{DeliveryCommand, SecretChoice, default_policy};
use zentra_engine::Command;
use zentra_env::Env;
use zentra_events::event::RetryPolicyV1;
use zentra_events::{Entry, Event, Position, ScopeName, ScopeNo, Span};
use zentra_http_guard::outbound;
use zentra_keyring::Keyring;
use zentra_runtime::{DataFolder, Handle, Runtime, Subscription};
use zentra_sender::{DeliverOptions, Schedule};
use zentra_signature::SymmetricSecret;
use zentra_testkit::{start, stop, submit};

/// The bytes of the signing secret of version 1.
pub(super) const SECRET: [u8; 32] = [5; 32];

/// A running pipeline with one scope.
pub(super) struct World {
    folder: TempDir,
    runtime: Runtime,
    keyring: Arc<Keyring>,
    scope: ScopeNo,
    name: ScopeName,
}

/// Running deliveries.
pub(super) struct Delivering {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl World {
    pub(super) async fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let (runtime, keyring) = start(&DataFolder::new(folder.path()), 1024 * 1024);
        let name: ScopeName = "acme".parse().unwrap();
        let mut world = World { folder, runtime, keyring, scope: ScopeNo(0), name };
        world.submit(zentra_testkit::scope(world.name.as_str())).await;
        world.scope = world.handle().names().scope_by_name(&world.name).unwrap();
        world
    }

    pub(super) fn handle(&self) -> &Handle {
        self.runtime.handle()
    }

    /// Stops the pipeline and opens it again from its files.
    pub(super) async fn restart(self) -> World {
        let World { folder, runtime, scope, name, .. } = self;
        stop(runtime).await;
        let (runtime, keyring) = start(&DataFolder::new(folder.path()), 1024 * 1024);
        World { folder, runtime, keyring, scope, name }
    }

    /// Submits a command that must be taken.
    pub(super) async fn submit(&self, command: Command) -> Arc<Entry> {
        submit(self.handle(), self.scope, command).await
    }

    /// Registers an endpoint that takes the events of orders.
    pub(super) async fn endpoint(&self, url: String, policy: RetryPolicyV1) -> Arc<Entry> {
        let secret = SymmetricSecret::from_bytes(&SECRET).unwrap();
        let secret = SecretChoice::Own {
            sealed: self.keyring.seal(self.handle().env(), &self.name, &secret),
        };
        let description = String::new();
        let filters = vec!["order.*".to_owned()];
        self.submit(Command::Delivery(DeliveryCommand::CreateEndpoint {
            url,
            filters,
            secret,
            policy,
            description,
        }))
        .await
    }

    pub(super) async fn publish(&self, data: &str) -> Arc<Entry> {
        let event_type = "order.paid".parse().unwrap();
        let data = data.to_owned();
        self.submit(Command::Delivery(DeliveryCommand::Publish { event_type, data })).await
    }

    /// Starts deliveries from the state as it is.
    pub(super) async fn deliver(&self) -> Delivering {
        let handle = self.handle().clone();
        let (schedule, next) = handle
            .query(|engine| (Schedule::of(&Env::for_tests(), engine, 512), engine.next_position()))
            .await
            .unwrap();
        let (stop, stopping) = watch::channel(false);
        let subscription = handle.subscribe(next);
        let client = outbound(&Env::for_tests(), allowing(&["127.0.0.0/8"]), &[]).unwrap();
        let keyring = Arc::clone(&self.keyring);
        let options = DeliverOptions::default();
        let running =
            zentra_sender::run(handle, keyring, client, schedule, subscription, options, stopping);
        Delivering { stop, task: tokio::spawn(running) }
    }
}

impl Delivering {
    /// Stops and waits for attempts under way.
    pub(super) async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }
}

/// A policy with these delays, in milliseconds.
pub(super) fn policy(delays_ms: &[u64]) -> RetryPolicyV1 {
    let schedule_ns = delays_ms.iter().map(|delay| Span::millis(*delay)).collect();
    RetryPolicyV1 { schedule_ns, ..default_policy() }
}

/// Reads on until `count` events of a kind came by.
pub(super) async fn wait_for<T>(
    world: &World,
    count: usize,
    pick: impl Fn(&Event) -> Option<T>,
) -> Vec<T> {
    let mut subscription: Subscription = world.handle().subscribe(Position::ZERO);
    let mut found = Vec::new();
    while found.len() < count {
        let entries = subscription.next().await.unwrap();
        for entry in entries.iter() {
            found.extend(entry.events().iter().filter_map(|recorded| pick(&recorded.event)));
        }
    }
    found
}
