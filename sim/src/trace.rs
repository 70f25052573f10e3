//! The trace: each step in words, of which the last are kept and all are hashed.

use crate::output::show;
use std::collections::VecDeque;
use std::fmt::{Arguments, Write};

/// Lines that a failure shows.
const KEPT: usize = 50;

/// What happened so far.
pub(crate) struct Trace {
    hasher: blake3::Hasher,
    last: VecDeque<String>,
    /// Prints each line as it comes.
    prints: bool,
}

impl Trace {
    /// Nothing happened.
    pub(crate) fn new(prints: bool) -> Trace {
        Trace { hasher: blake3::Hasher::new(), last: VecDeque::new(), prints }
    }

    /// Something happened, so many nanoseconds after the start.
    pub(crate) fn say(&mut self, at: u64, what: Arguments<'_>) {
        let mut line = match self.last.len() {
            KEPT => self.last.pop_front().unwrap_or_default(),
            _ => String::new(),
        };
        line.clear();
        let (seconds, rest) = (at / 1_000_000_000, at % 1_000_000_000);
        write!(line, "{seconds:>6}.{rest:09} {what}").expect("a text takes whatever is written");
        self.hasher.update(line.as_bytes());
        self.hasher.update(b"\n");
        if self.prints {
            show(&line);
        }
        self.last.push_back(line);
    }

    /// A hash of every line.
    pub(crate) fn digest(&self) -> [u8; 32] {
        *self.hasher.finalize().as_bytes()
    }

    /// The last lines.
    pub(crate) fn last(&self) -> impl Iterator<Item = &str> {
        self.last.iter().map(String::as_str)
    }
}
