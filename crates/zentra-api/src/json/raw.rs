//! A member of an object as the text that the caller wrote, without white space.
//!
//! What the platform publishes goes to consumers as it came in: a number keeps its digits, which
//! parsing and printing would not. Owns finding the member. The text must have been parsed before.

/// The compact text of a member of the object that `text` is; none when it has none of this name.
/// `text` must be a valid JSON object whose names are written without escapes where they matter.
pub(crate) fn compact_member(text: &str, name: &str) -> Option<String> {
    let compact = compact(text);
    let bytes = compact.as_bytes();
    let mut at = 1;
    while bytes.get(at) == Some(&b'"') {
        let colon = end_of_value(bytes, at);
        let end = end_of_value(bytes, colon + 1);
        let known: String = serde_json::from_str(compact.get(at..colon)?).ok()?;
        if known == name {
            return compact.get(colon + 1..end).map(str::to_owned);
        }
        at = end + 1;
    }
    None
}

/// The text without white space between its tokens.
fn compact(text: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    text.chars()
        .filter(|letter| {
            let kept = in_string || !letter.is_ascii_whitespace();
            if escaped {
                escaped = false;
            } else if in_string && *letter == '\\' {
                escaped = true;
            } else if *letter == '"' {
                in_string = !in_string;
            }
            kept
        })
        .collect()
}

/// The index after the value that begins at `start`: of the comma, colon or bracket that follows.
fn end_of_value(bytes: &[u8], start: usize) -> usize {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (index, byte) in bytes.iter().enumerate().skip(start) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' | b',' | b':' if depth == 0 => return index,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn numbers_keep_their_digits() {
        let text = "{ \"type\" : \"a:b,c\", \"data\" : { \"n\" : 1.10 , \"s\" : \"a \\\" b\" } }";
        let found = compact_member(text, "data").unwrap();
        assert_eq!(found, "{\"n\":1.10,\"s\":\"a \\\" b\"}");
        assert_eq!(compact_member(text, "type").unwrap(), "\"a:b,c\"");
        assert_eq!(compact_member(text, "other"), None);
        assert_eq!(compact_member("{}", "data"), None);
        assert_eq!(compact_member("{\"\\u0064ata\": 1e400}", "data").unwrap(), "1e400");
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-z \\\\\"{}\\[\\],:\n]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z\"\\\\:,{ ]{0,4}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_member_is_found_as_it_was_written(data in any_value(), other in any_value()) {
            let whole = json!({ "x": other, "data": data });
            let pretty = serde_json::to_string_pretty(&whole).unwrap();
            prop_assert_eq!(compact_member(&pretty, "data").unwrap(), data.to_string());
        }
    }
}
