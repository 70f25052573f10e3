//! How long functions are.

pub(crate) const LINES_MAX: usize = 70;

/// A function of a source text.
#[derive(Debug, PartialEq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Line of its `fn`, from 1.
    pub(crate) line: usize,
    /// Lines from its `fn` to its closing brace.
    pub(crate) lines: usize,
}

/// The functions with a body in code whose comments and literals are blanked, nested ones too.
pub(crate) fn functions(code: &str) -> Vec<Function> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let starts_a_word = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let name: String = code[at + 3..]
            .trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '$')
            .collect();
        if !starts_a_word || name.is_empty() {
            continue;
        }
        if let Some(end) = end_of_body(&code[at..]) {
            let line = code[..at].matches('\n').count() + 1;
            let lines = code[at..at + end].matches('\n').count() + 1;
            found.push(Function { name, line, lines });
        }
    }
    found
}

/// Where the body that begins after this signature ends; none for a declaration.
fn end_of_body(code: &str) -> Option<usize> {
    let mut brackets = 0_usize;
    let mut braces = 0_usize;
    for (at, next) in code.char_indices() {
        match next {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets = brackets.saturating_sub(1),
            // In brackets it is the length of an array type.
            ';' if braces == 0 && brackets == 0 => return None,
            '{' => braces += 1,
            '}' if braces == 1 => return Some(at),
            '}' => braces = braces.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_measured() {
        for (code, expected) in [
            ("fn a() {}", vec![("a", 1, 1)]),
            ("x\npub async fn a()\n-> [u8; 4]\n{\n}\n", vec![("a", 2, 4)]),
            ("fn a();\nfn b() {\n{ }\n}", vec![("b", 2, 3)]),
            ("fn a() {\nfn b() {\n}\n}", vec![("a", 1, 4), ("b", 2, 2)]),
            ("type A = fn (u8) -> u8;\nlet my_fn = 1;", vec![]),
            ("trait A { fn a(&self); }", vec![]),
        ] {
            let found = functions(code);
            let found: Vec<_> =
                found.iter().map(|one| (one.name.as_str(), one.line, one.lines)).collect();
            assert_eq!(found, expected, "{code}");
        }
    }
}
