//! Consumers of webhooks on loopback: well, slow, failing, limiting with any `Retry-After`,
//! hanging, dripping, flooding, broken, leaving with a 410. What each got and what it answered is
//! kept.
//!
//! Owns how they answer. Must not know what the server makes of it.

use super::http::read_head;
use super::server::told;
use crate::failure::Checked;
use crate::random::Random;
use std::io::{BufReader, Read, Result, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use zentra_events::Span;

/// How a consumer answers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// A status, with what its `Retry-After` comes to.
    Status(u16, Option<Span>),
    /// The same, and it repeats the id: it has verified the signature.
    Verified(u16),
    /// Nothing that is an answer.
    Nothing,
}

/// A request as it came in, and how it was answered.
#[derive(Clone, Debug)]
pub(super) struct Receipt {
    /// Which consumer: the path.
    pub(super) consumer: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) said: Said,
}

impl Receipt {
    /// How long it asked to wait.
    pub(super) fn asked(&self) -> Option<Span> {
        match self.said {
            Said::Status(_, asked) => asked,
            Said::Verified(_) | Said::Nothing => None,
        }
    }

    /// A header; empty where there is none.
    pub(super) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct Shared {
    receipts: Mutex<Vec<Receipt>>,
    /// All are well.
    calm: AtomicBool,
    ends: AtomicBool,
}

/// All consumers. They are gone when this is dropped.
pub(super) struct Receivers {
    shared: Arc<Shared>,
    address: SocketAddr,
}

impl Receivers {
    /// They listen. What each does follows from the seed.
    pub(super) fn listen(seed: u64) -> Checked<Receivers> {
        let listener = told("a receiver", TcpListener::bind("127.0.0.1:0"))?;
        let address = told("a receiver", listener.local_addr())?;
        let shared = Arc::new(Shared::default());
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if accepting.ends.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&accepting);
                thread::spawn(move || {
                    let _went_away = serves(stream, seed, &shared).is_err();
                });
            }
        });
        Ok(Receivers { shared, address })
    }

    /// Where they listen.
    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// From now on all are well.
    pub(super) fn calm_down(&self) {
        self.shared.calm.store(true, Ordering::SeqCst);
    }

    /// What came in, from that one on.
    pub(super) fn since(&self, from: usize) -> Vec<Receipt> {
        let receipts = self.shared.receipts.lock().unwrap_or_else(PoisonError::into_inner);
        receipts.get(from..).unwrap_or_default().to_vec()
    }
}

impl Drop for Receivers {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::SeqCst);
        // Whoever accepts sees it.
        let _is_gone = TcpStream::connect(self.address).is_err();
    }
}

/// How the answer goes out.
enum Way {
    Plain,
    /// Its head comes a byte at a time, then stops.
    Drips,
    /// A body without an end.
    Floods,
    Hangs,
    Closes,
    /// No HTTP.
    Babbles,
    /// After so many milliseconds.
    Late(u64),
}

fn serves(stream: TcpStream, seed: u64, shared: &Shared) -> Result<()> {
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(stream);
    loop {
        let (first, headers) = read_head(&mut reader)?;
        let header = |name: &str| {
            headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
        };
        let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
        reader.read_exact(&mut body)?;
        let consumer = first.split(' ').nth(1).unwrap_or_default().to_owned();
        let id = header("webhook-id").to_owned();
        let lot = format!("{consumer} {id} {}", header("zentra-attempt"));
        let (said, way, retry_after) = match shared.calm.load(Ordering::SeqCst) {
            true => (Said::Status(200, None), Way::Plain, None),
            false => behaves(seed, &consumer, &lot),
        };
        let receipt = Receipt { consumer, headers: headers.clone(), body, said };
        shared.receipts.lock().unwrap_or_else(PoisonError::into_inner).push(receipt);
        answers(&mut reader, &head(said, retry_after, &id), &way)?;
    }
}

fn head(said: Said, retry_after: Option<&str>, id: &str) -> String {
    let (status, verified) = match said {
        Said::Status(status, _) => (status, false),
        Said::Verified(status) => (status, true),
        Said::Nothing => (200, false),
    };
    let mut head = format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\n");
    if verified {
        head.push_str(&format!("webhook-verified: {id}\r\n"));
    }
    head.extend(retry_after.map(|value| format!("retry-after: {value}\r\n")));
    head + "\r\n"
}

fn answers(reader: &mut BufReader<TcpStream>, head: &str, way: &Way) -> Result<()> {
    let gone = || std::io::Error::from(std::io::ErrorKind::ConnectionAborted);
    match way {
        Way::Plain => reader.get_mut().write_all(format!("{head}ok").as_bytes()),
        Way::Late(wait) => {
            waits(reader, *wait)?;
            reader.get_mut().write_all(format!("{head}ok").as_bytes())
        }
        Way::Drips => {
            for byte in head.as_bytes().iter().take(20) {
                reader.get_mut().write_all(&[*byte])?;
                waits(reader, 40)?;
            }
            waits(reader, 60_000)
        }
        Way::Floods => {
            let endless = head.replace("content-length: 2", "content-length: 999999999");
            reader.get_mut().write_all(endless.as_bytes())?;
            loop {
                reader.get_mut().write_all(&[b'x'; 16 * 1_024])?;
            }
        }
        Way::Hangs => waits(reader, 60_000),
        Way::Closes => Err(gone()),
        Way::Babbles => {
            reader.get_mut().write_all(b"well, hello\r\n\r\n")?;
            Err(gone())
        }
    }
}

/// Waits, or as long as the other side is there.
fn waits(reader: &mut BufReader<TcpStream>, milliseconds: u64) -> Result<()> {
    reader.get_ref().set_read_timeout(Some(Duration::from_millis(milliseconds)))?;
    let read = reader.get_mut().read(&mut [0]);
    reader.get_ref().set_read_timeout(None)?;
    match read {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(std::io::Error::from(std::io::ErrorKind::ConnectionAborted)),
    }
}

/// Kinds of consumers; how often each answers well despite it, in a thousand.
const KINDS: [(&str, u64); 11] = [
    ("healthy", 1_000),
    ("healthy", 1_000),
    ("healthy", 1_000),
    ("slow", 0),
    ("failing", 400),
    ("limiting", 300),
    ("hanging", 200),
    ("dripping", 200),
    ("flooding", 200),
    ("broken", 300),
    ("leaving", 800),
];
const FAILURES: [u16; 8] = [300, 302, 307, 400, 404, 500, 503, 599];
/// What a consumer writes, and how many seconds that is.
const RETRY_AFTER: [(&str, Option<u64>); 10] = [
    ("0", Some(0)),
    ("1", Some(1)),
    ("2.5", None),
    ("120", Some(120)),
    ("86401", Some(86_401)),
    ("99999999999999999999999", Some(u64::MAX)),
    ("Sun, 06 Nov 1994 08:49:37 GMT", None),
    ("Fri, 31 Dec 9999 23:59:59 GMT", Some(u64::MAX)),
    ("soon", None),
    ("-5", None),
];

fn behaves(seed: u64, consumer: &str, lot: &str) -> (Said, Way, Option<&'static str>) {
    if consumer.starts_with("/hangs-") {
        return (Said::Nothing, Way::Hangs, None);
    }
    let mut kinds = Random::of(seed, &format!("receivers {consumer}"));
    let (kind, well) = *kinds.pick(&KINDS);
    let mut random = Random::of(seed, &format!("receivers {lot}"));
    let good = *random.pick(&[200, 200, 202, 204, 299]);
    if random.chance(well) {
        let verified = random.chance(100);
        let said = if verified { Said::Verified(200) } else { Said::Status(good, None) };
        return (said, Way::Plain, None);
    }
    match kind {
        "slow" => (Said::Status(good, None), Way::Late(random.magnitude(1, 600)), None),
        "failing" => (Said::Status(*random.pick(&FAILURES), None), Way::Plain, None),
        "limiting" => {
            let (text, seconds) = *random.pick(&RETRY_AFTER);
            let half = (text == "2.5").then(|| Span::millis(2_500));
            let span = seconds.map(Span::seconds).or(half);
            let status = *random.pick(&[429, 503, 200]);
            (Said::Status(status, span), Way::Plain, Some(text))
        }
        "dripping" => (Said::Nothing, Way::Drips, None),
        "flooding" => (Said::Status(200, None), Way::Floods, None),
        "broken" if random.chance(500) => (Said::Nothing, Way::Babbles, None),
        "broken" => (Said::Nothing, Way::Closes, None),
        "leaving" => (Said::Status(410, None), Way::Plain, None),
        _ => (Said::Nothing, Way::Hangs, None),
    }
}
