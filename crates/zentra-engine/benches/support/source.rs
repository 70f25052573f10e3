//! Intents that nobody asked before: ids that look random and never repeat, over many accounts.
//!
//! Owns how they are drawn: from the hash of a counter, so that every run asks the same. Must not
//! know what becomes of them.

use zentra_engine::{BatchItem, BatchTerms, Command, IntentBatch, PartyAt, Request, TextAt};
use zentra_events::event::Capture;
use zentra_events::{
    AccountCode, AccountNo, ActorName, Amount, Currency, IntentId, RequestId, ScopeNo,
};
use zentra_ledger::digest::{RequestKind, intent_digest, terms_digest};
use zentra_ledger::key_table::{NameKey, intent_key};
use zentra_ledger::{IntentRequest, LedgerCommand};

/// Intents of one iteration.
pub(crate) const INTENTS: usize = 8_189;
/// The scope of everything.
pub(crate) const SCOPE: ScopeNo = ScopeNo(0);
const CORRIDOR: &str = "domestic";
/// Amounts are below it, in minor units.
const AMOUNT_END: u64 = 1_000;

/// An account that intents move money from and to.
pub(crate) struct Party {
    pub(crate) no: AccountNo,
    pub(crate) code: AccountCode,
    pub(crate) key: NameKey,
}

/// Where intents come from.
pub(crate) struct Source {
    parties: Vec<Party>,
    drawn: u64,
}

/// What is different in each intent.
struct Drawn {
    id: String,
    request_id: RequestId,
    amount: Amount,
    source: usize,
    destination: usize,
}

/// What an intent's digest is of.
pub(crate) type Digested = (Amount, NameKey, NameKey, [u8; 16]);

impl Source {
    /// Intents between these accounts, two at least.
    pub(crate) fn new(parties: Vec<Party>) -> Source {
        Source { parties, drawn: 0 }
    }

    /// The intents of one iteration as one batch, their accounts by number.
    pub(crate) fn batch(&mut self) -> IntentBatch {
        let mut text = Vec::new();
        let items = (0..INTENTS)
            .map(|_| {
                let drawn = self.draw();
                let start = text.len() as u32;
                text.extend_from_slice(drawn.id.as_bytes());
                BatchItem {
                    key: intent_key(SCOPE, &drawn.id),
                    digest: self.digest(&drawn),
                    amount: drawn.amount,
                    id: TextAt { start, length: drawn.id.len() as u32 },
                    source: PartyAt::Number(self.parties[drawn.source].no),
                    destination: PartyAt::Number(self.parties[drawn.destination].no),
                    terms: 0,
                    linked: false,
                }
            })
            .collect();
        let terms = BatchTerms {
            currency: currency(),
            corridor: CORRIDOR.to_owned(),
            capture: Capture::Automatic,
            effective_at: None,
            metadata: Vec::new(),
        };
        let (scope, request_id) = (SCOPE, self.draw().request_id);
        let (actor, terms) = (actor(), vec![terms]);
        IntentBatch { scope, actor, key: None, request_id, terms, items, text: text.into() }
    }

    /// The intents of one iteration as one request each, their accounts by code.
    pub(crate) fn requests(&mut self) -> Vec<Request> {
        (0..INTENTS).map(|_| self.request()).collect()
    }

    /// One intent as a request.
    pub(crate) fn request(&mut self) -> Request {
        let drawn = self.draw();
        let details = IntentRequest {
            amount: drawn.amount,
            currency: currency(),
            source: self.parties[drawn.source].code.clone(),
            destination: self.parties[drawn.destination].code.clone(),
            corridor: CORRIDOR.to_owned(),
            capture: Capture::Automatic,
            effective_at: None,
            metadata: Vec::new(),
        };
        let intent_id: IntentId = drawn.id.parse().expect("hexadecimal digits make an intent id");
        let (digest, details) = (self.digest(&drawn), Some(details));
        Request {
            scope: SCOPE,
            actor: actor(),
            key: None,
            request_id: drawn.request_id,
            cause: None,
            idempotency: None,
            command: Command::Ledger(LedgerCommand::AcceptIntent { intent_id, digest, details }),
        }
    }

    /// The ids of one iteration.
    pub(crate) fn ids(&mut self) -> Vec<String> {
        (0..INTENTS).map(|_| self.draw().id).collect()
    }

    /// What the digests of one iteration are of.
    pub(crate) fn digested(&mut self) -> Vec<Digested> {
        (0..INTENTS)
            .map(|_| {
                let drawn = self.draw();
                self.facts(&drawn)
            })
            .collect()
    }

    fn draw(&mut self) -> Drawn {
        self.drawn += 1;
        let hash = blake3::hash(&self.drawn.to_le_bytes());
        let (words, _) = hash.as_bytes().as_chunks::<8>();
        let word = |index: usize| u64::from_le_bytes(words[index]);
        let (first, second, third, choice) = (word(0), word(1), word(2), word(3));
        let parties = self.parties.len();
        let source = third as usize % parties;
        let apart = 1 + choice as usize % (parties - 1);
        Drawn {
            id: uuid_like(first, second),
            request_id: RequestId((u128::from(third) << 64 | u128::from(choice)).to_le_bytes()),
            amount: Amount(u128::from(1 + first % (AMOUNT_END - 1))),
            source,
            destination: (source + apart) % parties,
        }
    }

    fn digest(&self, drawn: &Drawn) -> [u8; 16] {
        let (amount, source, destination, terms) = self.facts(drawn);
        intent_digest(RequestKind::Acceptance, amount, &source, &destination, &terms)
    }

    fn facts(&self, drawn: &Drawn) -> Digested {
        let terms = terms_digest(currency(), CORRIDOR, Capture::Automatic, None, &[]);
        let key = |party: usize| self.parties[party].key;
        (drawn.amount, key(drawn.source), key(drawn.destination), terms)
    }
}

/// The currency of everything.
pub(crate) fn currency() -> Currency {
    "EUR".parse().expect("it is a currency's code")
}

/// Who asks.
pub(crate) fn actor() -> ActorName {
    "svc_runtime".parse().expect("it is an actor's name")
}

/// A text in the shape of a UUID.
fn uuid_like(high: u64, low: u64) -> String {
    let (first, second, third) = (high >> 32, high >> 16 & 0xffff, high & 0xffff);
    let (fourth, fifth) = (low >> 48, low & 0xffff_ffff_ffff);
    format!("{first:08x}-{second:04x}-{third:04x}-{fourth:04x}-{fifth:012x}")
}
