//! One HTTP/1.1 connection, driven by whoever uses it.
//!
//! Owns the pairing of a request's sender with the protocol's driver: both are polled by the task
//! of the attempt, so a connection needs no task of its own and an idle one costs no wake-ups. Must
//! not know signatures or results.

use crate::stream::{Meter, Metered, Socket};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
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
pub(crate) struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    driver: Option<Driver>,
    meter: Arc<Meter>,
}

impl Connection {
    /// Speaks HTTP over a connected socket; sends nothing yet.
    pub(crate) async fn open(socket: Socket) -> Result<Connection, hyper::Error> {
        let meter = Arc::new(Meter::default());
        meter.restart(BEFORE_BODY_BYTES_MAX, false);
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
    pub(crate) async fn is_usable(&mut self) -> bool {
        poll_fn(|cx| {
            self.drive(cx);
            let ready = matches!(self.sender.poll_ready(cx), Poll::Ready(Ok(())));
            Poll::Ready(ready && self.driver.is_some())
        })
        .await
    }

    /// Sends a request and waits for the head of its answer.
    pub(crate) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, hyper::Error> {
        self.meter.restart(BEFORE_BODY_BYTES_MAX, true);
        let mut response = pin!(self.sender.send_request(request));
        poll_fn(|cx| {
            drive(&mut self.driver, cx);
            response.as_mut().poll(cx)
        })
        .await
    }

    /// The next frame of the answer's body; none at its end.
    pub(crate) async fn next_frame(
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
    pub(crate) fn allow(&self, bytes: u64) {
        self.meter.restart(bytes, false);
    }

    /// The status of an answer whose head is complete and is not taken for one all the same, e.g.
    /// since it tells two lengths.
    pub(crate) fn status_all_the_same(&self) -> Option<StatusCode> {
        status_of(&self.meter.take_kept())
    }

    /// Whether nothing came back since the last request was sent.
    pub(crate) fn is_unanswered(&self) -> bool {
        self.meter.is_untouched()
    }

    fn drive(&mut self, cx: &mut Context<'_>) {
        drive(&mut self.driver, cx);
    }
}

/// The status in the first complete head that is not a 1xx answer's.
fn status_of(mut bytes: &[u8]) -> Option<StatusCode> {
    loop {
        let end = head_end(bytes)?;
        let line = bytes.split(|byte| *byte == b'\n').next()?;
        let rest = line.strip_prefix(b"HTTP/1.1 ").or_else(|| line.strip_prefix(b"HTTP/1.0 "))?;
        let (digits, after) = rest.split_at_checked(3)?;
        if !matches!(after.first(), None | Some(b' ' | b'\r')) {
            return None;
        }
        let status = StatusCode::from_bytes(digits).ok()?;
        if !status.is_informational() {
            return Some(status);
        }
        bytes = bytes.get(end..)?;
    }
}

/// Where the line ends that ends a head.
fn head_end(bytes: &[u8]) -> Option<usize> {
    let mut line_is_empty = false;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'\n' if line_is_empty => return Some(at + 1),
            b'\n' => line_is_empty = true,
            b'\r' => {}
            _ => line_is_empty = false,
        }
    }
    None
}

fn drive(driver: &mut Option<Driver>, cx: &mut Context<'_>) {
    if let Some(running) = driver
        && Pin::new(running).poll(cx).is_ready()
    {
        // Dropping a driver that has ended is what tells the sender.
        *driver = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_counts_once_the_head_is_complete() {
        let rows: [(&[u8], Option<u16>); 12] = [
            (b"HTTP/1.1 200 OK\r\ncontent-length: abc\r\n\r\n", Some(200)),
            (b"HTTP/1.0 503\r\n\r\n", Some(503)),
            (b"HTTP/1.1 200 OK\nx: 1\n\n", Some(200)),
            (b"HTTP/1.1 102 P\r\n\r\nHTTP/1.1 204 X\r\nx\0: 1\r\n\r\nmore", Some(204)),
            (b"HTTP/1.1 100 C\r\n\r\n", None),
            (b"HTTP/1.1 200 OK\r\nx: 1\r\n", None),
            (b"HTTP/1.1 200 OK\r\n", None),
            (b"HTTP/1.1 2000 OK\r\n\r\n", None),
            (b"HTTP/1.1 20\r\n\r\n", None),
            (b"HTTP/2.0 200 OK\r\n\r\n", None),
            (b"SSH-2.0-x\r\n\r\n", None),
            (b"", None),
        ];
        for (bytes, expected) in rows {
            let shown = String::from_utf8_lossy(bytes);
            assert_eq!(status_of(bytes).map(|status| status.as_u16()), expected, "{shown}");
        }
    }
}
