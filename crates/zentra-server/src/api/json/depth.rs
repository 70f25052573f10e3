//! How deep a JSON text nests, told before it becomes a tree, in one pass and without recursion.

/// Whether a text nests objects and arrays deeper than `levels`.
pub(super) fn too_deep(text: &[u8], levels: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > levels {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_open_brackets_outside_of_strings() {
        let nested = |levels: usize| [b"[".repeat(levels), b"]".repeat(levels)].concat();
        let rows: [(Vec<u8>, bool); 8] = [
            (nested(32), false),
            (nested(33), true),
            (b"[".repeat(1_000_000), true),
            (b"[[],[],[]]".repeat(100), false),
            ([b"\"", b"[".repeat(100).as_slice(), b"\""].concat(), false),
            ([b"\"\\\"", b"[".repeat(100).as_slice(), b"\""].concat(), false),
            ([b"\"\\\\\"", b"[".repeat(100).as_slice()].concat(), true),
            (b"]]]]".to_vec(), false),
        ];
        for (text, expected) in rows {
            let shown = String::from_utf8_lossy(&text[..text.len().min(80)]).into_owned();
            assert_eq!(too_deep(&text, 32), expected, "{shown}");
        }
    }
}
