//! The code of the product alone: what is compiled for tests only is blanked.
//!
//! Works on code whose comments and literals are blanked already. Must not know what is looked for.

use crate::tidy::module_files::closing;

/// The code without its items under `#[cfg(test)]`, every line where it was.
pub(crate) fn without_tests(code: &str) -> String {
    let mut product = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find("#[cfg(") {
        let (before, from) = rest.split_at(at);
        product.push_str(before);
        let attribute = &from[..closing(from, '[', ']').map_or(from.len(), |end| end + 1)];
        let taken = if is_for_tests(attribute) { end_of_item(from) } else { attribute.len() };
        let (item, after) = from.split_at(taken);
        if is_for_tests(attribute) {
            product.extend(item.chars().map(|c| if c == '\n' { c } else { ' ' }));
        } else {
            product.push_str(item);
        }
        rest = after;
    }
    product.push_str(rest);
    product
}

/// Whether an attribute makes its item one of tests.
fn is_for_tests(attribute: &str) -> bool {
    let mut words = attribute.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| word == "test") && !attribute.contains("not(test")
}

/// Where the item ends that begins with these attributes.
fn end_of_item(code: &str) -> usize {
    let mut at = 0;
    loop {
        at += code[at..].len() - code[at..].trim_start().len();
        match closing(&code[at..], '[', ']') {
            Some(end) if code[at..].starts_with('#') => at += end + 1,
            _ => break,
        }
    }
    let (mut brackets, mut braces) = (0_usize, 0_usize);
    for (next, c) in code[at..].char_indices() {
        let after = at + next + c.len_utf8();
        match c {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets = brackets.saturating_sub(1),
            '{' => braces += 1,
            '}' if braces <= 1 => return after,
            '}' => braces -= 1,
            // A field, a variant or an arm of a match.
            ',' if braces == 0 && brackets == 0 => return after,
            ';' if braces == 0 && brackets == 0 => return after,
            _ => {}
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: &str) -> String {
        without_tests(code).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_for_tests_is_blanked() {
        for (code, expected) in [
            (
                "use a;\n#[cfg(test)]\nmod tests {\n    use b;\n    fn c() {}\n}\nuse d;",
                "use a; use d;",
            ),
            ("#[cfg(test)]\nmod world;\nmod a;", "mod a;"),
            ("#[cfg(test)]\n#[expect(x)]\nuse a::{b, c};\nmod d;", "; mod d;"),
            (
                "#[cfg(any(test, feature = \"\"))]\npub fn a(b: [u8; 2]) { c; }\nfn d() {}",
                "fn d() {}",
            ),
            ("struct A {\n    #[cfg(test)]\n    b: C,\n    d: E,\n}", "struct A { d: E, }"),
        ] {
            assert_eq!(said(code), expected);
        }
        assert_eq!(without_tests("#[cfg(test)]\nmod a;\nb").lines().count(), 3);
    }

    #[test]
    fn what_is_for_the_product_stays() {
        for code in ["#[cfg(unix)] mod a;", "#[cfg(not(test))] mod a;", "#[test] fn a() {}", ""] {
            assert_eq!(said(code), code);
        }
    }
}
