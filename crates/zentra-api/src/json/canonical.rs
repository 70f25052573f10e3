//! One text for one JSON value: names sorted, no white space, numbers as they were written. It is
//! hashed to tell whether a repeated request is the same; it is never stored or sent.

use crate::json::Json;

/// The canonical text of a value.
pub(crate) fn canonical(value: &Json) -> String {
    let mut out = String::new();
    push(&mut out, value);
    out
}

fn push(out: &mut String, value: &Json) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Json::Number(digits) => out.push_str(digits),
        Json::String(text) => push_text(out, text),
        Json::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by_key(|(name, _)| name.as_str());
            out.push('{');
            for (index, (name, value)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                push_text(out, name);
                out.push(':');
                push(out, value);
            }
            out.push('}');
        }
        Json::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                push(out, item);
            }
            out.push(']');
        }
    }
}

fn push_text(out: &mut String, text: &str) {
    out.push_str(&serde_json::to_string(text).expect("a text is JSON"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;
    use serde_json::json;

    fn of(text: &str) -> String {
        canonical(&parse(text.as_bytes(), 100).unwrap())
    }

    #[test]
    fn the_order_of_names_does_not_matter() {
        let one = of("{\"b\": [1, {\"d\": 2, \"c\": \"x\"}], \"a\": null}");
        let other = canonical(&json!({ "a": null, "b": [1, { "c": "x", "d": 2 }] }).into());
        assert_eq!(one, other);
        assert_eq!(one, "{\"a\":null,\"b\":[1,{\"c\":\"x\",\"d\":2}]}");
        assert_ne!(of("[\"a\"]"), of("\"a\""));
        assert_eq!(of("\"\\u0061\\/\""), of("\"a/\""));
    }

    #[test]
    fn numbers_count_by_their_text() {
        for (one, other) in [
            ("123456789012345678901234567890", "123456789012345678901234567891"),
            ("0.1", "0.10000000000000001"),
            ("1", "1.0"),
            ("0", "-0"),
            ("1e400", "1e401"),
        ] {
            assert_ne!(of(one), of(other));
        }
    }
}
