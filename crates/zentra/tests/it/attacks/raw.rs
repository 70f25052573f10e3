//! A bare connection, for requests that no client of good will sends.
//!
//! Owns half-sent heads, slow bodies and connections that are only kept.

use crate::attacks::pace::Stop;
use crate::support::http::{Response, SILENCE, read};
use std::io::{BufRead, BufReader, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

pub(crate) struct Raw(BufReader<TcpStream>);

impl Raw {
    pub(crate) fn connect(address: SocketAddr) -> Result<Raw> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SILENCE))?;
        Ok(Raw(BufReader::new(stream)))
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    /// Sends byte by byte with a wait before each, until it is told to stop or cut off; how many
    /// bytes it sent.
    pub(crate) fn drip(&mut self, bytes: &[u8], wait: Duration, stop: &Stop) -> usize {
        bytes
            .iter()
            .take_while(|byte| !stop.within(wait) && self.send(std::slice::from_ref(byte)).is_ok())
            .count()
    }

    /// Sends pieces without end until it is cut off.
    pub(crate) fn flood(&mut self, piece: &[u8]) {
        while self.send(piece).is_ok() {}
    }

    /// Reads until the other side closes or cuts the connection off; what came.
    pub(crate) fn read_out(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        // Cut off or closed: either way it has ended.
        let ended = self.0.read_to_end(&mut all);
        assert!(!ended.is_err_and(|error| error.kind() == ErrorKind::WouldBlock), "still open");
        all
    }

    /// Waits until the server asks for the body of a request that expects `100-continue`: it does
    /// once the request's caller was let in.
    pub(crate) fn is_asked_for_the_body(&mut self) -> Result<bool> {
        let (mut first, mut end) = (String::new(), String::new());
        self.0.read_line(&mut first)?;
        self.0.read_line(&mut end)?;
        Ok(first.contains(" 100 ") && end == "\r\n")
    }

    /// The next answer, or why there is none: closed, cut off, or silent for two minutes.
    pub(crate) fn read(&mut self) -> Result<Response> {
        read(&mut self.0)
    }
}

/// The head of a request with these headers besides host and key, up to the empty line.
pub(crate) fn head(method: &str, path: &str, key: &str, headers: &[(&str, &str)]) -> String {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: zentra\r\n");
    if !key.is_empty() {
        head.push_str(&format!("authorization: Bearer {key}\r\n"));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head
}
