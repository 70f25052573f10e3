//! What a JSON text looks like before it becomes a tree, in one pass and without recursion: how
//! deep it nests, and how long the items of an array are.

/// Where a pass over a JSON text stands.
#[derive(Default)]
struct Scan {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Scan {
    /// Takes the next byte in. Whether it stands outside of strings, where it may give structure.
    fn take(&mut self, byte: u8) -> bool {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return false;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        true
    }
}

/// Whether a text nests objects and arrays deeper than `levels`.
pub(super) fn too_deep(text: &[u8], levels: usize) -> bool {
    let mut scan = Scan::default();
    text.iter().any(|byte| scan.take(*byte) && scan.depth > levels)
}

/// Bytes between two steps.
const STEP_BYTES: usize = 64 * 1024;

/// Whether an item of an array has more bytes than `bytes_max`, the space around it included. The
/// parser takes as long for an item as it is, and does not step in between.
pub(super) fn has_longer_items(text: &[u8], bytes_max: usize, step: &mut dyn FnMut()) -> bool {
    let (mut scan, mut start) = (Scan::default(), 0);
    for (at, byte) in text.iter().enumerate() {
        if at - start > bytes_max {
            return true;
        }
        if at % STEP_BYTES == 0 {
            step();
        }
        let begins = scan.take(*byte) && matches!(byte, b'{' | b'[' | b',') && scan.depth == 1;
        start = if begins { at + 1 } else { start };
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

    #[test]
    fn the_longest_item_counts_and_each_part_of_the_text_is_a_step() {
        let rows: [(&str, usize); 8] = [
            ("[1234,1]", 4),
            ("[1, 123]", 4),
            ("[[1,2],3]", 5),
            ("[{\"a,\":1}]", 8),
            ("[\"],[\\\"\",1]", 7),
            ("  [1]", 2),
            ("[]", 0),
            ("12345", 4),
        ];
        for (text, longest) in rows {
            let longer = |bytes_max| has_longer_items(text.as_bytes(), bytes_max, &mut || ());
            assert!(!longer(longest), "{text}");
            assert!(longest == 0 || longer(longest - 1), "{text}");
        }
        let mut steps = 0;
        assert!(!has_longer_items(&b"[1,".repeat(STEP_BYTES), usize::MAX, &mut || steps += 1));
        assert_eq!(steps, 3);
    }
}
