//! Values that a schema allows, and such that it does not, by its pattern.
//!
//! Owns the examples. Must not know routes.

use crate::forms::SAID;
use serde_json::{Value, json};

/// Texts that a schema allows, and texts that it does not.
pub(super) fn examples(schema: &Value) -> (Vec<String>, Vec<String>) {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    if let Some(words) = schema["enum"].as_array() {
        let words = words.iter().filter_map(|word| word.as_str().map(str::to_owned));
        return (words.collect(), texts(&["", "zz_unknown"]));
    }
    let pattern = schema["pattern"].as_str().unwrap_or("");
    if let Some((fit, unfit)) = of_pattern(pattern) {
        return (texts(&fit), texts(&unfit));
    }
    // What is left is made of letters.
    let bound = |name: &str| schema[name].as_u64().map(|bound| bound as usize);
    let most = bound("maxLength").unwrap_or_else(|| panic!("{schema}"));
    let (mut fit, mut unfit) = (vec!["a".repeat(most)], vec!["a".repeat(most + 1)]);
    match bound("minLength") {
        None | Some(0) => fit.push(String::new()),
        Some(least) => {
            fit.push("a".repeat(least));
            unfit.push("a".repeat(least - 1));
        }
    }
    if pattern.starts_with("^[A-Z") {
        unfit.extend(texts(&["a/b", "a b", "caf\u{e9}", "a\n", "\u{0}"]));
    }
    if pattern == SAID {
        unfit.extend(texts(&[" ", "\t\n", "\u{85}\u{3000}"]));
        fit.extend(texts(&["\u{feff}"]));
    }
    if pattern.is_empty() || pattern == SAID {
        // Letters of two and of four bytes.
        for (letter, bytes) in [("\u{e9}", 2), ("\u{1f600}", 4)] {
            let room = if schema["x-max-bytes"].is_null() { most } else { most / bytes };
            fit.push(letter.repeat(room));
            unfit.push(letter.repeat(room + 1));
        }
    }
    for word in schema["not"]["enum"].as_array().into_iter().flatten() {
        unfit.push(word.as_str().unwrap().to_owned());
    }
    if schema["not"]["pattern"].is_string() {
        unfit.extend(texts(&["zentra", "Zentra:x", "ZENTRA_1"]));
        fit.extend(texts(&["zentrade", "svc_zentra"]));
    }
    if pattern.contains("(:[") {
        fit.extend(texts(&["a:b.c-d_e:f"]));
        unfit.extend(texts(&["a::b", ":a", "a:"]));
    }
    if schema["anyOf"].is_array() {
        // The end that stands for more counts besides.
        let name = "a".repeat(most - 2);
        let end = if pattern.contains("(:\\*)?") { ":*" } else { ".*" };
        (fit, unfit) = (vec![name.clone(), format!("{name}{end}")], unfit);
        unfit.extend([format!("{name}a"), format!("{name}a{end}"), format!("a{end}{end}")]);
    }
    (fit, unfit)
}

fn of_pattern(pattern: &str) -> Option<(Vec<&'static str>, Vec<&'static str>)> {
    Some(if pattern.starts_with("^[A-Z][A-Z0-9]") {
        (vec!["EUR", "USD"], vec!["", "E", "eur", "1EUR", "EUR456789", "E R"])
    } else if pattern.starts_with("^(0|[1-9]") {
        let over = "1208925819614629174706176";
        (
            vec!["0", "7", "999999999999999999999999", "1208925819614629174706175"],
            vec!["", "01", "-1", "+1", "1.0", "1e3", " 1", over, "9999999999999999999999999"],
        )
    } else if pattern.starts_with("^(19[7-9]") {
        (
            vec![
                "1970-01-02T00:00:00Z",
                "2553-12-31T23:59:59.999999999Z",
                "2026-04-26t14:12:09.5+23:59",
            ],
            vec![
                "",
                "1969-12-31T23:59:59Z",
                "2555-01-01T00:00:00Z",
                "2026-04-26",
                "2026-04-26T14:12:60Z",
                "2026-13-26T14:12:09Z",
                "2026-04-26 14:12:09Z",
            ],
        )
    } else if pattern.starts_with("^evt_") {
        (vec!["evt_00000000000000000000"], vec!["", "evt_", "evt_0000000000000000000w", "dlv_0"])
    } else if pattern.starts_with("^wep_") {
        (vec!["wep_00000000000000000000"], vec!["", "wep_", "wep_0000000000000000000w", "dlv_0"])
    } else if pattern.contains("whsec_") {
        let named = pattern.contains("|whsec_[a-z]");
        let (least, most) = (
            "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3",
            "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3\
             MDEyMzQ1Njc4OWFiY2RlZg==",
        );
        let mut fit = vec![least, most];
        let mut unfit = vec!["", "live", "whsec_", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY"];
        if named { &mut fit } else { &mut unfit }.extend(["whsec_live", "whsec_abcdefghijklmnop"]);
        unfit.push("whsec_abcdefghijklmnopq");
        (fit, unfit)
    } else if pattern == "^https?://" {
        let long = "https://example.com/";
        (vec![long], vec!["", "ftp://example.com/", "example.com"])
    } else {
        return None;
    })
}

/// Whether a value keeps what a schema says of types, words and the fields that demand or exclude
/// each other. Bounds and patterns are not looked at.
pub(super) fn holds(document: &Value, schema: &Value, value: &Value) -> bool {
    if let Some(reference) = schema["$ref"].as_str() {
        return holds(document, document.pointer(&reference[1..]).unwrap(), value);
    }
    let all = |name: &str| schema[name].as_array().into_iter().flatten();
    let kept = |choice: &Value| holds(document, choice, value);
    let is_of = |kind: &Value| match kind.as_str().unwrap() {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        _ => value.is_object(),
    };
    let typed = match &schema["type"] {
        Value::Null => true,
        Value::Array(kinds) => kinds.iter().any(is_of),
        kind => is_of(kind),
    };
    let says = |name: &str| !schema[name].is_null();
    let given = |name: &Value| value.get(name.as_str().unwrap()).is_some();
    let properties = schema["properties"].as_object().into_iter().flatten();
    let items = value.as_array().into_iter().flatten();
    let unique = |list: &Vec<Value>| (1..list.len()).all(|at| !list[..at].contains(&list[at]));
    typed
        && (!says("enum") || all("enum").any(|word| word == value))
        && (!says("const") || schema["const"] == *value)
        && (!says("anyOf") || all("anyOf").any(kept))
        && (!says("oneOf") || all("oneOf").filter(|choice| kept(choice)).count() == 1)
        && (!says("not") || says_of_pattern(&schema["not"]) || !kept(&schema["not"]))
        && (!value.is_object() || all("required").all(given))
        && (schema["uniqueItems"] != json!(true) || value.as_array().is_none_or(unique))
        && properties
            .filter_map(|(name, of)| Some((of, value.get(name)?)))
            .all(|(of, value)| holds(document, of, value))
        && items.into_iter().all(|item| holds(document, &schema["items"], item))
}

fn says_of_pattern(schema: &Value) -> bool {
    schema["pattern"].is_string()
}

/// So many items like these, where they stand.
pub(super) fn many(at: &str, items: &[Value], count: usize) -> Value {
    let numbered = |number: usize| -> Value {
        let mut item = items[number % items.len()].clone();
        match at.rsplit('/').next().unwrap() {
            "routes" => item["id"] = json!(format!("r{number}")),
            "templates" => item["pattern"] = json!(format!("t{number}")),
            "rules" => {
                item = json!({ "rule": "limit_check", "currency": format!("A{number}"),
                    "amount_max": "1" });
            }
            "schedule_ms" => item = json!(if number == 0 { 0 } else { 1_000 }),
            "events" => item = json!(format!("t{number}.paid")),
            _ => {}
        }
        item
    };
    if at == "/primitives" && count == items.len() {
        return items.into();
    }
    (0..count).map(numbered).collect()
}
