//! One guarded HTTP request: pool or dial, send, read what is kept of the answer.
//!
//! Owns the total time of a request, the one repeat on a stale connection, and asking whether the
//! destination may have one more at all. Never follows a redirect, never reads proxy settings. Must
//! not know signatures or deliveries.

use crate::answer::{Answer, BodyStart};
use crate::connection::Connection;
use crate::connector::Connector;
use crate::failure::Failure;
use crate::gate::{Admitted, Gate, Held};
use crate::policy::GuardPolicy;
use crate::pool::{Pool, PoolKey};
use crate::resolver::Resolver;
use crate::stream::TooLong;
use crate::target::Target;
use crate::url_guard::check_url;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use rustls::ClientConfig;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout_at};
use zentra_env::Env;
use zentra_events::ScopeNo;

/// How long an answer's body may take once its head is in: the head has decided already.
const BODY_BUDGET: Duration = Duration::from_secs(1);
/// A kept connection that breaks within this time was closed before the request came in.
const AT_ONCE: Duration = Duration::from_millis(250);
/// URLs that are kept taken apart.
const TARGETS_MAX: usize = 4096;

/// Sends requests to places that the guard agrees to.
pub struct Client {
    env: Env,
    guard: Arc<GuardPolicy>,
    connector: Connector,
    pool: Pool,
    targets: Mutex<BTreeMap<String, Arc<Target>>>,
    gate: Arc<Gate>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// This went wrong.
    Failed(Failure),
    /// Nothing was sent: the destination has as much as it may get.
    Held(Held),
}

impl From<Failure> for RequestError {
    fn from(result: Failure) -> RequestError {
        RequestError::Failed(result)
    }
}

/// Makes the request; more than once when a connection turns out stale.
pub type MakeRequest<'a> = &'a (dyn Fn() -> Result<Request<Full<Bytes>>, Failure> + Sync);

/// What came back.
enum Came {
    Whole(Box<Exchange>),
    /// A complete head that is not well-formed: its status counts, and nothing else is read.
    Status(StatusCode),
}

struct Exchange {
    connection: Box<Connection>,
    address: SocketAddr,
    response: Response<Incoming>,
    admitted: Admitted,
}

impl Client {
    /// A client without connections.
    pub fn new(
        env: &Env,
        guard: Arc<GuardPolicy>,
        resolver: Resolver,
        tls: Arc<ClientConfig>,
    ) -> Client {
        let connector = Connector::new(Arc::clone(&guard), resolver, tls);
        let (pool, targets, gate) = (Pool::default(), Mutex::default(), Arc::new(Gate::new(env)));
        Client { env: env.clone(), guard, connector, pool, targets, gate }
    }

    /// The machine that it runs on.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// Closes connections that were idle for too long, and forgets destinations at rest.
    pub fn sweep(&self) {
        self.pool.sweep();
        self.gate.sweep();
    }

    /// Where a URL leads. A URL that the guard's policy does not take (any more) is blocked.
    ///
    /// # Errors
    /// When it is blocked, or leads nowhere that HTTP does.
    pub fn target(&self, url: &str) -> Result<Arc<Target>, Failure> {
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(target) = targets.get(url) {
            return Ok(Arc::clone(target));
        }
        let checked = check_url(url, &self.guard).map_err(|_| Failure::BlockedAddress)?;
        let target = Arc::new(Target::of(&checked).ok_or(Failure::Internal)?);
        if targets.len() >= TARGETS_MAX {
            targets.clear();
        }
        targets.insert(url.to_owned(), Arc::clone(&target));
        Ok(target)
    }

    /// Sends what `request` makes (again, when a connection turns out stale) and reads the answer.
    /// `total` covers everything up to the end of the answer's head, and `cut` may end it before;
    /// then the body has what is left of it, at most a second.
    ///
    /// # Errors
    /// When there is no answer, or nothing was sent.
    pub async fn call(
        &self,
        scope: ScopeNo,
        target: &Target,
        request: MakeRequest<'_>,
        total: Duration,
        cut: impl Future<Output = ()>,
    ) -> Result<Answer, RequestError> {
        let deadline = Instant::now() + total;
        let exchange = tokio::select! {
            biased;
            exchange = self.exchange(scope, target, request) => exchange?,
            () = sleep_until(deadline) => return Err(Failure::TimedOut.into()),
            () = cut => return Err(Failure::TimedOut.into()),
        };
        let Exchange { mut connection, address, response, admitted } = match exchange {
            Came::Whole(exchange) => *exchange,
            Came::Status(status) => return Ok(Answer::of_status(status)),
        };
        let (parts, body) = response.into_parts();
        let head = Response::from_parts(parts, ());
        if head.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Failure::ProtocolFailed.into());
        }
        admitted.answered(head.status());
        let mut start = BodyStart::default();
        let body_deadline = deadline.min(Instant::now() + BODY_BUDGET);
        // Running out of time here is fine: what was read so far is kept.
        let read = timeout_at(body_deadline, start.read(&mut connection, body)).await;
        if read.is_ok() && start.is_complete && connection.is_usable().await {
            self.pool.put(PoolKey::new(target, address), connection);
        }
        Ok(Answer::of(head, &start))
    }

    async fn exchange(
        &self,
        scope: ScopeNo,
        target: &Target,
        request: MakeRequest<'_>,
    ) -> Result<Came, RequestError> {
        let addresses = self.connector.vet(target).await?;
        let admitted = self.gate.admit(scope, target, &addresses).map_err(RequestError::Held)?;
        if let Some((mut connection, address)) = self.pooled(target, &addresses).await {
            let sent = Instant::now();
            match connection.send(request()?).await {
                Ok(response) => {
                    let exchange = Exchange { connection, address, response, admitted };
                    return Ok(Came::Whole(Box::new(exchange)));
                }
                // The peer closed while the request was on its way. Had it taken longer, somebody
                // may have worked on it: then it is an attempt with its own result.
                Err(error) if connection.is_unanswered() && sent.elapsed() < AT_ONCE => {
                    tracing::debug!(%error, "a kept connection was stale; dialling");
                }
                Err(error) => return odd(&connection, admitted, &error),
            }
        }
        let (socket, address) = self.connector.dial(target, &addresses).await?;
        let opened = Connection::open(socket).await.map_err(|error| broken(&error))?;
        let mut connection = Box::new(opened);
        match connection.send(request()?).await {
            Ok(response) => {
                let exchange = Exchange { connection, address, response, admitted };
                Ok(Came::Whole(Box::new(exchange)))
            }
            Err(error) => odd(&connection, admitted, &error),
        }
    }

    async fn pooled(
        &self,
        target: &Target,
        addresses: &[SocketAddr],
    ) -> Option<(Box<Connection>, SocketAddr)> {
        for address in addresses {
            let key = PoolKey::new(target, *address);
            while let Some(mut connection) = self.pool.take(&key) {
                if connection.is_usable().await {
                    return Some((connection, *address));
                }
            }
        }
        None
    }
}

/// What is made of an answer that is not taken for one: with a status line and a complete head it
/// is an answer, whatever its other lines say.
fn odd(
    connection: &Connection,
    admitted: Admitted,
    error: &hyper::Error,
) -> Result<Came, RequestError> {
    let failed = broken(error);
    let status = connection
        .status_all_the_same()
        .filter(|status| failed == Failure::BadHead && *status != StatusCode::SWITCHING_PROTOCOLS);
    let Some(status) = status else { return Err(failed.into()) };
    admitted.answered(status);
    Ok(Came::Status(status))
}

fn broken(error: &hyper::Error) -> Failure {
    tracing::debug!(%error, "the answer was not HTTP, or broke off");
    if error.is_parse_too_large() || TooLong::is_cause_of(error) {
        Failure::HeadTooLarge
    } else if error.is_parse() {
        Failure::BadHead
    } else if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        Failure::ClosedEarly
    } else {
        Failure::ProtocolFailed
    }
}
