//! The page's evidence row, and the ledger entry that it names.
//!
//! Owns the row's words: what it says is true of the intent's state, and each thing that it names
//! has a path. Must not know how a checkpoint is proved.

use crate::respond::intent::{ledger_entries, rejection, void};
use crate::respond::intent_history::{IntentHistory, PathStep};
use crate::respond::rendering::Rendering;
use crate::time::in_seconds;
use data_encoding::BASE64;
use std::str::FromStr;
use zentra_api_types::{
    EvidenceLinks, EvidenceStatus, InclusionProof, IntentEvidence, IntentState, LedgerEntry,
    RecordedLeg, SignatureStatus,
};
use zentra_events::event::CheckV1;
use zentra_events::{Event, IntentId};
use zentra_sealer::InclusionEvidence;

/// How far a checkpoint has an intent.
pub(crate) struct Proved {
    /// How many entries of the scope the last checkpoint covers.
    pub(crate) tree_size: u64,
    /// The public key that verifies it.
    pub(crate) vkey: String,
    /// The proof of the entry that ran the intent, where there is one.
    pub(crate) inclusion: Option<InclusionEvidence>,
}

/// The page's evidence row, with what proves it.
pub(crate) fn evidence_row(
    r: &Rendering<'_>,
    history: &IntentHistory,
    proved: Proved,
) -> IntentEvidence {
    let run = history.run();
    let state = history.progress().state(proved.tree_size);
    let sealed = history.last().scope_number.0 < proved.tree_size;
    let verified = proved.inclusion.as_ref().is_some_and(|proof| proof.verified);
    let ledger = history.reached(PathStep::Ledgered).map(|_| LedgerName(history.intent_id.clone()));
    IntentEvidence {
        actor: r.actor(run.actor),
        scope: r.scope(run.scope),
        timestamp: in_seconds(run.recorded_at),
        policy: decisive(history.checks()).map(policy_word),
        policy_detail: policy_detail(history),
        intent: history.intent_id.clone(),
        state,
        signature: if verified { SignatureStatus::Verified } else { SignatureStatus::Pending },
        ledger: ledger.as_ref().map(ToString::to_string),
        status: status(state, verified && sealed),
        sealed,
        links: EvidenceLinks {
            scope: "/quotas".into(),
            policy: "/policy".into(),
            intent: format!("/intents/{}", history.intent_id),
            signature: "/checkpoint".into(),
            ledger: ledger.map(|name| format!("/entries/{name}")),
        },
        rejection: rejection(history),
        void: void(history),
        position: run.position,
        scope_number: run.scope_number,
        vkey: proved.vkey,
        checkpoint: proved.inclusion.as_ref().map(|proof| proof.note.clone()),
        inclusion: proved.inclusion.map(inclusion),
    }
}

/// A proof that an entry is in its scope's tree.
fn inclusion(proof: InclusionEvidence) -> InclusionProof {
    InclusionProof {
        tree_size: proof.tree_size,
        leaf_index: proof.leaf_index,
        leaf: proof.leaf,
        hashes: proof.proof.iter().map(|hash| BASE64.encode(hash)).collect(),
        tlog_proof: proof.proof_text,
    }
}

/// What the row comes to. Only what was settled is ready for an audit, once a checkpoint that
/// verifies covers all of it; what never settled says how it ended, what may still settle is open.
fn status(state: IntentState, proved: bool) -> EvidenceStatus {
    use IntentState as S;
    match state {
        S::Rejected => EvidenceStatus::Rejected,
        S::Voided => EvidenceStatus::Voided,
        S::Synchronized | S::Evidenced | S::Reversed | S::PaidOut if proved => {
            EvidenceStatus::AuditReady
        }
        S::Synchronized | S::Evidenced | S::Reversed | S::PaidOut => EvidenceStatus::Pending,
        S::Accepted | S::Controlled | S::Ledgered | S::Routed => EvidenceStatus::Open,
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
fn policy_detail(history: &IntentHistory) -> String {
    let version = history.events().find_map(|(_, event)| match event {
        Event::IntentControlled(body) => Some(body.policy_version),
        _ => None,
    });
    match (version, decisive(history.checks())) {
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
pub(crate) fn ledger_entry(r: &Rendering<'_>, history: &IntentHistory) -> LedgerEntry {
    let legs = history.events().filter_map(|(header, event)| match event {
        Event::LedgerPosted(body) => Some(RecordedLeg {
            leg: body.leg.into(),
            position: header.position,
            recorded_at: header.recorded_at.into(),
        }),
        _ => None,
    });
    LedgerEntry {
        name: LedgerName(history.intent_id.clone()).to_string(),
        intent: history.intent_id.clone(),
        scope: r.scope(history.last().scope),
        legs: legs.collect(),
        ledger_entries: ledger_entries(r, history),
        position: history.last().position,
    }
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
            let known = IntentState::of(state).unwrap();
            let words = [false, true].map(|proved| status(known, proved).as_str());
            assert_eq!(words, [before, after], "{state}");
        }
    }
}
