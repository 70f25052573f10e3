//! The page's evidence row, and the ledger entry that it names.
//!
//! Owns the row's words: what it says is true of the intent's state, and each thing that it names
//! has a path. Must not know how a checkpoint is proved.

use crate::api::respond::intent::ledger_entries;
use crate::api::respond::ledger::extend;
use crate::api::respond::rendering::Rendering;
use crate::api::respond::story::{Step, Story};
use crate::api::time::in_seconds;
use serde_json::{Map, Value, json};
use std::str::FromStr;
use zentra_events::event::CheckV1;
use zentra_events::{Event, IntentId};

/// How far a checkpoint has an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Proved {
    /// The checkpoint over the run verifies now.
    pub(crate) verified: bool,
    /// How many entries of the scope it covers.
    pub(crate) tree_size: u64,
}

/// The page's evidence row.
pub(crate) fn evidence_row(r: &Rendering<'_>, story: &Story, proved: Proved) -> Map<String, Value> {
    let run = story.run();
    let state = story.progress().word(proved.tree_size);
    let sealed = story.last().scope_number.0 < proved.tree_size;
    let ledger = story.reached(Step::Ledgered).map(|_| LedgerName(story.intent_id.clone()));
    let mut row = json!({
        "actor": r.names.actor(run.actor),
        "scope": r.names.scope(run.scope),
        "timestamp": in_seconds(run.recorded_at),
        "policy": decisive(story.checks()).map(policy_word),
        "policy_detail": policy_detail(story),
        "intent": story.intent_id,
        "state": state,
        "signature": if proved.verified { "verified" } else { "pending" },
        "ledger": ledger.as_ref().map(ToString::to_string),
        "status": status(state, proved.verified && sealed),
        "sealed": sealed,
        "links": {
            "scope": "/quotas",
            "policy": "/policy",
            "intent": format!("/intents/{}", story.intent_id),
            "signature": "/checkpoint",
            "ledger": ledger.map(|name| format!("/entries/{name}")),
        },
    });
    for (_, event) in story.events() {
        if let Event::IntentRejected(body) = event {
            row["rejection"] = json!({ "code": body.code, "detail": body.detail });
        } else if let Event::IntentVoided(body) = event {
            row["void"] = json!({ "code": body.code, "reason": body.reason });
        }
    }
    let mut shown = Map::new();
    extend(&mut shown, row);
    shown
}

/// What the row comes to. Only what was settled is ready for an audit, once a checkpoint that
/// verifies covers all of it; what never settled says how it ended, what may still settle is open.
fn status(state: &str, proved: bool) -> &'static str {
    match state {
        "rejected" => "rejected",
        "voided" => "voided",
        "synchronized" | "evidenced" | "reversed" | "paid_out" if proved => "audit_ready",
        "synchronized" | "evidenced" | "reversed" | "paid_out" => "pending",
        _ => "open",
    }
}

/// The check that failed, else the first.
fn decisive(checks: &[CheckV1]) -> Option<&CheckV1> {
    checks.iter().find(|check| !check.passed).or(checks.first())
}

fn policy_word(check: &CheckV1) -> String {
    format!("{}.{}", check.name, if check.passed { "passed" } else { "failed" })
}

/// What stands behind the word: a check without a limit is passed by whatever is asked.
fn policy_detail(story: &Story) -> String {
    let version = story.events().find_map(|(_, event)| match event {
        Event::IntentControlled(body) => Some(body.policy_version),
        _ => None,
    });
    match (version, decisive(story.checks())) {
        (Some(0), _) => "no policy was set: nothing was limited".to_owned(),
        (Some(version), Some(CheckV1 { limit: None, .. })) => {
            format!("policy version {version}, which limits no amount in this currency")
        }
        (Some(version), _) => format!("policy version {version}"),
        (None, Some(check)) if !check.passed => "the policy refused it".to_owned(),
        (None, Some(CheckV1 { limit: None, .. })) => "nothing was limited".to_owned(),
        (None, Some(_)) => "the policy did not refuse it".to_owned(),
        (None, None) => "no policy was asked".to_owned(),
    }
}

/// An intent's entry in the ledger: all its lines, by name.
pub(crate) fn ledger_entry(r: &Rendering<'_>, story: &Story) -> Value {
    let legs = story.events().filter_map(|(header, event)| match event {
        Event::LedgerPosted(body) => Some(json!({
            "leg": body.leg,
            "position": header.position,
            "recorded_at": header.recorded_at,
        })),
        _ => None,
    });
    json!({
        "name": LedgerName(story.intent_id.clone()).to_string(),
        "intent": story.intent_id,
        "scope": r.names.scope(story.last().scope),
        "legs": legs.collect::<Vec<Value>>(),
        "ledger_entries": ledger_entries(r, story),
        "position": story.last().position,
    })
}

/// The name of an intent's ledger entry: `intent_X` has `entry_X`, any other id has `entry:<id>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LedgerName(pub(crate) IntentId);

impl std::fmt::Display for LedgerName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.as_str().strip_prefix("intent_") {
            Some(rest) => write!(f, "entry_{rest}"),
            None => write!(f, "entry:{}", self.0),
        }
    }
}

impl FromStr for LedgerName {
    type Err = zentra_events::NameError;

    fn from_str(text: &str) -> Result<LedgerName, zentra_events::NameError> {
        let id = match (text.strip_prefix("entry_"), text.strip_prefix("entry:")) {
            (Some(rest), _) => format!("intent_{rest}"),
            (_, Some(id)) if !id.starts_with("intent_") => id.to_owned(),
            // No intent has an empty id.
            _ => String::new(),
        };
        id.parse().map(LedgerName)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ledger_entries_are_named_after_their_intent_and_lead_back_to_it() {
        for (id, name) in [
            ("intent_042", "entry_042"),
            ("intent_", "entry_"),
            ("order-7", "entry:order-7"),
            ("entry_1", "entry:entry_1"),
            ("a:b", "entry:a:b"),
        ] {
            let named = LedgerName(id.parse().unwrap());
            assert_eq!(named.to_string(), name);
            assert_eq!(name.parse::<LedgerName>().unwrap(), named);
        }
        for bad in ["", "entry", "entry:", "entry:intent_1", "order-7", "entry/x", "entry: "] {
            assert!(bad.parse::<LedgerName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn only_what_settled_is_ready_for_an_audit() {
        for (state, before, after) in [
            ("accepted", "open", "open"),
            ("routed", "open", "open"),
            ("rejected", "rejected", "rejected"),
            ("voided", "voided", "voided"),
            ("synchronized", "pending", "audit_ready"),
            ("evidenced", "pending", "audit_ready"),
            ("reversed", "pending", "audit_ready"),
            ("paid_out", "pending", "audit_ready"),
        ] {
            assert_eq!((status(state, false), status(state, true)), (before, after), "{state}");
        }
    }
}
