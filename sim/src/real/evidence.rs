//! Evidence of intents, checked offline as docs/concepts/evidence.md says to an auditor.
//!
//! The tree is computed here; the signature is checked by the product's own verifier, which the
//! judges of the repository check in their turn.

use super::driver::{Driver, PATIENCE};
use super::shown::same;
use crate::failure::{Checked, fail, must};
use crate::oracle::Stage;
use data_encoding::BASE64;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;
use zentra_evidence::note::VerifierKey;
use zentra_evidence::proof::verify_proof;

/// Intents of a scope whose evidence is looked at.
const LOOKED_AT: usize = 12;

impl Driver {
    /// Evidence of some intents: what settled is ready for an audit, and each proof holds.
    pub(super) fn evidence_is_shown(&mut self, scope: usize) -> Checked {
        self.head_is_shown(scope)?;
        let all = &self.follower.oracle.model.scopes[scope].money.all;
        let known: Vec<(String, Stage, u128)> =
            all.iter().map(|(id, one)| (id.clone(), one.stage, one.settled)).collect();
        for _ in 0..LOOKED_AT.min(known.len()) {
            let (id, stage, settled) = self.streams.schedule.pick(&known).clone();
            let row = self.get(scope, &format!("/intents/{id}/evidence"))?;
            let status = match stage {
                _ if settled > 0 => "audit_ready",
                Stage::Rejected => "rejected",
                Stage::Voided => "voided",
                _ => "open",
            };
            same(&id, &row["status"], &json!(status))?;
            must(proves(&row), || format!("{id}: the evidence does not hold: {row}"))?;
            if let Some(name) = row["ledger"].as_str() {
                let entry = self.get(scope, &format!("/entries/{name}"))?;
                same(name, &entry["intent"], &json!(id))?;
            }
        }
        Ok(())
    }

    /// The newest checkpoint is the last that the log has, once whoever sealed it was answered.
    fn head_is_shown(&mut self, scope: usize) -> Checked {
        let known = self.follower.heads.get(&(scope as u32)).copied();
        let until = self.env.passed() + PATIENCE;
        loop {
            let head = self.get(scope, "/checkpoint")?;
            let Some(known) = known else { return fail(format!("a head of nothing: {head}")) };
            if head["tree_size"] == known {
                return Ok(());
            }
            let late = self.env.passed() > until;
            must(!late, || format!("the head has {known} leaves, and is shown as {head}"))?;
            self.lands_within(Duration::from_millis(5))?;
        }
    }
}

/// Whether a leaf is under a checkpoint, and that is signed.
fn proves(row: &Value) -> bool {
    let inclusion = &row["inclusion"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (leaf, proof) = (text(&inclusion["leaf"]), text(&inclusion["tlog_proof"]));
    let hashes = inclusion["hashes"].as_array().cloned().unwrap_or_default();
    let hashes: Vec<Vec<u8>> =
        hashes.iter().filter_map(|hash| BASE64.decode(text(hash).as_bytes()).ok()).collect();
    let checkpoint = text(&row["checkpoint"]);
    let mut lines = checkpoint.lines().skip(1);
    let size = lines.next().and_then(|size| size.parse().ok()).unwrap_or(0_u64);
    let root = BASE64.decode(lines.next().unwrap_or_default().as_bytes()).unwrap_or_default();
    let index = inclusion["leaf_index"].as_u64().unwrap_or(u64::MAX);
    let told: Value = serde_json::from_str(&leaf).unwrap_or_default();
    let key = text(&row["vkey"]).parse::<VerifierKey>();
    index < size
        && told["scope_number"] == row["scope_number"]
        && told["scope_number"] == index
        && told["position"] == row["position"]
        && root_of(&leaf, index, size, &hashes).as_deref() == Some(&root[..])
        && key.is_ok_and(|key| verify_proof(&proof, &leaf, &key).is_ok())
}

/// The root that a leaf and the hashes beside its way up lead to (RFC 9162, section 2.1.3.2).
fn root_of(leaf: &str, index: u64, size: u64, hashes: &[Vec<u8>]) -> Option<Vec<u8>> {
    let (mut at, mut last) = (index, size.checked_sub(1)?);
    let node = |left: &[u8], right: &[u8]| {
        Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().to_vec()
    };
    let mut found = Sha256::new().chain_update([0]).chain_update(leaf).finalize().to_vec();
    for sibling in hashes {
        if last == 0 {
            return None;
        }
        if at % 2 == 1 || at == last {
            found = node(sibling, &found);
            while at.is_multiple_of(2) && at > 0 {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            found = node(&found, sibling);
        }
        (at, last) = (at / 2, last / 2);
    }
    (last == 0).then_some(found)
}
