//! What is true of every request: an id, a version, a caught panic, problems written out.
//!
//! Owns the outermost layer. The id is the caller's `X-Request-Id` when that is 32 hexadecimal
//! digits, else drawn; it goes into the header of the entry and back in the response.

use crate::answer_counters::AnswerCounters;
use crate::dated::{self, ZENTRA_VERSION};
use crate::head;
use crate::problem::{Problem, keep_headers};
use crate::span::RequestSpan;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use std::any::Any;
use std::sync::Arc;
use tracing::Instrument;
use zentra_env::Env;
use zentra_events::{Code, RequestId};

/// The header of a request's id.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request its id, writes the body of a problem that comes back, and counts the answer.
pub(crate) async fn identify(
    State((env, counters)): State<(Env, Arc<AnswerCounters>)>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let (route, method) = (counters.route(path), request.method().clone());
    let id = request_id(&env, request.headers());
    request.extensions_mut().insert(id);
    let span = RequestSpan::begin(&env, &request, id);
    let mut response = match head::check(&request) {
        Ok(()) => next.run(request).instrument(span.span()).await,
        Err(problem) => problem.into_response(),
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let mut written = problem.response(id);
        keep_headers(&response, &mut written);
        response = written;
    }
    span.end(response.status());
    route.count(&method, response.status());
    let shown = HeaderValue::from_str(&HEXLOWER.encode(&id.0));
    let headers = response.headers_mut();
    headers.insert(X_REQUEST_ID, shown.expect("hexadecimal is a header value"));
    headers.insert(ZENTRA_VERSION, dated::told());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The answer to a request whose handler panicked.
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let said = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    Problem::internal(&said).into_response()
}

/// No such route.
pub(crate) async fn no_route() -> Problem {
    Problem::new(Code::NotFound, "there is no such route; see /openapi.json")
}

/// A route, but not with this method.
pub(crate) async fn no_method() -> Problem {
    Problem::new(Code::MethodNotAllowed, "the route does not take this method; see /openapi.json")
}

fn request_id(env: &Env, headers: &HeaderMap) -> RequestId {
    headers
        .get(X_REQUEST_ID)
        .and_then(|value| HEXLOWER_PERMISSIVE.decode(value.as_bytes()).ok())
        .and_then(|bytes| <[u8; 16]>::try_from(bytes).ok())
        .map_or_else(|| RequestId(env.random_bytes()), RequestId)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use http_body_util::BodyExt;
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    async fn breaks() -> Response {
        panic!("an inner secret")
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_that_tells_nothing() {
        let counters = Arc::new(AnswerCounters::of([]));
        let app = Router::new()
            .route("/", get(breaks))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn_with_state((Env::for_tests(), counters), identify));
        let request = Request::get("/").header("host", "zentra").body(Body::empty()).unwrap();
        let response = app.oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), 500);
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["zentra-version"], dated::CURRENT);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.contains("\"internal\"") && !text.contains("secret"), "{text}");
    }

    #[test]
    fn only_32_hexadecimal_digits_are_taken() {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_static("000102030405060708090A0b0c0d0e0f"));
        let env = Env::for_tests();
        assert_eq!(request_id(&env, &headers).0, std::array::from_fn(|index| index as u8));
        for bad in ["", "00", "not hexadecimal, but thirty-two!!"] {
            headers.insert(X_REQUEST_ID, HeaderValue::from_static(bad));
            assert_ne!(request_id(&env, &headers), request_id(&env, &headers), "{bad:?}");
        }
    }
}
