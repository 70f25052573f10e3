//! A webhook consumer on loopback that answers by script and keeps what it got.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// One request as it was received.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }
}

impl Received {
    fn challenge(&self) -> String {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body["challenge"].as_str().unwrap_or_default().to_owned()
    }
}

/// What to answer to the n-th request of one `webhook-id` (from 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Status(u16),
    /// 200 with the text of the body's `challenge`.
    Challenge,
    /// Keeps the connection open and says nothing.
    Hang,
}

type Script = dyn Fn(usize) -> Answer + Send + Sync;

#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    state: Arc<(Mutex<Vec<Received>>, Condvar)>,
}

impl Receiver {
    pub(crate) fn start(script: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let receiver = Receiver { address, state: Arc::default() };
        let (accepting, script): (Receiver, Arc<Script>) = (receiver.clone(), Arc::new(script));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (receiver, script) = (accepting.clone(), Arc::clone(&script));
                thread::spawn(move || receiver.connection(stream, script.as_ref()));
            }
        });
        receiver
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/zentra/webhooks", self.address)
    }

    /// Waits until `enough` says so of all that was received; returns it.
    pub(crate) fn wait(&self, enough: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        let (received, changed) = &*self.state;
        let waiting = received.lock().unwrap();
        changed.wait_while(waiting, |received| !enough(received)).unwrap().clone()
    }

    fn connection(&self, stream: TcpStream, script: &Script) {
        let mut reader = BufReader::new(stream);
        while let Some(received) = read(&mut reader) {
            let id = received.header("webhook-id").to_owned();
            let (all, changed) = &*self.state;
            let mut all = all.lock().unwrap();
            let before = all.iter().filter(|one| one.header("webhook-id") == id).count();
            let challenge = received.challenge();
            all.push(received);
            drop(all);
            changed.notify_all();
            match script(before) {
                Answer::Status(status) => {
                    let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\nok");
                    if reader.get_mut().write_all(answer.as_bytes()).is_err() {
                        return;
                    }
                }
                Answer::Challenge => {
                    let length = challenge.len();
                    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
                    if reader.get_mut().write_all((head + &challenge).as_bytes()).is_err() {
                        return;
                    }
                }
                Answer::Hang => {
                    // Reads until the sender gives up and closes.
                    let mut nothing = Vec::new();
                    let _closed = reader.read_to_end(&mut nothing).is_err();
                    return;
                }
            }
        }
    }
}

/// Reads one request; none at the end.
pub(crate) fn read(reader: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut first = String::new();
    if reader.read_line(&mut first).ok()? == 0 {
        return None;
    }
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Received { headers, body })
}
