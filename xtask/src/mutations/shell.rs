//! Mutations of the shell, which the world does not run: they are looked for with a real server.
//!
//! Owns the table, as `table` does of the core's.

use super::table::{Mutation, bug};

const ATTEMPT: &str = "crates/zentra-sender/src/attempt.rs";
const LIST: &str = "crates/zentra-views/src/list.rs";

pub(super) const MUTATIONS: &[Mutation] = &[
    bug(
        "page-that-skips-a-row",
        "a list has each row once, in pages of any size",
        LIST,
        "let next = last.map(|key| cursor_of(&key));",
        "let next = last.and(Some(cursor_of(&item?.0)));",
    ),
    bug(
        "since-without-its-moment",
        "since a time is at that time, too",
        LIST,
        "self.since.is_some_and(|since| recorded < since.to_string().as_str())",
        "self.since.is_some_and(|since| recorded <= since.to_string().as_str())",
    ),
    bug(
        "balance-by-recording-alone",
        "balances by effective time",
        "crates/zentra-api/src/routes/balances.rs",
        "by_record.minus(dated.recorded).plus(dated.effective)",
        "by_record",
    ),
    bug(
        "proof-of-another-leaf",
        "evidence is of the intent's own entry",
        "crates/zentra-api/src/routes/intents.rs",
        "inclusion: evidence.proof(scope, number).map_err(failed)?,",
        "inclusion: evidence.proof(scope, zentra_events::ScopeNumber(0)).map_err(failed)?,",
    ),
    bug(
        "fingerprint-by-parsed-numbers",
        "another body under a key is refused, though only a last digit differs",
        "crates/zentra-api/src/json/canonical.rs",
        "Json::Number(digits) => out.push_str(digits),",
        "Json::Number(digits) => out.push_str(&format!(\"{:?}\", digits.parse::<f64>())),",
    ),
    bug(
        "repeat-told-as-new",
        "an answer says whether it was given before",
        "crates/zentra-api/src/submit.rs",
        "response.headers_mut().insert(REPLAYED, HeaderValue::from_static(\"true\"));",
        "response.headers_mut().remove(REPLAYED);",
    ),
    bug(
        "signed-a-second-later",
        "a consumer can verify what it gets",
        "crates/zentra-sender/src/prepare.rs",
        "sign_v1(secret, &id, seconds, body)",
        "sign_v1(secret, &id, seconds + 1, body)",
    ),
    bug(
        "retry-after-unheard",
        "a consumer's Retry-After counts",
        ATTEMPT,
        "and_then(|value| retry_after(value, now));",
        "and_then(|value| retry_after(value, now).filter(|_| false));",
    ),
    bug(
        "delivered-without-an-answer",
        "what is delivered was got",
        ATTEMPT,
        "record(took, result_of(failure), String::new())",
        "record(took, { result_of(failure); AttemptResult::Answered(200) }, String::new())",
    ),
];
