//! The challenge that a deployment may put before a new endpoint: its host repeats a random text,
//! or the endpoint is not made.
//!
//! So nobody is sent events who has not agreed to get them. Owns the request, what counts as an
//! answer, and how many are under way. Must not know endpoints: nothing is recorded of it.

use super::attempt::AGENT;
use super::result::result_of;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use http::{Method, Request};
use http_body_util::Full;
use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use zentra_events::ScopeNo;
use zentra_events::event::AttemptResult;
use zentra_http_guard::{Client, RequestError};

/// How long the answer may take.
const WITHIN: Duration = Duration::from_secs(5);
/// Challenges under way at once.
const UNDER_WAY_MAX: usize = 32;
/// The same of one scope.
const OF_SCOPE_MAX: usize = 4;

/// Why an endpoint has not met its challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// Too many are under way, or to this destination.
    Busy,
    /// The request came to nothing.
    Failed(AttemptResult),
    /// It was answered with this status.
    Status(u16),
    /// The answer was another text than the challenge.
    Text,
}

/// Challenges new endpoints, by the client of deliveries: what a host may get counts for both.
pub struct Challenger {
    client: Arc<Client>,
    under_way: Mutex<BTreeMap<ScopeNo, usize>>,
}

/// A challenge under way.
struct Place<'a> {
    challenger: &'a Challenger,
    scope: ScopeNo,
}

impl Challenger {
    /// One that asks by this client.
    pub fn new(client: Arc<Client>) -> Challenger {
        Challenger { client, under_way: Mutex::default() }
    }

    /// Sends `{"type":"webhook.endpoint.challenge","challenge":"<text>"}`; the answer must be a 2xx
    /// whose body is the text, with white space around it or without.
    ///
    /// # Errors
    /// With why the challenge is not met.
    pub async fn ask(&self, scope: ScopeNo, url: &str) -> Result<(), Unmet> {
        let _place = self.enter(scope).ok_or(Unmet::Busy)?;
        let text = HEXLOWER.encode(&self.client.env().random_bytes::<32>());
        let body = format!("{{\"type\":\"webhook.endpoint.challenge\",\"challenge\":\"{text}\"}}");
        let body = Bytes::from(body);
        let target =
            self.client.target(url).map_err(|failure| Unmet::Failed(result_of(failure)))?;
        let request = || {
            let mut request = Request::new(Full::new(body.clone()));
            *request.method_mut() = Method::POST;
            *request.uri_mut() = target.path.clone();
            let headers = request.headers_mut();
            headers.insert(HOST, target.authority.clone());
            headers.insert(USER_AGENT, AGENT);
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            Ok(request)
        };
        let answer = self.client.call(scope, &target, &request, WITHIN, pending()).await;
        let answer = answer.map_err(|unanswered| match unanswered {
            RequestError::Failed(failure) => Unmet::Failed(result_of(failure)),
            RequestError::Held(_) => Unmet::Busy,
        })?;
        if !(200..300).contains(&answer.status) {
            return Err(Unmet::Status(answer.status));
        }
        if answer.excerpt.trim() == text { Ok(()) } else { Err(Unmet::Text) }
    }

    fn enter(&self, scope: ScopeNo) -> Option<Place<'_>> {
        let mut under_way = self.lock();
        let all: usize = under_way.values().sum();
        let own = under_way.get(&scope).copied().unwrap_or(0);
        if all >= UNDER_WAY_MAX || own >= OF_SCOPE_MAX {
            return None;
        }
        under_way.insert(scope, own + 1);
        Some(Place { challenger: self, scope })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ScopeNo, usize>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut under_way = self.challenger.lock();
        let left = under_way.get(&self.scope).map_or(0, |own| own.saturating_sub(1));
        if left == 0 {
            under_way.remove(&self.scope);
        } else {
            under_way.insert(self.scope, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zentra_env::Env;
    use zentra_http_guard::{GuardPolicy, outbound};

    #[tokio::test]
    async fn a_scope_holds_few_places_and_gives_them_back() {
        let client = outbound(&Env::for_tests(), Arc::new(GuardPolicy::default()), &[]).unwrap();
        let challenger = Challenger::new(client);
        let enter = |scope| challenger.enter(ScopeNo(scope));
        let own: Vec<_> = (0..OF_SCOPE_MAX).map(|_| enter(1).unwrap()).collect();
        assert!(enter(1).is_none());
        let others: Vec<_> =
            (OF_SCOPE_MAX..UNDER_WAY_MAX).map(|number| enter(2 + number as u32).unwrap()).collect();
        assert!(enter(99).is_none(), "all are taken");
        drop((own, others));
        assert!(challenger.lock().is_empty());
        assert!(enter(1).is_some());
    }
}
