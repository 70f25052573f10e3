//! What the docs say of batches: docs/reference/batch.md.

use super::intents::{Intents, Stage, Taken, When};
use zentra_engine::{BatchItem, IntentBatch, NO_TERMS, PartyAt};
use zentra_events::{AccountCode, IntentId};
use zentra_ledger::IntentRequest;

/// An item as a request of its own.
pub(super) struct Item {
    pub(super) id: IntentId,
    pub(super) digest: [u8; 16],
    pub(super) request: Option<IntentRequest>,
    pub(super) linked: bool,
}

/// The items of a batch.
pub(super) fn items(batch: &IntentBatch) -> Vec<Item> {
    batch.items.iter().map(|item| read(batch, item)).collect()
}

fn read(batch: &IntentBatch, item: &BatchItem) -> Item {
    let code = |party: PartyAt| -> AccountCode {
        match party {
            PartyAt::Code(at) => at.of(&batch.text).parse().expect("the workload names codes"),
            PartyAt::Number(_) => unreachable!("the workload names codes"),
        }
    };
    let terms = batch.terms.get(usize::from(item.terms)).filter(|_| item.terms != NO_TERMS);
    let request = terms.map(|terms| IntentRequest {
        amount: item.amount,
        currency: terms.currency,
        source: code(item.source),
        destination: code(item.destination),
        corridor: terms.corridor.clone(),
        capture: terms.capture,
        effective_at: terms.effective_at,
        metadata: terms.metadata.clone(),
    });
    let id = item.id.of(&batch.text).parse().expect("the workload names intents");
    Item { id, digest: item.digest, request, linked: item.linked }
}

/// Where the group of the item at `start` ends.
pub(super) fn group_end(items: &[Item], start: usize) -> usize {
    let rest = items.get(start..).unwrap_or_default();
    let linked = rest.iter().take_while(|item| item.linked).count();
    (start + linked + 1).min(items.len())
}

/// Why a group fails: which of its items, and its code. None when all of it succeeds, or when all
/// of it was taken before.
pub(super) fn group_fails(
    money: &Intents,
    group: &[Item],
    when: When,
) -> Option<(usize, &'static str)> {
    let last = group.len().checked_sub(1)?;
    if group[last].linked {
        return Some((last, "validation_failed"));
    }
    let known = |item: &Item| money.all.get(item.id.as_str());
    if group.iter().all(|item| known(item).is_some_and(|known| known.digest == item.digest)) {
        return None;
    }
    if let Some(at) = group.iter().position(|item| known(item).is_some()) {
        return Some((at, "intent_id_reused"));
    }
    let id_is_there_before = |at: usize| group[..at].iter().any(|other| other.id == group[at].id);
    let bad = (0..group.len()).find(|at| group[*at].request.is_none() || id_is_there_before(*at));
    if let Some(bad) = bad {
        return Some((bad, "validation_failed"));
    }
    let mut tried = money.clone();
    group.iter().enumerate().find_map(|(at, item)| {
        match tried.accept(item.id.as_str(), item.digest, item.request.as_ref(), when) {
            Taken::Refused(code) => Some((at, code)),
            Taken::Again(_) => None,
            Taken::New(_) => {
                let intent = &tried.all[item.id.as_str()];
                let lost = matches!(intent.stage, Stage::Rejected | Stage::Voided);
                intent.code.filter(|_| lost).map(|code| (at, code))
            }
        }
    })
}
