//! One keep-alive HTTP/1.1 connection, with as little work per request as there can be.
//!
//! What the generator spends is taken from the server's cores, so it writes and reads by hand what
//! it needs of HTTP: a head that does not change, a body, and an answer with a length. Must not be
//! used for anything but measuring.

use anyhow::{Context, Result, bail};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) struct Connection {
    stream: TcpStream,
    head: String,
    out: Vec<u8>,
    answer: Vec<u8>,
}

impl Connection {
    /// A connection whose every request is a POST to this path.
    pub(crate) async fn open(
        address: SocketAddr,
        path: &str,
        key: &str,
        media_type: &str,
    ) -> Result<Connection> {
        let stream = TcpStream::connect(address).await.context("connecting")?;
        stream.set_nodelay(true)?;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\
             content-type: {media_type}\r\ncontent-length: "
        );
        Ok(Connection { stream, head, out: Vec::new(), answer: Vec::new() })
    }

    /// Sends a body; gives the status and the body of the answer.
    pub(crate) async fn post(&mut self, body: &[u8]) -> Result<(u16, &[u8])> {
        self.out.clear();
        self.out.extend_from_slice(self.head.as_bytes());
        self.out.extend_from_slice(body.len().to_string().as_bytes());
        self.out.extend_from_slice(b"\r\n\r\n");
        self.out.extend_from_slice(body);
        self.stream.write_all(&self.out).await?;
        self.answer.clear();
        let (status, start, length) = loop {
            self.read().await?;
            if let Some(end) = find(&self.answer, b"\r\n\r\n") {
                let head = std::str::from_utf8(&self.answer[..end])?;
                break (status(head)?, end + 4, length(head)?);
            }
        };
        while self.answer.len() < start + length {
            self.read().await?;
        }
        Ok((status, &self.answer[start..start + length]))
    }

    async fn read(&mut self) -> Result<()> {
        self.answer.reserve(16 * 1024);
        if self.stream.read_buf(&mut self.answer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

fn status(head: &str) -> Result<u16> {
    head.get(9..12).and_then(|status| status.parse().ok()).context("an answer without a status")
}

fn length(head: &str) -> Result<usize> {
    let line = head.lines().find_map(|line| {
        line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
    });
    line.and_then(|(_, value)| value.trim().parse().ok()).context("an answer without a length")
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}
