//! The socket of a request, plain or TLS, with a count of what came in.
//!
//! Owns the limit on bytes before an answer's body, which also ends an endless run of 1xx answers
//! or of header lines, and what came in until there is a body. Must not know HTTP.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// How much came in since the last [`Meter::restart`], and how much may.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    read_bytes: AtomicU64,
    limit_bytes: AtomicU64,
    /// What came in since, where it is kept.
    kept: Mutex<Option<Vec<u8>>>,
}

impl Meter {
    /// Counts from zero again; reads fail once `limit_bytes` are in. Keeps what comes in, if it is
    /// to.
    pub(crate) fn restart(&self, limit_bytes: u64, keeps: bool) {
        *self.kept() = keeps.then(Vec::new);
        self.read_bytes.store(0, Ordering::Relaxed);
        self.limit_bytes.store(limit_bytes, Ordering::Relaxed);
    }

    /// Whether nothing came in.
    pub(crate) fn is_untouched(&self) -> bool {
        self.read_bytes.load(Ordering::Relaxed) == 0
    }

    fn is_exhausted(&self) -> bool {
        self.read_bytes.load(Ordering::Relaxed) >= self.limit_bytes.load(Ordering::Relaxed)
    }

    /// What came in since the last restart; empty where it is not kept.
    pub(crate) fn take_kept(&self) -> Vec<u8> {
        self.kept().take().unwrap_or_default()
    }

    fn kept(&self) -> MutexGuard<'_, Option<Vec<u8>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, bytes: &[u8]) {
        if let Some(kept) = &mut *self.kept() {
            kept.extend_from_slice(bytes);
        }
        self.read_bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    }
}

/// More came in than may come.
#[derive(Debug, thiserror::Error)]
#[error("the answer is too long")]
pub(crate) struct TooLong;

impl TooLong {
    /// Whether this is at the bottom of an error.
    pub(crate) fn is_cause_of(error: &hyper::Error) -> bool {
        let io = error.source().and_then(|source| source.downcast_ref::<io::Error>());
        io.and_then(io::Error::get_ref).is_some_and(|inner| inner.is::<TooLong>())
    }
}

/// A connected socket.
pub(crate) enum Socket {
    /// `http`.
    Plain(TcpStream),
    /// `https`; the certificate is checked.
    Tls(Box<TlsStream<TcpStream>>),
}

/// A socket whose incoming bytes are counted.
pub(crate) struct Metered {
    socket: Socket,
    meter: Arc<Meter>,
}

impl Metered {
    pub(crate) fn new(socket: Socket, meter: Arc<Meter>) -> Metered {
        Metered { socket, meter }
    }
}

impl AsyncRead for Metered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.meter.is_exhausted() {
            return Poll::Ready(Err(io::Error::other(TooLong)));
        }
        let before = buffer.filled().len();
        let polled = match &mut self.socket {
            Socket::Plain(tcp) => Pin::new(tcp).poll_read(cx, buffer),
            Socket::Tls(tls) => Pin::new(tls.as_mut()).poll_read(cx, buffer),
        };
        self.meter.count(buffer.filled().get(before..).unwrap_or_default());
        polled
    }
}

impl AsyncWrite for Metered {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.socket {
            Socket::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Socket::Tls(tls) => Pin::new(tls.as_mut()).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.socket {
            Socket::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, slices),
            Socket::Tls(tls) => Pin::new(tls.as_mut()).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.socket {
            Socket::Plain(tcp) => tcp.is_write_vectored(),
            Socket::Tls(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Socket::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Socket::Tls(tls) => Pin::new(tls.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Socket::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Socket::Tls(tls) => Pin::new(tls.as_mut()).poll_shutdown(cx),
        }
    }
}
