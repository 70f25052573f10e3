//! Batches of intents as they come out of a request's body: texts side by side, keys and digests.

use zentra_engine::{BatchItem, BatchTerms, IntentBatch, PartyAt, TextAt};
use zentra_events::event::Capture;
use zentra_events::{AccountCode, Amount, RequestId, ScopeNo};
use zentra_ledger::digest::{RequestKind, intent_digest, terms_digest};
use zentra_ledger::key_table::{account_key, intent_key};

/// One item of a batch.
#[derive(Clone, Debug)]
pub struct PlainItem {
    /// The intent's id.
    pub id: String,
    /// EUR cents.
    pub amount: u128,
    /// From which account to which.
    pub parties: [String; 2],
    /// The index of its terms.
    pub terms: u16,
    /// Whether it is in one group with the next item.
    pub linked: bool,
}

impl PlainItem {
    /// Under the first terms, linked to nothing.
    pub fn new(id: impl Into<String>, amount: u128, source: &str, destination: &str) -> PlainItem {
        let parties = [source.to_owned(), destination.to_owned()];
        PlainItem { id: id.into(), amount, parties, terms: 0, linked: false }
    }
}

/// Terms of EUR.
pub fn terms(capture: Capture, metadata: Vec<(String, String)>) -> BatchTerms {
    let (currency, corridor) = ("EUR".parse().unwrap(), "default".into());
    BatchTerms { currency, corridor, capture, effective_at: None, metadata }
}

/// The batch of a scope; none of its terms is missing.
pub fn batch(scope: ScopeNo, terms: Vec<BatchTerms>, wishes: &[PlainItem]) -> IntentBatch {
    let mut text = String::new();
    let mut put = |piece: &str| {
        let start = text.len() as u32;
        text.push_str(piece);
        TextAt { start, length: piece.len() as u32 }
    };
    let items = wishes.iter().map(|wish| {
        let keys = wish.parties.each_ref().map(|code| {
            let code: AccountCode = code.parse().unwrap();
            account_key(scope, code.as_str())
        });
        let asked = &terms[usize::from(wish.terms)];
        let BatchTerms { currency, corridor, capture, effective_at, metadata } = asked;
        let shared = terms_digest(*currency, corridor, *capture, *effective_at, metadata);
        let amount = Amount(wish.amount);
        let digest = intent_digest(RequestKind::Acceptance, amount, &keys[0], &keys[1], &shared);
        let [source, destination] =
            wish.parties.each_ref().map(|code| PartyAt::Code(put(code.as_str())));
        let (key, id) = (intent_key(scope, &wish.id), put(&wish.id));
        let (terms, linked) = (wish.terms, wish.linked);
        BatchItem { key, digest, amount, id, source, destination, terms, linked }
    });
    let items = items.collect();
    let (actor, request_id) = ("svc_batch".parse().unwrap(), RequestId([3; 16]));
    IntentBatch { scope, actor, key: None, request_id, terms, items, text: text.into() }
}
