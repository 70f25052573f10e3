//! The forms of values in the API's description, made from the constants that their parsers check.
//!
//! A length counts characters, as the parsers of texts do; the names of things are ASCII. What
//! batches hold in bytes (corridors, metadata) is counted in bytes: no schema can say that, so
//! `x-max-bytes` stands beside the length there. Owns the forms. Must not know bodies or routes.

use serde_json::{Value, json};
use zentra_events::limits::{AMOUNT_MAX, NAME_BYTES_MAX};
use zentra_signature::{SECRET_BYTES_MAX, SECRET_BYTES_MIN};

/// The characters of identifiers, as in a class of a pattern.
pub(crate) const IDENTIFIER: &str = "A-Za-z0-9_.:-";
/// Those of a segment of an account's code, and of scopes' and secrets' names.
pub(crate) const SEGMENT: &str = "A-Za-z0-9_.-";
/// Those of actors' names.
pub(crate) const ACTOR: &str = "A-Za-z0-9_.:@-";
/// Those of a part of an event type.
pub(crate) const PART: &str = "A-Za-z0-9_";
/// A character that is no white space of Unicode; `\S` has others.
pub(crate) const SAID: &str = concat!(
    "[^\\u0009-\\u000d\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a",
    "\\u2028\\u2029\\u202f\\u205f\\u3000]"
);
/// What clients take for a step in a path.
const STEPS: [&str; 2] = [".", ".."];

fn name(pattern: &str) -> Value {
    json!({
        "type": "string",
        "pattern": pattern,
        "minLength": 1,
        "maxLength": NAME_BYTES_MAX,
    })
}

fn name_in_path(pattern: &str) -> Value {
    let mut name = name(pattern);
    name["not"] = json!({ "enum": STEPS });
    name
}

/// An intent's id, as one looks for it.
pub(crate) fn intent_id() -> Value {
    name(&format!("^[{IDENTIFIER}]+$"))
}

/// The id of a new intent: `batch` is another route.
pub(crate) fn new_intent_id() -> Value {
    let mut id = intent_id();
    id["not"] = json!({ "enum": [STEPS[0], STEPS[1], "batch"] });
    id
}

/// A scope's name.
pub(crate) fn scope() -> Value {
    name_in_path(&format!("^[{SEGMENT}]+$"))
}

/// The name of a secret that endpoints share.
pub(crate) fn shared_secret() -> Value {
    name(&format!("^[{SEGMENT}]+$"))
}

/// An actor's name; those of the server are nobody's.
pub(crate) fn actor() -> Value {
    let mut actor = name(&format!("^[{ACTOR}]+$"));
    actor["not"] = json!({ "pattern": "^[Zz][Ee][Nn][Tt][Rr][Aa]([^A-Za-z0-9]|$)" });
    actor
}

/// An account's code.
pub(crate) fn account() -> Value {
    name_in_path(&format!("^[{SEGMENT}]+(:[{SEGMENT}]+)*$"))
}

/// An account's code, or one and `:*`.
pub(crate) fn account_pattern() -> Value {
    let mut pattern = name(&format!("^[{SEGMENT}]+(:[{SEGMENT}]+)*(:\\*)?$"));
    pattern["maxLength"] = json!(NAME_BYTES_MAX + 2);
    pattern["anyOf"] = json!([
        { "maxLength": NAME_BYTES_MAX },
        { "pattern": ":\\*$" },
    ]);
    pattern
}

/// The name of a ledger entry.
pub(crate) fn ledger_name() -> Value {
    json!({ "type": "string", "pattern": format!("^entry[_:][{IDENTIFIER}]*$") })
}

/// An event's type.
pub(crate) fn event_type() -> Value {
    name(&format!("^[{PART}]+(\\.[{PART}]+)*$"))
}

/// An event's type, a prefix with `.*`, or `*`.
pub(crate) fn event_filter() -> Value {
    let mut filter = name(&format!("^(\\*|[{PART}]+(\\.[{PART}]+)*(\\.\\*)?)$"));
    filter["maxLength"] = json!(NAME_BYTES_MAX + 2);
    filter["anyOf"] = json!([
        { "maxLength": NAME_BYTES_MAX },
        { "pattern": "\\.\\*$" },
    ]);
    filter
}

/// A name that is compared and shown only: of a corridor, a rail, a route.
pub(crate) fn label() -> Value {
    let mut label = in_bytes(NAME_BYTES_MAX);
    label["minLength"] = json!(1);
    label
}

/// A text of at most so many bytes in UTF-8.
pub(crate) fn in_bytes(bytes_max: usize) -> Value {
    json!({ "type": "string", "maxLength": bytes_max, "x-max-bytes": bytes_max })
}

/// A text of at most so many characters.
pub(crate) fn text(chars_max: usize) -> Value {
    json!({ "type": "string", "maxLength": chars_max })
}

/// A text that says something.
pub(crate) fn said(chars_max: usize) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": chars_max, "pattern": SAID })
}

/// A currency's code.
pub(crate) fn currency() -> Value {
    json!({ "type": "string", "pattern": "^[A-Z][A-Z0-9]{1,7}$", "minLength": 2, "maxLength": 8 })
}

/// An id with this prefix.
pub(crate) fn id(prefix: &str) -> Value {
    json!({ "type": "string", "pattern": format!("^{prefix}_[0-9a-v]{{19}}[0g]$") })
}

/// Minor units: digits, or an integer that is exact as a JSON number.
pub(crate) fn minor_units(number_max: u64) -> Value {
    json!({
        "oneOf": [
            { "type": "string", "pattern": format!("^({})$", up_to(AMOUNT_MAX)) },
            { "type": "integer", "minimum": 0, "maximum": number_max },
        ],
    })
}

/// An RFC 3339 instant of the years that one may be in.
pub(crate) fn instant() -> Value {
    let year = "19[7-9][0-9]|2[0-4][0-9]{2}|25[0-4][0-9]|255[0-3]";
    let day = "(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";
    let time = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?";
    let offset = "[Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9]";
    let pattern = format!("^({year})-{day}[Tt]{time}({offset})$");
    json!({ "type": "string", "format": "date-time", "pattern": pattern })
}

/// Key material: `whsec_` and so many bytes in base64.
pub(crate) fn key_material() -> Value {
    json!({ "type": "string", "pattern": format!("^{}$", material()) })
}

/// Key material, or the short name of a secret that endpoints share.
pub(crate) fn key_or_name(letters_max: usize) -> Value {
    let name = format!("whsec_[a-z][a-z0-9_]{{0,{}}}", letters_max - 1);
    json!({ "type": "string", "pattern": format!("^({}|{name})$", material()) })
}

fn material() -> String {
    let (least, most) = (SECRET_BYTES_MIN, SECRET_BYTES_MAX);
    let any = "[A-Za-z0-9+/]";
    // Whole groups of three bytes, and those that end in one or two bytes more.
    let groups = |more: usize| format!("({any}{{4}}){{{},{}}}", least / 3, (most - more) / 3);
    format!(
        "whsec_({}|{}{any}[AQgw]==|{}{any}{{2}}[AEIMQUYcgkosw048]=)",
        groups(0),
        groups(1),
        groups(2)
    )
}

/// A pattern of the numbers from 0 to this one, without leading zeros.
fn up_to(most: u128) -> String {
    let digits: Vec<u8> = most.to_string().bytes().map(|byte| byte - b'0').collect();
    let mut ways = vec!["0".to_owned()];
    if digits.len() > 1 {
        ways.push(format!("[1-9][0-9]{{0,{}}}", digits.len() - 2));
    }
    let mut same = String::new();
    for (place, digit) in digits.iter().enumerate() {
        let least = u8::from(place == 0);
        if *digit > least {
            let rest = digits.len() - 1 - place;
            ways.push(format!("{same}[{least}-{}][0-9]{{{rest}}}", digit - 1));
        }
        same.push(char::from(b'0' + digit));
    }
    ways.push(same);
    ways.join("|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::str::FromStr;
    use zentra_events::{AccountCode, ActorName, EventType, IntentId, ScopeName};

    /// The characters of a class.
    fn expanded(class: &str) -> Vec<char> {
        let mut all = Vec::new();
        let letters: Vec<char> = class.chars().collect();
        let mut at = 0;
        while at < letters.len() {
            if at + 2 < letters.len() && letters[at + 1] == '-' {
                all.extend(letters[at]..=letters[at + 2]);
                at += 3;
            } else {
                all.push(letters[at]);
                at += 1;
            }
        }
        all
    }

    fn same_alphabet<T: FromStr>(class: &str) {
        let known = expanded(class);
        for letter in (0..=255_u8).map(char::from) {
            let taken = letter.to_string().parse::<T>().is_ok();
            assert_eq!(taken, known.contains(&letter), "{letter:?} and {class}");
        }
    }

    #[test]
    fn alphabets_are_those_of_the_parsers() {
        same_alphabet::<IntentId>(IDENTIFIER);
        same_alphabet::<ScopeName>(SEGMENT);
        same_alphabet::<AccountCode>(SEGMENT);
        same_alphabet::<ActorName>(ACTOR);
        same_alphabet::<EventType>(PART);
    }

    #[test]
    fn what_says_nothing_is_what_a_parser_trims() {
        let class = SAID.trim_start_matches("[^").trim_end_matches(']');
        let mut blank = BTreeSet::new();
        let codes: Vec<&str> = class.split("\\u").skip(1).collect();
        let code = |text: &str| u32::from_str_radix(text.trim_end_matches('-'), 16).unwrap();
        for (index, text) in codes.iter().enumerate() {
            let to = if text.ends_with('-') { code(codes[index + 1]) } else { code(text) };
            blank.extend(code(text)..=to);
        }
        for letter in (0..=0xffff).filter_map(char::from_u32) {
            assert_eq!(blank.contains(&u32::from(letter)), letter.is_whitespace(), "{letter:?}");
        }
    }

    #[test]
    fn numbers_up_to_a_bound_have_a_pattern() {
        assert_eq!(up_to(7), "0|[1-6][0-9]{0}|7");
        assert_eq!(up_to(120), "0|[1-9][0-9]{0,1}|1[0-1][0-9]{1}|120");
    }
}
