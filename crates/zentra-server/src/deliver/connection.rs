//! One HTTP/1.1 connection, driven by whoever uses it.
//!
//! Owns the pairing of a request's sender with the protocol's driver: both are polled by the task
//! of the attempt, so a connection needs no task of its own and an idle one costs no wake-ups. Must
//! not know signatures or results.

use super::stream::{Meter, Metered, Socket};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Body, Frame, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

/// Bytes of an answer's status line and header lines.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Header lines of an answer. Those that are not well-formed are skipped: the status counts.
const HEAD_LINES_MAX: usize = 256;
/// Bytes that may come in before the answer's head is complete, 1xx answers included.
const BEFORE_BODY_BYTES_MAX: u64 = 128 * 1024;

type Driver = http1::Connection<TokioIo<Metered>, Full<Bytes>>;

/// A connection that can send one request after another.
pub(super) struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    driver: Option<Driver>,
    meter: Arc<Meter>,
}

impl Connection {
    /// Speaks HTTP over a connected socket; sends nothing yet.
    pub(super) async fn open(socket: Socket) -> Result<Connection, hyper::Error> {
        let meter = Arc::new(Meter::default());
        meter.restart(BEFORE_BODY_BYTES_MAX);
        let io = TokioIo::new(Metered::new(socket, Arc::clone(&meter)));
        let (sender, driver) = http1::Builder::new()
            .max_buf_size(HEAD_BYTES_MAX)
            .max_headers(HEAD_LINES_MAX)
            .ignore_invalid_headers_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .allow_spaces_after_header_name_in_responses(true)
            .handshake(io)
            .await?;
        Ok(Connection { sender, driver: Some(driver), meter })
    }

    /// Whether another request can be sent: looks at the socket once, without waiting, and so sees
    /// a peer that has closed or that sent something nobody asked for.
    pub(super) async fn is_usable(&mut self) -> bool {
        poll_fn(|cx| {
            self.drive(cx);
            let ready = matches!(self.sender.poll_ready(cx), Poll::Ready(Ok(())));
            Poll::Ready(ready && self.driver.is_some())
        })
        .await
    }

    /// Sends a request and waits for the head of its answer.
    pub(super) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, hyper::Error> {
        self.meter.restart(BEFORE_BODY_BYTES_MAX);
        let mut response = pin!(self.sender.send_request(request));
        poll_fn(|cx| {
            drive(&mut self.driver, cx);
            response.as_mut().poll(cx)
        })
        .await
    }

    /// The next frame of the answer's body; none at its end.
    pub(super) async fn next_frame(
        &mut self,
        body: &mut Incoming,
    ) -> Option<Result<Frame<Bytes>, hyper::Error>> {
        poll_fn(|cx| {
            if let Poll::Ready(frame) = Pin::new(&mut *body).poll_frame(cx) {
                return Poll::Ready(frame);
            }
            self.drive(cx);
            Pin::new(&mut *body).poll_frame(cx)
        })
        .await
    }

    /// Lets this many more bytes in.
    pub(super) fn allow(&self, bytes: u64) {
        self.meter.restart(bytes);
    }

    /// Whether nothing came back since the last request was sent.
    pub(super) fn is_unanswered(&self) -> bool {
        self.meter.is_untouched()
    }

    fn drive(&mut self, cx: &mut Context<'_>) {
        drive(&mut self.driver, cx);
    }
}

fn drive(driver: &mut Option<Driver>, cx: &mut Context<'_>) {
    if let Some(running) = driver
        && Pin::new(running).poll(cx).is_ready()
    {
        // Dropping a driver that has ended is what tells the sender.
        *driver = None;
    }
}
