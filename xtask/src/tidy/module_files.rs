//! mod.rs names modules and re-exports; it has no logic.

/// The first statement that does not belong in a mod.rs, in code with comments blanked.
pub(crate) fn logic(code: &str) -> Option<String> {
    let mut statements = code.split(';').map(without_attributes_and_visibility);
    let stray = statements.find(|statement| {
        let is_use = statement.starts_with("use ");
        let is_module = statement.starts_with("mod ") && !statement.contains('{');
        !statement.is_empty() && !is_use && !is_module
    })?;
    Some(stray.lines().next().unwrap_or_default().trim().to_owned())
}

fn without_attributes_and_visibility(statement: &str) -> &str {
    let mut rest = statement.trim_start();
    while rest.starts_with('#') {
        let Some(end) = closing(rest, '[', ']') else { break };
        rest = rest[end + 1..].trim_start();
    }
    if let Some(after) = rest.strip_prefix("pub") {
        let after = after.trim_start();
        rest = match closing(after, '(', ')') {
            Some(end) if after.starts_with('(') => after[end + 1..].trim_start(),
            _ => after,
        };
    }
    rest.trim_end()
}

/// Where the first bracket of a kind is closed.
pub(crate) fn closing(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, next) in text.char_indices() {
        if next == open {
            depth += 1;
        } else if next == close {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_and_uses_are_no_logic() {
        let code = "#![cfg(unix)]\nmod a;\npub(crate) mod b;\n#[cfg(feature = \"\")]\npub mod c;\n\
                    pub use a::{\n    B,\n    c::D,\n};\npub(in crate::x) use b::*;\n";
        assert_eq!(logic(code), None);
    }

    #[test]
    fn anything_else_is() {
        for code in [
            "mod a;\npub(crate) fn b() {}\n",
            "use a;\nconst A: u8 = 1;",
            "mod a { }",
            "pub struct A;",
            "#[cfg(test)]\nmod tests {\n}\n",
            "macro_rules! a { () => {} }",
            "impl A {}",
        ] {
            assert!(logic(code).is_some(), "{code}");
        }
    }
}
