//! One text for one JSON value: names sorted, no white space. It is hashed to tell whether a
//! repeated request is the same; it is never stored or sent.

use serde_json::Value;

/// The canonical text of a value.
pub(crate) fn canonical(value: &Value) -> String {
    let mut out = String::new();
    push(&mut out, value);
    out
}

fn push(out: &mut String, value: &Value) {
    match value {
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by_key(|(name, _)| name.as_str());
            out.push('{');
            for (index, (name, value)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                push(out, value);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                push(out, item);
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_names_does_not_matter() {
        let one: Value =
            serde_json::from_str("{\"b\": [1, {\"d\": 2, \"c\": \"x\"}], \"a\": null}").unwrap();
        let other = json!({ "a": null, "b": [1, { "c": "x", "d": 2 }] });
        assert_eq!(canonical(&one), canonical(&other));
        assert_eq!(canonical(&one), "{\"a\":null,\"b\":[1,{\"c\":\"x\",\"d\":2}]}");
        assert_ne!(canonical(&json!(["a"])), canonical(&json!("a")));
    }
}
