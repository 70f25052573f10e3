//! A connection's bytes, on their way between the socket and the protocol.
//!
//! Owns telling the seat what moves, not reading on while answers are not taken, and lingering: at
//! the end of a connection whose client still sends, what comes is thrown away for a while, since
//! closing at once would take the answer from it. Must not know HTTP.

use crate::seat::Seat;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What is thrown away at the end at most.
const LINGER_BYTES: usize = 32 * 1024 * 1024;

pub(crate) struct Stream {
    inner: TcpStream,
    seat: Arc<Seat>,
    /// Whether the client takes nothing at the moment.
    blocked: bool,
    /// What may still be thrown away, once the connection lingers.
    lingering: Option<usize>,
}

impl Stream {
    pub(crate) fn new(inner: TcpStream, seat: Arc<Seat>) -> Stream {
        Stream { inner, seat, blocked: false, lingering: None }
    }

    fn note(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.blocked = written.is_pending();
        if let Poll::Ready(Ok(bytes)) = &written {
            self.seat.wrote(*bytes);
        }
        written
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Whoever takes no answers asks nothing more. The write that waits wakes the task.
        if self.blocked && !self.seat.multiplexed() {
            return Poll::Pending;
        }
        let before = buf.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.seat.heard();
        }
        read
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(cx);
        // Asked for once nothing is left to write. A read that waits would not tell: after an
        // answer the next one may come with the next request.
        if flushed.is_ready() {
            self.seat.flushed();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = &mut *self;
        if stream.lingering.is_none() {
            ready!(Pin::new(&mut stream.inner).poll_shutdown(cx))?;
            let bytes = if stream.seat.lingers() { LINGER_BYTES } else { 0 };
            stream.lingering = Some(bytes);
        }
        while let Some(left) = stream.lingering.filter(|left| *left > 0) {
            let mut thrown = [0; 16 * 1024];
            let mut thrown = ReadBuf::new(&mut thrown);
            // An error ends it like the end of the stream does: there is nothing to keep.
            let read = ready!(Pin::new(&mut stream.inner).poll_read(cx, &mut thrown));
            let bytes = if read.is_ok() { thrown.filled().len() } else { 0 };
            stream.lingering = Some(if bytes == 0 { 0 } else { left.saturating_sub(bytes) });
        }
        Poll::Ready(Ok(()))
    }
}
