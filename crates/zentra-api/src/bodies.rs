//! Bodies on their way in: one budget of bytes for all of them, and a rate at which each must come.
//!
//! Bytes are charged as they arrive, so that a body of which nothing comes holds nothing, and are
//! given back when the request ends. Owns the budget, the shares of scopes and the rate. Must not
//! know what bodies say.

use crate::problem::Problem;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use http_body_util::BodyExt;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use zentra_env::Env;
use zentra_events::{Code, Quota, Refusal, ScopeNo};
use zentra_runtime::{ScopeLimits, Stretches};

/// What a body takes beside the budget: it counts with its connection.
const FREE_BYTES: u64 = 8 * 1024;
/// Bytes are charged by steps of so many.
const STEP_BYTES: u64 = 64 * 1024;
/// Bytes a second at which a body must come, once its first time is over.
const BYTES_A_SECOND: u64 = 32 * 1024;
/// Room that is made at once for a body of a declared length.
const ROOM_BYTES: usize = 1024 * 1024;

/// The budget of all bodies that are under way.
pub struct Bodies {
    env: Env,
    bytes_max: u64,
    grace: Duration,
    limits: Arc<ScopeLimits>,
    held: Mutex<All>,
}

#[derive(Default)]
struct All {
    bytes: u64,
    scopes: BTreeMap<ScopeNo, u64>,
}

/// What a route takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    /// The most bytes.
    pub(crate) bytes_max: usize,
    /// How many times a body is in memory at most while its request is worked on.
    pub(crate) copies: u64,
}

impl Bodies {
    /// A budget; a scope may take its quota of it, and no more than half. A body may stand still
    /// for `grace`.
    pub fn new(
        env: &Env,
        bytes_max: u64,
        grace: Duration,
        limits: Arc<ScopeLimits>,
    ) -> Arc<Bodies> {
        let env = env.clone();
        Arc::new(Bodies { env, bytes_max, grace, limits, held: Mutex::default() })
    }

    /// Reads a body.
    ///
    /// # Errors
    /// When it is too large, does not come as a whole or not in time, or when too much is under
    /// way.
    pub(crate) async fn arrive(
        self: &Arc<Bodies>,
        scope: ScopeNo,
        headers: &HeaderMap,
        mut body: Body,
        taken: Taken,
    ) -> Result<(Vec<u8>, Held), Problem> {
        let declared = headers
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if declared.is_some_and(|length| length > taken.bytes_max) {
            return Err(too_large("", taken.bytes_max));
        }
        let mut held = self.hold(scope);
        let (mut bytes, mut stretches) = (Vec::new(), held.stretches());
        let mut by = Instant::now() + self.grace;
        loop {
            let data = match timeout_at(by, body.frame()).await {
                Err(_) => return Err(stalled(self.grace)),
                Ok(None) => return Ok((bytes, held)),
                Ok(Some(Err(_))) => {
                    let detail = "the body did not arrive as a whole";
                    return Err(Problem::new(Code::ValidationFailed, detail));
                }
                Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
            };
            if bytes.len() + data.len() > taken.bytes_max {
                return Err(too_large("", taken.bytes_max));
            }
            held.charge(data.len() as u64 * taken.copies)?;
            make_room(&mut bytes, data.len(), declared, taken.bytes_max);
            bytes.extend_from_slice(&data);
            if data.len() as u64 >= FREE_BYTES {
                // One that comes fast leaves turns on this thread to others, and its core.
                stretches.step();
                tokio::task::yield_now().await;
            }
            by = deadline(by, Instant::now(), data.len(), self.grace);
        }
    }

    /// What a body of this scope takes: nothing yet.
    pub(crate) fn hold(self: &Arc<Bodies>, scope: ScopeNo) -> Held {
        Held { bodies: Arc::clone(self), scope, bytes: 0, charged: 0 }
    }

    fn take(&self, scope: ScopeNo, bytes: u64) -> Result<(), Problem> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let of_scope = held.scopes.get(&scope).copied().unwrap_or(0) + bytes;
        let quota = self.limits.limit(scope, Quota::BodyBytes);
        let half = self.bytes_max.div_ceil(2);
        if of_scope > quota && quota <= half {
            let used = of_scope.saturating_sub(bytes);
            return Err(Refusal::over_quota(Quota::BodyBytes, quota, used, bytes).until(1).into());
        }
        if of_scope > half || held.bytes + bytes > self.bytes_max {
            let detail = "bodies under way take all the memory there is for them; try again";
            return Err(Problem::new(Code::Overloaded, detail).with_retry_after(1));
        }
        held.bytes += bytes;
        held.scopes.insert(scope, of_scope);
        metrics::gauge!("zentra_bodies_bytes").set(held.bytes as f64);
        Ok(())
    }

    fn give_back(&self, scope: ScopeNo, bytes: u64) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.bytes = held.bytes.saturating_sub(bytes);
        if let Some(of_scope) = held.scopes.get_mut(&scope) {
            *of_scope = of_scope.saturating_sub(bytes);
            if *of_scope == 0 {
                held.scopes.remove(&scope);
            }
        }
        metrics::gauge!("zentra_bodies_bytes").set(held.bytes as f64);
    }
}

/// What one body takes of the budget; given back when this is dropped.
pub(crate) struct Held {
    bodies: Arc<Bodies>,
    scope: ScopeNo,
    /// What it takes of memory.
    bytes: u64,
    /// What of it is charged: in steps, and nothing for a small one.
    charged: u64,
}

impl Held {
    /// Work on the body in short stretches, from now on.
    pub(crate) fn stretches(&self) -> Stretches {
        Stretches::on(&self.bodies.env)
    }

    /// Takes so many bytes more.
    ///
    /// # Errors
    /// When too much is under way.
    pub(crate) fn charge(&mut self, bytes: u64) -> Result<(), Problem> {
        self.bytes += bytes;
        let due = self.bytes.saturating_sub(FREE_BYTES).next_multiple_of(STEP_BYTES);
        if due > self.charged {
            self.bodies.take(self.scope, due - self.charged)?;
            self.charged = due;
        }
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.charged > 0 {
            self.bodies.give_back(self.scope, self.charged);
        }
    }
}

/// Until when more must have come, once so many bytes have.
fn deadline(by: Instant, now: Instant, bytes: usize, grace: Duration) -> Instant {
    let earned = Duration::from_micros(bytes as u64 * 1_000_000 / BYTES_A_SECOND);
    (by + earned).min(now + grace)
}

/// Makes room for more. A length that was only declared is believed up to a bound. Once that much
/// has come there is room for all that may come: it takes no memory before it is written to, and
/// to move a large body as it grows would keep the thread for milliseconds.
fn make_room(bytes: &mut Vec<u8>, more: usize, declared: Option<usize>, most: usize) {
    let needed = bytes.len() + more;
    if needed <= bytes.capacity() {
        return;
    }
    let wanted = match declared {
        Some(length) if needed <= ROOM_BYTES => length.min(ROOM_BYTES),
        None if needed <= ROOM_BYTES => bytes.len() * 2,
        declared => declared.unwrap_or(most),
    };
    bytes.reserve_exact(wanted.max(needed) - bytes.len());
}

/// More bytes than there may be: of the body, or of one field in it.
pub(crate) fn too_large(field: &str, bytes_max: usize) -> Problem {
    let what = if field.is_empty() { "a body" } else { field };
    let problem =
        Problem::new(Code::BodyTooLarge, format!("{what} has at most {bytes_max} bytes here"));
    let problem = problem.with("bytes_max", bytes_max);
    if field.is_empty() { problem } else { problem.with("pointer", field) }
}

fn stalled(grace: Duration) -> Problem {
    let detail = format!(
        "the body stood still, or came slower than {BYTES_A_SECOND} bytes a second for {} s",
        grace.as_secs()
    );
    Problem::new(Code::RequestTimeout, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http_body_util::Full;
    use hyper::body::Frame;
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use zentra_engine::Engine;
    use zentra_events::QuotaTable;

    const ONE: ScopeNo = ScopeNo(1);
    const TWO: ScopeNo = ScopeNo(2);
    const GRACE: Duration = Duration::from_secs(10);
    const SINGLE: Taken = Taken { bytes_max: 1 << 20, copies: 1 };

    fn budget(bytes_max: u64, grace: Duration) -> Arc<Bodies> {
        let mut engine = Engine::new(0);
        let mut quotas = QuotaTable::default();
        quotas.set(Quota::BodyBytes, 1 << 20);
        engine.set_quotas(quotas);
        Bodies::new(&Env::for_tests(), bytes_max, grace, Arc::new(ScopeLimits::of(&engine)))
    }

    async fn arrives(
        bodies: &Arc<Bodies>,
        scope: ScopeNo,
        bytes: usize,
    ) -> Result<(Vec<u8>, Held), Problem> {
        let body = Body::new(Full::new(Bytes::from(vec![b'x'; bytes])));
        bodies.arrive(scope, &HeaderMap::new(), body, SINGLE).await
    }

    #[tokio::test]
    async fn a_scope_takes_its_share_and_gives_it_back() {
        let bodies = budget(2 << 20, GRACE);
        let first = arrives(&bodies, ONE, 1 << 20).await.unwrap();
        assert_eq!(first.0.len(), 1 << 20);
        let refused = arrives(&bodies, ONE, 1 << 17).await.err().unwrap();
        assert_eq!(refused.code, Code::QuotaExceeded);
        assert!(arrives(&bodies, ONE, 1 << 12).await.is_ok(), "small ones take nothing");
        let second = arrives(&bodies, TWO, 1 << 20).await.unwrap();
        let refused = arrives(&bodies, ScopeNo(3), 1 << 17).await.err().unwrap();
        assert_eq!(refused.code, Code::Overloaded, "all is taken");
        drop(first);
        assert!(arrives(&bodies, ONE, 1 << 19).await.is_ok());
        drop(second);
        let held = bodies.held.lock().unwrap();
        assert!(held.bytes == 0 && held.scopes.is_empty());
    }

    #[tokio::test]
    async fn a_large_body_is_refused_by_its_length_and_by_its_bytes() {
        let bodies = budget(64 << 20, GRACE);
        let refused = arrives(&bodies, ONE, (1 << 20) + 1).await.err().unwrap();
        assert_eq!(refused.code, Code::BodyTooLarge);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_LENGTH, "1048577".parse().unwrap());
        let refused = bodies.arrive(ONE, &headers, Body::empty(), SINGLE).await.err().unwrap();
        assert_eq!(refused.code, Code::BodyTooLarge);
    }

    /// A body of which nothing ever comes.
    struct Silent;

    impl hyper::body::Body for Silent {
        type Data = Bytes;
        type Error = std::io::Error;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn a_body_that_stands_still_is_given_up() {
        let bodies = budget(64 << 20, Duration::from_millis(10));
        let silent = Body::new(Silent);
        let refused = bodies.arrive(ONE, &HeaderMap::new(), silent, SINGLE).await.err().unwrap();
        assert_eq!(refused.code, Code::RequestTimeout);
        assert_eq!(refused.status().as_u16(), 408);
    }

    #[test]
    fn what_comes_earns_time_but_no_more_than_the_first() {
        let start = Instant::now();
        let after = |seconds: u64| start + Duration::from_secs(seconds);
        let by = after(10);
        assert_eq!(deadline(by, start, 0, GRACE), by, "nothing earns nothing");
        assert_eq!(deadline(by, after(5), 32 * 1024, GRACE), after(11));
        assert_eq!(deadline(by, after(9), 1 << 20, GRACE), after(19), "a burst is not saved up");
    }
}
