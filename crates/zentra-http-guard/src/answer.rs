//! What is kept of an answer.
//!
//! Owns the excerpt: bounded, text, and inert on any screen. The status and the head decide; the
//! body is best effort. Answers are hostile input: nothing of them is kept beyond the limits.

use crate::connection::Connection;
use http::header::LOCATION;
use http::{HeaderMap, HeaderName, Response, StatusCode};
use hyper::body::Incoming;
use zentra_events::limits::RESPONSE_EXCERPT_BYTES_MAX;

/// Bytes of a body that are read so that its connection can be used again.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    headers: HeaderMap,
    /// The first bytes of the body as text; for a redirect, where it pointed, before them.
    pub excerpt: String,
}

impl Answer {
    /// One of which the status alone is known.
    pub(crate) fn of_status(status: StatusCode) -> Answer {
        Answer { status: status.as_u16(), headers: HeaderMap::new(), excerpt: String::new() }
    }

    /// One that did not come through a client.
    pub fn new(status: u16, headers: HeaderMap, excerpt: String) -> Answer {
        Answer { status, headers, excerpt }
    }

    /// A header as text, if it came and is text.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        text(&self.headers, name)
    }
}

/// What of an answer's body was read.
#[derive(Default)]
pub(crate) struct BodyStart {
    first: Vec<u8>,
    read_bytes: usize,
    /// Whether the body ended, so that its connection can be used again.
    pub(crate) is_complete: bool,
}

impl BodyStart {
    /// Reads on until the body ends, breaks, or is too long. Keeps what it has when dropped early.
    pub(crate) async fn read(&mut self, connection: &mut Connection, mut body: Incoming) {
        // Framing and trailers are in addition to the bytes themselves.
        connection.allow(4 * BODY_BYTES_MAX as u64);
        loop {
            match connection.next_frame(&mut body).await {
                None => {
                    self.is_complete = true;
                    return;
                }
                Some(Err(_)) => return,
                Some(Ok(frame)) => {
                    let Some(data) = frame.data_ref() else { continue };
                    let room = RESPONSE_EXCERPT_BYTES_MAX.saturating_sub(self.first.len());
                    self.first.extend_from_slice(&data[..data.len().min(room)]);
                    self.read_bytes = self.read_bytes.saturating_add(data.len());
                    if self.read_bytes > BODY_BYTES_MAX {
                        return;
                    }
                }
            }
        }
    }
}

impl Answer {
    /// What is kept of a head and the start of a body.
    pub(crate) fn of(head: Response<()>, body: &BodyStart) -> Answer {
        let head = head.into_parts().0;
        let location = head.status.is_redirection().then(|| text(&head.headers, &LOCATION));
        let excerpt = match location.flatten() {
            Some(location) => excerpt(
                &[b"location: ", location.as_bytes(), b"\n", body.first.as_slice()].concat(),
            ),
            None => excerpt(&body.first),
        };
        Answer { status: head.status.as_u16(), headers: head.headers, excerpt }
    }
}

/// Bytes as text of at most [`RESPONSE_EXCERPT_BYTES_MAX`] bytes. What is not UTF-8, and every
/// character that could act on a screen (controls, directions, joiners), becomes U+FFFD.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    let mut kept = String::new();
    for character in String::from_utf8_lossy(bytes).chars() {
        let shown =
            if acts_on_a_screen(character) { char::REPLACEMENT_CHARACTER } else { character };
        if kept.len() + shown.len_utf8() > RESPONSE_EXCERPT_BYTES_MAX {
            break;
        }
        kept.push(shown);
    }
    kept
}

fn acts_on_a_screen(character: char) -> bool {
    let control = character.is_control() && !matches!(character, '\n' | '\t');
    let format = matches!(
        u32::from(character),
        0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff
            | 0xe0000..=0xe007f
    );
    control || format
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn excerpts_are_inert() {
        let rows: [(&[u8], &str); 6] = [
            (b"", ""),
            (b"ok\n\tfine", "ok\n\tfine"),
            (b"\x1b[31mred", "\u{fffd}[31mred"),
            (b"a\0b\rc\x7f", "a\u{fffd}b\u{fffd}c\u{fffd}"),
            (b"\xff\xfe<script>", "\u{fffd}\u{fffd}<script>"),
            ("a\u{202e}b\u{200f}".as_bytes(), "a\u{fffd}b\u{fffd}"),
        ];
        for (bytes, expected) in rows {
            assert_eq!(excerpt(bytes), expected, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn excerpts_are_bounded(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
            let kept = excerpt(&bytes);
            prop_assert!(kept.len() <= RESPONSE_EXCERPT_BYTES_MAX);
            prop_assert!(kept.chars().all(|character| !acts_on_a_screen(character)));
        }
    }
}
