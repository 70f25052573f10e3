//! A small blocking client of HTTP/1.1, on one kept connection.
//!
//! The driver's own, so that the product is not judged by its own client, and so that a caller can
//! go away before its answer comes.

use serde_json::Value;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A server that says nothing for so long has failed.
const SILENCE: Duration = Duration::from_secs(60);
/// The longest answer that is taken.
const BODY_MAX: usize = 64 << 20;

/// What is asked of a server.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) method: &'static str,
    pub(super) path: String,
    /// The caller's key; none where none is needed.
    pub(super) key: String,
    /// The request's id in the log.
    pub(super) id: Option<String>,
    pub(super) idempotency: Option<String>,
    pub(super) body: Option<String>,
}

impl Ask {
    /// A reading.
    pub(super) fn get(path: &str, key: &str) -> Ask {
        let (path, key) = (path.to_owned(), key.to_owned());
        Ask { method: "GET", path, key, id: None, idempotency: None, body: None }
    }

    fn bytes(&self) -> Vec<u8> {
        let body = self.body.as_deref().unwrap_or_default();
        let mut head = format!("{} {} HTTP/1.1\r\nhost: zentra\r\n", self.method, self.path);
        let headers = [
            (
                "authorization",
                Some(format!("Bearer {}", self.key)).filter(|_| !self.key.is_empty()),
            ),
            ("x-request-id", self.id.clone()),
            ("idempotency-key", self.idempotency.clone()),
            ("content-type", self.body.as_ref().map(|_| "application/json".to_owned())),
            ("content-length", (self.method != "GET").then(|| body.len().to_string())),
        ];
        for (name, value) in headers {
            head.extend(value.map(|value| format!("{name}: {value}\r\n")));
        }
        head.push_str("\r\n");
        head.push_str(body);
        head.into_bytes()
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// It was given before.
    pub(super) replayed: bool,
    pub(super) body: String,
}

impl Reply {
    /// The body as JSON; null where it is none.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// A caller.
#[derive(Default)]
pub(super) struct Client {
    connection: Option<(SocketAddr, BufReader<TcpStream>)>,
}

impl Client {
    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// When none comes: then nobody knows whether it was done.
    pub(super) fn ask(&mut self, address: SocketAddr, ask: &Ask) -> Result<Reply> {
        let asked = self.exchange(address, ask);
        match asked {
            Ok((reply, true)) => Ok(reply),
            Ok((reply, false)) => {
                self.connection = None;
                Ok(reply)
            }
            Err(error) => {
                self.connection = None;
                Err(error)
            }
        }
    }

    /// Asks, and goes away: at once, or before all of the request is sent.
    ///
    /// # Errors
    /// When nobody is there.
    pub(super) fn leaves(&mut self, address: SocketAddr, ask: &Ask, all: bool) -> Result<()> {
        self.connection = None;
        let mut stream = connect(address)?;
        let bytes = ask.bytes();
        let sent = if all { bytes.len() } else { bytes.len() / 2 };
        stream.write_all(&bytes[..sent])
    }

    fn exchange(&mut self, address: SocketAddr, ask: &Ask) -> Result<(Reply, bool)> {
        if self.connection.as_ref().is_some_and(|(known, _)| *known != address) {
            self.connection = None;
        }
        let (_, connection) = match &mut self.connection {
            Some(connection) => connection,
            None => self.connection.insert((address, BufReader::new(connect(address)?))),
        };
        connection.get_mut().write_all(&ask.bytes())?;
        read(connection)
    }
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, SILENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SILENCE))?;
    Ok(stream)
}

/// Reads an answer, and whether the connection is kept.
fn read(connection: &mut impl BufRead) -> Result<(Reply, bool)> {
    let (first, headers) = read_head(connection)?;
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| Error::new(ErrorKind::InvalidData, first))?;
    let header = |name: &str| {
        headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    };
    let mut body = Vec::new();
    match header("content-length").and_then(|length| length.parse().ok()) {
        Some(length) if length <= BODY_MAX => {
            body.resize(length, 0);
            connection.read_exact(&mut body)?;
        }
        Some(_) => return Err(Error::from(ErrorKind::InvalidData)),
        None => read_chunks(connection, &mut body)?,
    }
    let replayed = header("idempotent-replayed") == Some("true");
    let kept = header("connection") != Some("close");
    let body = String::from_utf8(body).map_err(|_| Error::from(ErrorKind::InvalidData))?;
    Ok((Reply { status, replayed, body }, kept))
}

/// The first line and the headers of a message, their names in lower case.
pub(super) type Head = (String, Vec<(String, String)>);

/// Reads the head of a message.
pub(super) fn read_head(connection: &mut impl BufRead) -> Result<Head> {
    let first = read_line(connection)?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(connection)?;
        if line.is_empty() {
            return Ok((first, headers));
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
}

fn read_chunks(connection: &mut impl BufRead, body: &mut Vec<u8>) -> Result<()> {
    loop {
        let line = read_line(connection)?;
        let length = usize::from_str_radix(line.trim(), 16).unwrap_or(usize::MAX);
        if body.len().saturating_add(length) > BODY_MAX {
            return Err(Error::new(ErrorKind::InvalidData, line));
        }
        let mut chunk = vec![0; length];
        connection.read_exact(&mut chunk)?;
        body.append(&mut chunk);
        read_line(connection)?;
        if length == 0 {
            return Ok(());
        }
    }
}

fn read_line(connection: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    if connection.take(1 << 16).read_line(&mut line)? == 0 {
        return Err(Error::from(ErrorKind::UnexpectedEof));
    }
    Ok(line.trim_end().to_owned())
}
