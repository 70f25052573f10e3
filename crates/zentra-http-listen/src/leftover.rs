//! What of a request's body no handler has read.
//!
//! A connection goes on only after a body that was read to its end. A short rest is read and thrown
//! away; a long one ends the connection, and the answer says so. Owns telling the two apart. Must
//! not know who refused to read it.

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// A rest of at most so many bytes is read for the connection's sake.
const SHORT_BYTES: u64 = 64 * 1024;
/// How long that may take.
const SHORT_WITHIN: Duration = Duration::from_secs(1);

/// A body that was dropped before its end.
#[derive(Default)]
pub(crate) struct Leftover(Mutex<Option<Incoming>>);

impl Leftover {
    fn put(&self, body: Incoming) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
    }

    fn take(&self) -> Option<Incoming> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Reads a short rest; false when there is more, and the connection must end.
    pub(crate) async fn read_short(&self, expects: bool) -> bool {
        let Some(mut body) = self.take() else { return true };
        let short = body.size_hint().upper().is_some_and(|bytes| bytes <= SHORT_BYTES);
        if expects || !short {
            return false;
        }
        let read = tokio::time::timeout(SHORT_WITHIN, async {
            while let Some(frame) = body.frame().await {
                if frame.is_err() {
                    return false;
                }
            }
            true
        });
        read.await.unwrap_or(false)
    }
}

/// A request's body, which leaves there what is not read of it.
pub(crate) struct Watched {
    body: Option<Incoming>,
    leftover: Arc<Leftover>,
}

impl Watched {
    pub(crate) fn new(body: Incoming, leftover: Arc<Leftover>) -> Watched {
        Watched { body: Some(body), leftover }
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(cx));
        if !matches!(frame, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            self.leftover.put(body);
        }
    }
}
