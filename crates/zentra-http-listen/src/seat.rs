//! What is known of one open connection: what it does, since when, and for whom.
//!
//! The connection's own task writes, the sweep reads, so every value stands by itself and needs no
//! order between them. Owns the phases and when one has lasted too long. Must not do any IO.

use crate::shares::{NoPlace, Shares};
use crate::ticks::Ticks;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use tokio::task::AbortHandle;
use zentra_events::ScopeNo;

/// What a connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing of a request has come.
    Waiting,
    /// A part of a request's head has come.
    Head,
    /// A request is worked on.
    Serving,
    /// An answer goes out.
    Answering,
    /// What the client still sends is thrown away, so that it can read the answer.
    Lingering,
}

/// How many ticks each phase may last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowed {
    pub(crate) head: u32,
    pub(crate) idle: u32,
    pub(crate) write: u32,
    /// Bytes of an answer that give one tick more.
    pub(crate) write_bytes: u64,
    pub(crate) linger: u32,
    pub(crate) kept: u32,
}

/// No scope.
const NOBODY: u32 = u32::MAX;

/// One open connection.
pub struct Seat {
    pub(crate) number: u64,
    pub(crate) address: IpAddr,
    /// Beyond the bound: it is served its health, and nothing else.
    pub(crate) kept: bool,
    ticks: Arc<Ticks>,
    shares: Arc<Shares>,
    /// The phase and the tick at which it began.
    doing: AtomicU64,
    /// Bytes of the answer that the client has taken.
    written: AtomicU64,
    /// Whether a request of it had a valid key.
    known: AtomicBool,
    scope: AtomicU32,
    /// Whether the connection ends although the client still sends.
    unread: AtomicBool,
    /// Requests under way; more than one only where a protocol runs them side by side.
    requests: AtomicU32,
    multiplexed: bool,
    task: OnceLock<AbortHandle>,
}

impl Seat {
    pub(crate) fn new(
        (ticks, shares): (&Arc<Ticks>, &Arc<Shares>),
        (number, address): (u64, IpAddr),
        (kept, multiplexed): (bool, bool),
    ) -> Seat {
        let doing = AtomicU64::new(doing(Phase::Waiting, ticks.now()));
        Seat {
            number,
            address,
            kept,
            ticks: Arc::clone(ticks),
            shares: Arc::clone(shares),
            doing,
            written: AtomicU64::new(0),
            known: AtomicBool::new(false),
            scope: AtomicU32::new(NOBODY),
            unread: AtomicBool::new(false),
            requests: AtomicU32::new(0),
            multiplexed,
            task: OnceLock::new(),
        }
    }

    /// Whether the connection is beyond the bound and gets its health alone.
    pub fn health_only(&self) -> bool {
        self.kept
    }

    /// Whether the server is about to stop.
    pub fn stopping(&self) -> bool {
        self.ticks.stopping()
    }

    /// The connection acts for this scope, which may have `quota` of them, from now on.
    ///
    /// # Errors
    /// When the scope has as many connections as it may have.
    pub fn claim(&self, scope: ScopeNo, quota: impl FnOnce() -> u64) -> Result<(), NoPlace> {
        if self.scope.load(Relaxed) == scope.0 {
            return Ok(());
        }
        self.shares.claim(self.scope(), scope, quota())?;
        self.scope.store(scope.0, Relaxed);
        self.known.store(true, Relaxed);
        Ok(())
    }

    pub(crate) fn scope(&self) -> Option<ScopeNo> {
        let scope = self.scope.load(Relaxed);
        (scope != NOBODY).then_some(ScopeNo(scope))
    }

    pub(crate) fn is_known(&self) -> bool {
        self.known.load(Relaxed)
    }

    pub(crate) fn multiplexed(&self) -> bool {
        self.multiplexed
    }

    /// Some bytes came.
    pub(crate) fn heard(&self) {
        if !self.multiplexed && matches!(self.phase(), Phase::Waiting | Phase::Answering) {
            self.begin(Phase::Head);
        }
    }

    /// Nothing waits to be written: what was answered is answered whole, as no answer is streamed.
    pub(crate) fn flushed(&self) {
        if self.phase() == Phase::Answering {
            self.begin(Phase::Waiting);
        }
    }

    pub(crate) fn serving(&self) {
        self.requests.fetch_add(1, Relaxed);
        self.begin(Phase::Serving);
    }

    pub(crate) fn answering(&self) {
        if self.requests.fetch_sub(1, Relaxed) == 1 {
            self.written.store(0, Relaxed);
            self.begin(Phase::Answering);
        }
    }

    pub(crate) fn wrote(&self, bytes: usize) {
        self.written.fetch_add(bytes as u64, Relaxed);
    }

    /// The connection ends with the answer although the client still sends.
    pub(crate) fn set_unread(&self) {
        self.unread.store(true, Relaxed);
    }

    /// Whether to linger at the end; the first time alone.
    pub(crate) fn lingers(&self) -> bool {
        let unread = self.unread.swap(false, Relaxed);
        if unread {
            self.begin(Phase::Lingering);
        }
        unread
    }

    pub(crate) fn phase(&self) -> Phase {
        parts(self.doing.load(Relaxed)).0
    }

    /// The phase and for how many ticks it lasts.
    pub(crate) fn lasting(&self, now: u32) -> (Phase, u32) {
        let (phase, since) = parts(self.doing.load(Relaxed));
        (phase, now.wrapping_sub(since))
    }

    /// Why the connection must end now, if it must.
    pub(crate) fn overdue(&self, now: u32, allowed: &Allowed) -> Option<&'static str> {
        let (phase, lasted) = self.lasting(now);
        let (limit, cause) = match phase {
            Phase::Waiting | Phase::Head if self.kept => (allowed.kept, "kept"),
            Phase::Waiting if self.is_known() => (allowed.idle, "idle"),
            Phase::Waiting => (allowed.head.max(allowed.idle / 4), "idle"),
            Phase::Head => (allowed.head, "head"),
            Phase::Serving => return None,
            Phase::Answering => {
                let earned = self.written.load(Relaxed) / allowed.write_bytes.max(1);
                let earned = u32::try_from(earned).unwrap_or(u32::MAX);
                (allowed.write.saturating_add(earned), "write")
            }
            Phase::Lingering => (allowed.linger, "linger"),
        };
        (lasted > limit).then_some(cause)
    }

    /// The task that serves the connection.
    pub(crate) fn set_task(&self, task: AbortHandle) {
        // It is set once, by who made the seat.
        let _set_before = self.task.set(task).is_err();
    }

    /// Ends the connection at once.
    pub(crate) fn cut(&self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }

    fn begin(&self, phase: Phase) {
        self.doing.store(doing(phase, self.ticks.now()), Relaxed);
    }
}

fn doing(phase: Phase, tick: u32) -> u64 {
    (phase as u64) << 32 | u64::from(tick)
}

fn parts(doing: u64) -> (Phase, u32) {
    let phase = match doing >> 32 {
        0 => Phase::Waiting,
        1 => Phase::Head,
        2 => Phase::Serving,
        3 => Phase::Answering,
        _ => Phase::Lingering,
    };
    (phase, doing as u32)
}
