//! One connection, from its first byte to its last.
//!
//! Owns the protocol's own limits, telling the seat when a request begins and ends, and closing
//! after an answer when the rest of the request is not read. Must not know routes.

use crate::leftover::{Leftover, Watched};
use crate::places::Seated;
use crate::seat::Seat;
use crate::stream::Stream;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONNECTION, EXPECT};
use axum::http::{HeaderValue, Version};
use axum::response::Response;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tower::ServiceExt;

/// Bytes of a request's head, and of what is read ahead.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Requests that one connection of HTTP/2 runs side by side.
const STREAMS_MAX: u32 = 64;

/// Serves a connection until it ends, or until the server stops and what is under way is answered.
pub(crate) async fn run(
    stream: TcpStream,
    seated: Seated,
    app: Router,
    mut stopping: watch::Receiver<bool>,
) {
    let seat = Arc::clone(&seated.seat);
    let io = TokioIo::new(Stream::new(stream, Arc::clone(&seat)));
    let multiplexed = seat.multiplexed();
    let leftover = Arc::new(Leftover::default());
    let service = service_fn(move |request| {
        answer(app.clone(), (Arc::clone(&seat), Arc::clone(&leftover)), request)
    });
    let stopped = async move {
        // A sender that is gone means that the server is gone too.
        let _gone = stopping.wait_for(|stop| *stop).await.is_err();
    };
    if multiplexed { either(io, service, stopped).await } else { http1(io, service, stopped).await }
}

/// HTTP/1 alone.
async fn http1<S>(io: TokioIo<Stream>, service: S, stopped: impl Future<Output = ()>)
where
    S: Service<hyper::Request<Incoming>, Response = Response, Error = Infallible>,
{
    let mut builder = http1::Builder::new();
    // The times are the sweep's: a timer for each head would cost every request.
    builder.header_read_timeout(None).max_buf_size(HEAD_BYTES_MAX);
    let mut connection = pin!(builder.serve_connection(io, service));
    tokio::select! {
        biased;
        ended = connection.as_mut() => return note(ended),
        () = stopped => connection.as_mut().graceful_shutdown(),
    }
    note(connection.await);
}

/// HTTP/1 or, where the client begins with it, HTTP/2 without TLS.
async fn either<S>(io: TokioIo<Stream>, service: S, stopped: impl Future<Output = ()>)
where
    S: Service<hyper::Request<Incoming>, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().header_read_timeout(None).max_buf_size(HEAD_BYTES_MAX);
    builder.http2().max_concurrent_streams(STREAMS_MAX).max_header_list_size(HEAD_BYTES_MAX as u32);
    let mut connection = pin!(builder.serve_connection(io, service));
    tokio::select! {
        biased;
        ended = connection.as_mut() => return note(ended),
        () = stopped => connection.as_mut().graceful_shutdown(),
    }
    note(connection.await);
}

/// How a connection ended is its client's matter.
fn note<E: std::fmt::Display>(ended: Result<(), E>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
}

async fn answer(
    app: Router,
    (seat, leftover): (Arc<Seat>, Arc<Leftover>),
    request: hyper::Request<Incoming>,
) -> Result<Response, Infallible> {
    seat.serving();
    let expects = request.headers().contains_key(EXPECT);
    let plain = request.version() < Version::HTTP_2;
    let mut request: Request = if plain && !request.body().is_end_stream() {
        let leftover = Arc::clone(&leftover);
        request.map(|body| Body::new(Watched::new(body, leftover)))
    } else {
        request.map(Body::new)
    };
    request.extensions_mut().insert(Arc::clone(&seat));
    let mut response = app.oneshot(request).await?;
    if plain {
        let unread = !leftover.read_short(expects).await;
        if unread {
            seat.set_unread();
        }
        if unread || seat.health_only() || seat.stopping() {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
    seat.answering();
    Ok(response)
}
