//! A server that does nothing: it reads a request to its end and answers as if all were done.
//!
//! What a load reaches against it is the most that the client and the loopback allow. Owns its
//! thread. Must not look into a body.

use crate::bench::plan::Plan;
use anyhow::{Context, Result};
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use zentra_batch::encode_answer;
use zentra_batch::wire::OutcomeV1;
use zentra_events::Position;

/// Bytes of the answer to one intent, about as many as a server's.
const ANSWER_BYTES: usize = 1_024;

pub(crate) struct Trivial {
    pub(crate) address: SocketAddr,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Trivial {
    /// Answers the requests of this plan, each of which has a whole batch.
    pub(crate) fn start(plan: Plan) -> Result<Trivial> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (end, ended) = oneshot::channel();
        let answer = Arc::new(answer(plan));
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = serve(listener, answer) => {}
                    _ = ended => {}
                }
            });
        });
        Ok(Trivial { address, end: Some(end), thread: Some(thread) })
    }
}

impl Drop for Trivial {
    fn drop(&mut self) {
        drop(self.end.take());
        // What it panicked with was printed; the load has failed by then.
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}

fn answer(plan: Plan) -> Vec<u8> {
    let (status, body) = if plan.single {
        ("201 Created", vec![b' '; ANSWER_BYTES])
    } else {
        let mut body = Vec::new();
        let outcomes = (0..plan.batch).map(|at| OutcomeV1::Created { position: Position(at) });
        encode_answer(&outcomes.collect::<Vec<_>>(), &mut body);
        ("200 OK", body)
    };
    let media_type = "application/vnd.zentra.bincode";
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}

async fn serve(listener: std::net::TcpListener, answer: Arc<Vec<u8>>) -> Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(connection(stream, Arc::clone(&answer)));
    }
}

async fn connection(mut stream: TcpStream, answer: Arc<Vec<u8>>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut read = Vec::with_capacity(1 << 20);
    loop {
        let length = loop {
            if let Some(length) = request_bytes(&read)? {
                break length;
            }
            if stream.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        };
        while read.len() < length {
            if stream.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        }
        read.drain(..length);
        stream.write_all(&answer).await?;
    }
}

/// Bytes of the request that begins here, once its head is whole.
fn request_bytes(read: &[u8]) -> Result<Option<usize>> {
    let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&read[..end])?.to_ascii_lowercase();
    let length = head.split("content-length:").nth(1).context("a request without a length")?;
    let length: usize = length.lines().next().unwrap_or_default().trim().parse()?;
    Ok(Some(end + 4 + length))
}
