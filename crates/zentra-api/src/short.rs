//! Texts of callers, shortened before they are shown in an answer.
//!
//! An answer that repeats what came in is as large as the caller likes, and is made for whoever has
//! no key, too. Owns how much of a text is shown.

use std::fmt::{self, Display, Write};

/// Bytes of a name that are shown.
pub(crate) const NAME_SHOWN: usize = 64;
/// Bytes of a detail that are shown.
pub(crate) const DETAIL_SHOWN: usize = 1_024;
/// Bytes of a pointer that are shown.
pub(crate) const POINTER_SHOWN: usize = 512;

/// A text of at most so many bytes; one that is longer ends in three dots.
pub(crate) fn short(text: impl Display, bytes_max: usize) -> String {
    let mut kept = Kept { text: String::new(), bytes_max };
    if write!(kept, "{text}").is_err() {
        kept.text.push('\u{2026}');
    }
    kept.text
}

/// Takes so many bytes and refuses the rest, so that a long text is not even written.
struct Kept {
    text: String,
    bytes_max: usize,
}

impl Write for Kept {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let left = self.bytes_max - self.text.len();
        let fits = piece.floor_char_boundary(left.min(piece.len()));
        let shown = |letter: char| if letter.is_control() { '?' } else { letter };
        self.text.extend(piece[..fits].chars().map(shown));
        if fits == piece.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_end_in_three_dots() {
        assert_eq!(short("abc", 3), "abc");
        assert_eq!(short("abcd", 3), "abc\u{2026}");
        assert_eq!(short("a\u{e9}", 2), "a\u{2026}");
        assert_eq!(short("a\u{1}\n", 9), "a??", "controls are not shown");
        assert_eq!(short("", 0), "");
        let long = "x".repeat(1_000_000);
        assert_eq!(short(format_args!("{long:?}"), NAME_SHOWN).len(), NAME_SHOWN + 3);
    }
}
