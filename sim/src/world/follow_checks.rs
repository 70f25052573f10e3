//! What must hold of evidence at the end.

use super::state::World;
use crate::failure::{Checked, fail, must};
use zentra_events::{ScopeNo, ScopeNumber};
use zentra_sealer::Evidence;

/// Leaves of a scope that are proven, at most.
const PROVEN: usize = 48;

impl World {
    /// Everything is sealed, and everything that is covered is proven.
    pub(super) fn followers_at_the_end(&self) -> Checked {
        let Some(sealer) = &self.followers.sealer else { return Ok(()) };
        must(!sealer.waits() && sealer.reached() == self.oracle.next(), || {
            format!("the trees reach {:?}, the log {:?}", sealer.reached(), self.oracle.next())
        })?;
        for scope in self.oracle.evidence.trees.keys() {
            self.is_evidenced(&sealer.evidence, *scope)?;
        }
        Ok(())
    }

    fn is_evidenced(&self, evidence: &Evidence, scope: ScopeNo) -> Checked {
        let tree = &self.oracle.evidence.trees[&scope];
        let last = tree.notes.last_key_value().map(|(size, note)| (*size, note.clone()));
        let size = last.as_ref().map_or(0, |(size, _)| *size);
        must(size >= tree.to_seal, || {
            format!("{scope:?}: {size} leaves are sealed at the end, of {}", tree.to_seal)
        })?;
        let shown = evidence.checkpoint(scope);
        must(shown == last.map(|(_, note)| note) && evidence.covered(scope) == size, || {
            format!("{scope:?}: {size} leaves are sealed, and it shows {shown:?}")
        })?;
        let step = tree.lines.len().div_ceil(PROVEN);
        for (number, line) in tree.lines.iter().enumerate().step_by(step.max(1)) {
            let number = ScopeNumber(number as u64);
            let proof = evidence.proof(scope, number);
            let proof = proof.or_else(|error| fail(format!("{scope:?} {number:?}: {error}")))?;
            let proven = proof.as_ref().is_some_and(|proof| {
                proof.verified
                    && (proof.tree_size, proof.leaf_index) == (size, number.0)
                    && proof.leaf == *line
                    && tree.includes(number, size, &proof.proof)
            });
            must(proven == (number.0 < size), || {
                format!("{scope:?} {number:?} of {size}: {proof:?}\n  {line}")
            })?;
        }
        Ok(())
    }
}
