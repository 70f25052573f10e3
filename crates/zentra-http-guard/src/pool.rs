//! Idle connections, by where they lead.
//!
//! Owns their limits. The key has the judged address, so that a connection is found again only for
//! an address that the guard agreed to for the attempt at hand. Must not dial.

use crate::connection::Connection;
use crate::target::{HostName, Target};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a connection may be idle.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// Idle connections to one place.
const IDLE_PER_KEY_MAX: usize = 32;
/// Idle connections in all.
const IDLE_TOTAL_MAX: usize = 512;

/// Where a connection leads. The name matters beside the address: TLS was agreed for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PoolKey {
    tls: bool,
    name: Option<Arc<str>>,
    address: IpAddr,
    port: u16,
}

impl PoolKey {
    pub(crate) fn new(target: &Target, address: SocketAddr) -> PoolKey {
        let name = match &target.host {
            HostName::Name(name) => Some(Arc::clone(name)),
            HostName::Literal(_) => None,
        };
        PoolKey { tls: target.tls.is_some(), name, address: address.ip(), port: address.port() }
    }
}

struct Idle {
    connection: Box<Connection>,
    since: Instant,
}

#[derive(Default)]
struct Inner {
    idle: BTreeMap<PoolKey, Vec<Idle>>,
    total: usize,
}

/// The idle connections of a client.
#[derive(Default)]
pub(crate) struct Pool {
    inner: Mutex<Inner>,
}

impl Pool {
    /// The connection that was idle for the shortest time.
    pub(crate) fn take(&self, key: &PoolKey) -> Option<Box<Connection>> {
        let mut inner = self.lock();
        let taken = inner.idle.get_mut(key)?.pop()?;
        inner.total = inner.total.saturating_sub(1);
        (taken.since.elapsed() < IDLE_MAX).then_some(taken.connection)
    }

    /// Keeps a connection for later, unless there are enough.
    pub(crate) fn put(&self, key: PoolKey, connection: Box<Connection>) {
        let mut inner = self.lock();
        if inner.total >= IDLE_TOTAL_MAX {
            return;
        }
        let kept = inner.idle.entry(key).or_default();
        if kept.len() < IDLE_PER_KEY_MAX {
            kept.push(Idle { connection, since: Instant::now() });
            inner.total += 1;
        }
    }

    /// Closes what was idle for too long.
    pub(crate) fn sweep(&self) {
        let mut inner = self.lock();
        let mut total = 0;
        inner.idle.retain(|_, kept| {
            kept.retain(|idle| idle.since.elapsed() < IDLE_MAX);
            total += kept.len();
            !kept.is_empty()
        });
        inner.total = total;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
