//! What a replay was asked for, as lists and answers show it.
//!
//! Owns that form: one object, whichever route asked. Must not know which deliveries that means.

use serde_json::{Map, Value};

/// The words in the log as one object: the conditions of a filter stand beside what else was said.
pub fn asked(words: &str) -> Map<String, Value> {
    let mut asked: Map<String, Value> = serde_json::from_str(words).unwrap_or_default();
    if let Some(Value::Object(conditions)) = asked.remove("filter") {
        asked.extend(conditions);
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn conditions_are_shown_once() {
        let shown = |words: Value| Value::Object(asked(&words.to_string()));
        let filter = json!({ "filter": { "status": "delivered" }, "include_delivered": true });
        assert_eq!(shown(filter), json!({ "status": "delivered", "include_delivered": true }));
        assert_eq!(shown(json!({ "event_id": "evt_1" })), json!({ "event_id": "evt_1" }));
        assert_eq!(shown(json!({ "filter": {} })), json!({}));
    }
}
