//! A small blocking HTTP/1.1 client over one kept connection.
//!
//! Written here so that the tests do not judge the product with the product's own client.

use serde_json::Value;
use std::io::{BufRead, BufReader, Error, ErrorKind, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A server that says nothing for so long has failed.
pub(crate) const SILENCE: Duration = Duration::from_secs(120);
/// Bytes that one system call sends. Sending 16 MiB at once keeps a core for up to 8 ms, which no
/// priority takes away: a client on this machine would slow what is measured beside it.
const PIECE: usize = 16 * 1024;

pub(crate) struct Client {
    address: SocketAddr,
    key: String,
    connection: Option<BufReader<TcpStream>>,
}

pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("not JSON: {}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Client {
    pub(crate) fn new(address: SocketAddr, key: &str) -> Client {
        Client { address, key: key.to_owned(), connection: None }
    }

    pub(crate) fn get(&mut self, path: &str) -> Response {
        self.send("GET", path, &[], b"").unwrap()
    }

    pub(crate) fn post(&mut self, path: &str, body: &Value) -> Response {
        self.try_post(path, body).unwrap()
    }

    /// As `post`, where the server may die meanwhile.
    pub(crate) fn try_post(&mut self, path: &str, body: &Value) -> Result<Response> {
        self.send("POST", path, &[], body.to_string().as_bytes())
    }

    pub(crate) fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Response> {
        let sent = self.exchange(method, path, headers, body);
        if sent.is_err() {
            self.connection = None;
        }
        sent
    }

    fn exchange(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Response> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            None => {
                let stream = TcpStream::connect(self.address)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(SILENCE))?;
                self.connection.insert(BufReader::new(stream))
            }
        };
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: zentra\r\ncontent-length: {}\r\n",
            body.len()
        );
        let own_type = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if !body.is_empty() && !own_type {
            head.push_str("content-type: application/json\r\n");
        }
        if !self.key.is_empty() {
            head.push_str(&format!("authorization: Bearer {}\r\n", self.key));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let mut request = head.into_bytes();
        request.extend_from_slice(body);
        for piece in request.chunks(PIECE) {
            connection.get_mut().write_all(piece)?;
        }
        let response = read(connection)?;
        if response.header("connection") == Some("close") {
            self.connection = None;
        }
        Ok(response)
    }
}

/// Reads one response.
pub(crate) fn read(connection: &mut impl BufRead) -> Result<Response> {
    let line = read_line(connection)?;
    let status = line
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .ok_or_else(|| Error::new(ErrorKind::InvalidData, line.clone()))?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(connection)?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, length)| length.parse().ok());
    let mut body = Vec::new();
    match length {
        Some(length) => {
            body.resize(length, 0);
            connection.read_exact(&mut body)?;
        }
        None if status == 204 => {}
        None => read_chunks(connection, &mut body)?,
    }
    Ok(Response { status, headers, body })
}

fn read_chunks(connection: &mut impl BufRead, body: &mut Vec<u8>) -> Result<()> {
    loop {
        let line = read_line(connection)?;
        let length = usize::from_str_radix(line.trim(), 16)
            .map_err(|_| Error::new(ErrorKind::InvalidData, line))?;
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
    if connection.read_line(&mut line)? == 0 {
        return Err(Error::from(ErrorKind::UnexpectedEof));
    }
    Ok(line.trim_end().to_owned())
}
