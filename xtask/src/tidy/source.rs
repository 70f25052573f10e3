//! Rust source with comments and literals blanked, so that rules read code only.
//!
//! A small scanner, not a parser: it knows comments (nested too), strings (escaped, raw, byte) and
//! character literals, and keeps every line where it was.

/// Two views of one source text, with the same lines.
pub(crate) struct Source {
    /// Without comments and without the inside of literals.
    pub(crate) code: String,
    /// The comments alone.
    pub(crate) comments: String,
}

impl Source {
    pub(crate) fn new(text: &str) -> Source {
        let mut scanner = Scanner {
            chars: text.chars().collect(),
            at: 0,
            code: String::with_capacity(text.len()),
            comments: String::new(),
        };
        scanner.scan();
        Source { code: scanner.code, comments: scanner.comments }
    }
}

struct Scanner {
    chars: Vec<char>,
    at: usize,
    code: String,
    comments: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

impl Scanner {
    fn scan(&mut self) {
        while let Some(next) = self.peek(0) {
            match (next, self.peek(1)) {
                ('/', Some('/')) => self.line_comment(),
                ('/', Some('*')) => self.block_comment(),
                ('"', _) => self.string(),
                ('\'', _) => self.character(),
                ('r', _) if !self.inside_word() && self.raw_hashes().is_some() => self.raw_string(),
                _ => self.take(Kind::Code, 1),
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    /// Moves on, keeping the characters in the view of their kind and blanks in the others.
    fn take(&mut self, kind: Kind, count: usize) {
        for _ in 0..count {
            let Some(next) = self.peek(0) else { return };
            self.at += 1;
            let shown = |own: bool| if own || next == '\n' { next } else { ' ' };
            self.code.push(shown(kind == Kind::Code));
            self.comments.push(shown(kind == Kind::Comment));
        }
    }

    fn line_comment(&mut self) {
        while self.peek(0).is_some_and(|next| next != '\n') {
            self.take(Kind::Comment, 1);
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        while self.peek(0).is_some() {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => {
                    depth += 1;
                    self.take(Kind::Comment, 2);
                }
                (Some('*'), Some('/')) => {
                    depth -= 1;
                    self.take(Kind::Comment, 2);
                }
                _ => self.take(Kind::Comment, 1),
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.take(Kind::Code, 1);
        while let Some(next) = self.peek(0) {
            match next {
                '\\' => self.take(Kind::Literal, 2),
                '"' => return self.take(Kind::Code, 1),
                _ => self.take(Kind::Literal, 1),
            }
        }
    }

    /// A character literal, or else a lifetime or a label.
    fn character(&mut self) {
        let escaped = self.peek(1) == Some('\\');
        if !escaped && self.peek(2) != Some('\'') {
            return self.take(Kind::Code, 1);
        }
        self.take(Kind::Code, 1);
        self.take(Kind::Literal, if escaped { 2 } else { 1 });
        while self.peek(0).is_some_and(|next| next != '\'' && next != '\n') {
            self.take(Kind::Literal, 1);
        }
        self.take(Kind::Code, 1);
    }

    /// Whether an `r` here is part of a name; in `br"` and `cr"` it is not.
    fn inside_word(&self) -> bool {
        let before = |back: usize| self.at.checked_sub(back).map(|at| self.chars[at]);
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        match before(1) {
            Some('b' | 'c') => is_word(before(2)),
            other => is_word(other),
        }
    }

    /// The number of `#` of the raw string that starts here, if one does.
    fn raw_hashes(&self) -> Option<usize> {
        let hashes = self.chars[self.at + 1..].iter().take_while(|c| **c == '#').count();
        (self.peek(1 + hashes) == Some('"')).then_some(hashes)
    }

    fn raw_string(&mut self) {
        let hashes = self.raw_hashes().unwrap_or(0);
        self.take(Kind::Code, hashes + 2);
        while self.peek(0).is_some() {
            let closes =
                self.peek(0) == Some('"') && (1..=hashes).all(|n| self.peek(n) == Some('#'));
            if closes {
                return self.take(Kind::Code, hashes + 1);
            }
            self.take(Kind::Literal, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked_in_place() {
        for (text, code) in [
            ("a // b {", "a"),
            ("a /* b /* { */ c */ d", "a d"),
            (r#"a("{\"}", b)"#, r#"a("", b)"#),
            ("a(r#\"{\"}\"#)", "a(r#\"\"#)"),
            ("a(br\"\\\")", "a(br\"\")"),
            ("for_r#\"x", "for_r#\""),
            ("a('{', '\\'', b'}')", "a('','',b'')"),
            ("fn a<'a>(b: &'a str) {", "fn a<'a>(b: &'a str) {"),
            ("a('\\u{7b}')", "a('')"),
            ("a(r#fn)", "a(r#fn)"),
        ] {
            let source = Source::new(text);
            let squeezed = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(squeezed(&source.code), squeezed(code), "{text}");
            assert_eq!(source.code.chars().count(), text.chars().count());
        }
    }

    #[test]
    fn lines_stay_and_comments_are_kept_apart() {
        let source = Source::new("a\n/* x\ny */ \"\n\"\nb // z\n");
        assert_eq!(source.code.lines().count(), 5);
        assert_eq!(source.comments.lines().nth(4).unwrap().trim(), "// z");
        assert_eq!(source.comments.lines().nth(2).unwrap().trim(), "y */");
    }
}
