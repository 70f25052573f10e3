//! Batches of intents: what one request asks, and what becomes of each item.
//!
//! Owns the shapes. Must not know how items are decided, the bytes of a batch, nor how its entries
//! are stored.

use bytes::Bytes;
use zentra_events::event::Capture;
use zentra_events::{
    AccountNo, ActorName, Amount, Currency, EntryRef, IntentId, KeyId, Position, Refusal,
    RequestId, ScopeNo, Timestamp,
};
use zentra_ledger::IntentState;
use zentra_ledger::key_table::NameKey;

/// Items that one linked group has at most.
pub const GROUP_ITEMS_MAX: usize = 1_024;

/// A batch, decoded and checked by the shell: its texts are names of the contract.
#[derive(Clone, Debug)]
pub struct IntentBatch {
    /// The scope it is about.
    pub scope: ScopeNo,
    /// Who asks.
    pub actor: ActorName,
    /// The API key that it is asked with, as in [`Request::key`].
    pub key: Option<KeyId>,
    /// The request's id.
    pub request_id: RequestId,
    /// What many items have in common.
    pub terms: Vec<BatchTerms>,
    /// The intents, in the order of their deciding.
    pub items: Vec<BatchItem>,
    /// Where the texts of the items stand.
    pub text: Bytes,
}

/// What many items of a batch have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchTerms {
    /// Of what.
    pub currency: Currency,
    /// The corridor that a route must serve.
    pub corridor: String,
    /// Settle at once, or hold.
    pub capture: Capture,
    /// When the movement counts, if not when it is recorded.
    pub effective_at: Option<Timestamp>,
    /// The caller's pairs.
    pub metadata: Vec<(String, String)>,
}

/// One item of a batch.
#[derive(Clone, Copy, Debug)]
pub struct BatchItem {
    /// The key of its intent id.
    pub key: NameKey,
    /// Its request's digest.
    pub digest: [u8; 16],
    /// How much, in minor units.
    pub amount: Amount,
    /// Its intent id.
    pub id: TextAt,
    /// Whose money.
    pub source: PartyAt,
    /// Who receives it when it is paid out.
    pub destination: PartyAt,
    /// Which terms; [`NO_TERMS`] for an intent that waits for its confirmation.
    pub terms: u16,
    /// Whether it succeeds or fails together with the next item.
    pub linked: bool,
}

/// Stands for no terms in a [`BatchItem`].
pub const NO_TERMS: u16 = u16::MAX;

/// A piece of a batch's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextAt {
    /// Where it starts, in bytes.
    pub start: u32,
    /// How many bytes it has.
    pub length: u32,
}

/// An account as an item names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartyAt {
    /// By number. It may be of another scope: that is for the engine to refuse.
    Number(AccountNo),
    /// By code.
    Code(TextAt),
}

/// What became of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemOutcome {
    /// The intent is new, and this entry has it.
    Created(Position),
    /// The same intent was taken before, by this entry; and what became of it since.
    Replayed(Position, Past),
    /// Recorded as refused for good, or given up for want of a route: no money moved.
    Rejected(Position, Box<Refusal>),
    /// Nothing was recorded.
    Refused(Box<Refusal>),
}

/// How far an intent has come that was taken before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Past {
    /// Its state.
    pub state: IntentState,
    /// The last entry of its stream: of a rejected or a voided one, the entry that says why.
    pub last: Position,
}

/// Where the entries of a batch go, in log order.
pub trait EntrySink {
    /// An entry.
    fn entry(&mut self, entry: EntryRef<'_>);
    /// What follows must become durable together, until [`EntrySink::group_ends`].
    fn group_starts(&mut self);
    /// The group is complete.
    fn group_ends(&mut self);
    /// Whether what it holds should be handed on before more comes in.
    fn is_full(&self) -> bool {
        false
    }
}

impl TextAt {
    /// The piece of this text; empty when it is not a text there.
    pub fn of(self, text: &[u8]) -> &str {
        let start = self.start as usize;
        let bytes = text.get(start..start.saturating_add(self.length as usize));
        bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
    }
}

impl IntentBatch {
    /// Where the intent id of each item stands in the text.
    pub fn ids(&self) -> Vec<TextAt> {
        self.items.iter().map(|item| item.id).collect()
    }

    pub(crate) fn text(&self, at: TextAt) -> &str {
        at.of(&self.text)
    }

    pub(crate) fn intent_id(&self, item: &BatchItem) -> IntentId {
        self.text(item.id).parse().expect("the shell checks the names of a batch")
    }
}
