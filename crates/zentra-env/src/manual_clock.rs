//! A clock that is set by hand and entropy that counts: for tests and simulations, which run twice
//! alike.
//!
//! Owns that time passes only when it is told to. Must not read a clock.

use crate::env::Env;
use crate::seam::{Clock, Entropy, Timer, Wait};
use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A clock and a timer that are driven by hand. Clones are handles to the same. It begins in 1970.
#[derive(Clone)]
pub struct ManualClock {
    state: Arc<Mutex<State>>,
}

struct State {
    system: SystemTime,
    passed: Duration,
    waiting: Vec<Waker>,
}

impl Default for ManualClock {
    fn default() -> ManualClock {
        ManualClock::at(UNIX_EPOCH)
    }
}

impl ManualClock {
    /// One that shows this.
    pub fn at(system: SystemTime) -> ManualClock {
        let state = State { system, passed: Duration::ZERO, waiting: Vec::new() };
        ManualClock { state: Arc::new(Mutex::new(state)) }
    }

    /// Lets time pass: what the system shows goes on by as much.
    pub fn advance(&self, by: Duration) {
        let mut state = self.lock();
        state.system += by;
        state.passed += by;
        for waiting in state.waiting.drain(..) {
            waiting.wake();
        }
    }

    /// Sets what the system shows; no time passes by it.
    pub fn set(&self, system: SystemTime) {
        self.lock().system = system;
    }

    /// A machine with this clock, and with entropy that counts from zero.
    pub fn env(&self) -> Env {
        let clock = Arc::new(self.clone());
        Env::new(clock.clone(), clock, Arc::new(CountingEntropy::default()))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn system(&self) -> SystemTime {
        self.lock().system
    }

    fn passed(&self) -> Duration {
        self.lock().passed
    }
}

impl Timer for ManualClock {
    fn wait(&self, time: Duration) -> Wait {
        let clock = self.clone();
        let until = clock.passed().saturating_add(time);
        Box::pin(poll_fn(move |context| {
            let mut state = clock.lock();
            if state.passed >= until {
                return Poll::Ready(());
            }
            state.waiting.push(context.waker().clone());
            Poll::Pending
        }))
    }
}

/// Bytes that are other ones at each call, and the same in each run.
#[derive(Debug, Default)]
pub struct CountingEntropy {
    calls: AtomicU64,
}

impl Entropy for CountingEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        for (number, part) in bytes.chunks_mut(8).enumerate() {
            let word = (call << 16 | number as u64).to_be_bytes();
            part.copy_from_slice(&word[..part.len()]);
        }
    }
}
