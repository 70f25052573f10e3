//! The gate before every destination: asked once the addresses are known, told how it ended.
//!
//! Owns the lock around [`HostGate`] and its clock. What was admitted is told as ended whatever
//! becomes of it, also when its task is cut off. Must not know deliveries.

use crate::host_gate::{Admission, HostGate};
use crate::target::{HostName, Target};
use http::StatusCode;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zentra_env::{Env, WaitingClock};
use zentra_events::{ScopeNo, Span};

/// Nothing was sent: the destination has as much as it may get. Try again after this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The time.
    pub wait: Span,
}

/// How much goes to each destination of a client.
pub(crate) struct Gate {
    inner: Mutex<HostGate>,
    clock: WaitingClock,
}

/// An attempt that may go out. Dropped without an answer it counts as a failure.
pub(crate) struct Admitted {
    gate: Arc<Gate>,
    scope: ScopeNo,
    host: Arc<str>,
    addresses: Vec<IpAddr>,
    success: bool,
}

impl Gate {
    /// Nothing has gone anywhere yet.
    pub(crate) fn new(env: &Env) -> Gate {
        Gate { inner: Mutex::default(), clock: WaitingClock::start(env) }
    }

    /// Asks for one attempt of a scope to a target at any of these addresses.
    pub(crate) fn admit(
        self: &Arc<Gate>,
        scope: ScopeNo,
        target: &Target,
        at: &[SocketAddr],
    ) -> Result<Admitted, Held> {
        let host = match &target.host {
            HostName::Name(name) => Arc::clone(name),
            HostName::Literal(_) => "".into(),
        };
        let addresses: Vec<IpAddr> = at.iter().map(SocketAddr::ip).collect();
        let now = self.clock.now();
        match self.lock().admit(now, scope, &host, &addresses) {
            Admission::Go => {
                Ok(Admitted { gate: Arc::clone(self), scope, host, addresses, success: false })
            }
            Admission::Wait(at) => {
                metrics::counter!("zentra_delivery_held_total").increment(1);
                Err(Held { wait: at.since(now) })
            }
        }
    }

    /// Forgets destinations at rest.
    pub(crate) fn sweep(&self) {
        let mut inner = self.lock();
        inner.sweep(self.clock.now());
        metrics::gauge!("zentra_delivery_destinations").set(inner.len() as f64);
    }

    fn lock(&self) -> MutexGuard<'_, HostGate> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Admitted {
    /// The consumer has answered.
    pub(crate) fn answered(mut self, status: StatusCode) {
        self.success = status.is_success();
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let now = self.gate.clock.now();
        let Self { gate, scope, host, addresses, success } = self;
        gate.lock().finished(now, *scope, host, addresses, *success);
    }
}
