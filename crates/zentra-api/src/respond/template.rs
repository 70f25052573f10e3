//! Answers that tell settled transfers, from a template.
//!
//! The answer to an intent of the fast path is long, and most of it is the same for every one in
//! the same terms. So the renderer shows one with marked values, and every other answer is its
//! text with the values put in: the same bytes, without rendering. Owns the marks and the templates
//! that were made. Must not know what an answer looks like.

use crate::problem::Problem;
use crate::respond::answer::respond;
use crate::respond::rendering::{Hints, Rendering};
use data_encoding::HEXLOWER;
use std::sync::{Arc, PoisonError, RwLock};
use zentra_api_types::Instant;
use zentra_env::Env;
use zentra_events::{
    AccountNo, ActorNo, Amount, Entry, EventId, Header, IntentNo, Names, Position, RequestId,
    ScopeNo, ScopeNumber, SettledFacts, SettledTerms, SettledTransfer, Timestamp,
};
use zentra_keyring::Keyring;
use zentra_runtime::SharedNames;

/// Templates that are kept.
const TEMPLATES_MAX: usize = 64;

/// What is different in every answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    IntentId,
    Source,
    Destination,
    Amount,
    Position,
    ScopeNumber,
    RecordedAt,
    RequestId,
    EventId,
}

const INTENT_ID: &str = "zentra.slot.intent.e1c9";
const SOURCE: (AccountNo, &str) = (AccountNo(u32::MAX - 1), "zentra.slot.source.e1c9");
const DESTINATION: (AccountNo, &str) = (AccountNo(u32::MAX - 2), "zentra.slot.destination.e1c9");
const AMOUNT: Amount = Amount(31_415_926_535_897_932_384_626_433_832_795);
const POSITION: Position = Position(7_301_845_092_847_163_529);
const SCOPE_NUMBER: ScopeNumber = ScopeNumber(6_412_907_385_120_948_371);
const RECORDED_AT: Timestamp = Timestamp(1_234_567_890_987_654_321);
const REQUEST_ID: RequestId = RequestId([0xe1; 16]);
/// Where a settled transfer publishes its event.
const PUBLISHED_INDEX: u16 = 5;

/// The templates of a server.
#[derive(Default)]
pub(crate) struct Templates {
    made: RwLock<Vec<Made>>,
}

struct Made {
    terms: Arc<SettledTerms>,
    scope: ScopeNo,
    actor: ActorNo,
    template: Arc<Template>,
}

struct Template {
    /// Each piece of text with the slot that follows it.
    pieces: Vec<(String, Slot)>,
    tail: String,
}

impl Templates {
    /// The JSON text that answers the command which made the entry with this settled transfer.
    ///
    /// # Errors
    /// When it cannot be rendered.
    pub(crate) fn answer(
        &self,
        (header, transfer): (&Header, &SettledTransfer),
        partition: u16,
        names: &SharedNames,
        (env, keyring): (&Env, &Keyring),
    ) -> Result<String, Problem> {
        let template = match self.find(header, transfer) {
            Some(known) => known,
            None => self.make((header, transfer), partition, names, (env, keyring))?,
        };
        Ok(template.fill((header, transfer), partition, names))
    }

    fn find(&self, header: &Header, transfer: &SettledTransfer) -> Option<Arc<Template>> {
        let made = self.made.read().unwrap_or_else(PoisonError::into_inner);
        let found = made.iter().find(|made| {
            Arc::ptr_eq(&made.terms, &transfer.terms)
                && made.scope == header.scope
                && made.actor == header.actor
        })?;
        Some(Arc::clone(&found.template))
    }

    fn make(
        &self,
        (header, transfer): (&Header, &SettledTransfer),
        partition: u16,
        names: &SharedNames,
        (env, keyring): (&Env, &Keyring),
    ) -> Result<Arc<Template>, Problem> {
        let names = MarkedNames(names);
        let r = Rendering {
            env,
            partition,
            names: &names,
            log: &|_| Ok(None),
            keyring,
            hints: &Hints::default(),
        };
        let answer = respond(&r, &Arc::new(marked(header, transfer)))?;
        let template = Arc::new(Template::of(&answer.text, partition));
        let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
        if made.len() >= TEMPLATES_MAX {
            made.remove(0);
        }
        made.push(Made {
            terms: Arc::clone(&transfer.terms),
            scope: header.scope,
            actor: header.actor,
            template: Arc::clone(&template),
        });
        Ok(template)
    }
}

impl Template {
    fn of(mut text: &str, partition: u16) -> Template {
        let marks = marks(partition);
        let mut pieces = Vec::new();
        loop {
            let found = marks.iter().filter_map(|(mark, slot)| {
                text.find(mark.as_str()).map(|at| (at, mark.len(), *slot))
            });
            let Some((at, length, slot)) = found.min_by_key(|(at, ..)| *at) else { break };
            pieces.push((text[..at].to_owned(), slot));
            text = &text[at + length..];
        }
        Template { pieces, tail: text.to_owned() }
    }

    fn fill(
        &self,
        (header, transfer): (&Header, &SettledTransfer),
        partition: u16,
        names: &SharedNames,
    ) -> String {
        let facts = &transfer.facts;
        let accounts = names.accounts();
        let code = |account| accounts.code(account).map_or("", |code| code.as_str());
        // None of these needs an escape in JSON: names have plain alphabets.
        let amount = facts.amount.to_string();
        let position = header.position.get().to_string();
        let number = header.scope_number.0.to_string();
        let recorded_at = Instant(header.recorded_at).to_string();
        let request_id = HEXLOWER.encode(&header.request_id.0);
        let event_id = EventId::at(partition, header.position, PUBLISHED_INDEX).to_string();
        let mut text = String::with_capacity(4_096);
        for (piece, slot) in &self.pieces {
            text.push_str(piece);
            text.push_str(match slot {
                Slot::IntentId => transfer.intent_id.as_str(),
                Slot::Source => code(facts.source),
                Slot::Destination => code(facts.destination),
                Slot::Amount => &amount,
                Slot::Position => &position,
                Slot::ScopeNumber => &number,
                Slot::RecordedAt => &recorded_at,
                Slot::RequestId => &request_id,
                Slot::EventId => &event_id,
            });
        }
        text.push_str(&self.tail);
        text
    }
}

/// One in the same terms with a mark for every value.
fn marked(header: &Header, transfer: &SettledTransfer) -> Entry {
    let header = Header {
        position: POSITION,
        scope_number: SCOPE_NUMBER,
        recorded_at: RECORDED_AT,
        request_id: REQUEST_ID,
        idempotency: None,
        ..*header
    };
    let facts = SettledFacts {
        intent: IntentNo(0),
        digest: [0; 16],
        amount: AMOUNT,
        source: SOURCE.0,
        destination: DESTINATION.0,
        ..transfer.facts
    };
    let intent_id = INTENT_ID.parse().expect("the mark is an intent id");
    let (terms, marks) = (Arc::clone(&transfer.terms), Vec::new());
    Entry::of_settled(header, SettledTransfer { intent_id, facts, terms, marks })
}

fn marks(partition: u16) -> [(String, Slot); 9] {
    [
        (INTENT_ID.to_owned(), Slot::IntentId),
        (SOURCE.1.to_owned(), Slot::Source),
        (DESTINATION.1.to_owned(), Slot::Destination),
        (AMOUNT.to_string(), Slot::Amount),
        (POSITION.get().to_string(), Slot::Position),
        (SCOPE_NUMBER.0.to_string(), Slot::ScopeNumber),
        (Instant(RECORDED_AT).to_string(), Slot::RecordedAt),
        (HEXLOWER.encode(&REQUEST_ID.0), Slot::RequestId),
        (EventId::at(partition, POSITION, PUBLISHED_INDEX).to_string(), Slot::EventId),
    ]
}

/// Marks for the two accounts that differ, and everything else by its name.
struct MarkedNames<'a>(&'a SharedNames);

impl Names for MarkedNames<'_> {
    fn scope(&self, scope: ScopeNo) -> Option<String> {
        self.0.scope(scope)
    }
    fn actor(&self, actor: ActorNo) -> Option<String> {
        self.0.actor(actor)
    }
    fn account(&self, account: AccountNo) -> Option<String> {
        match account {
            account if account == SOURCE.0 => Some(SOURCE.1.to_owned()),
            account if account == DESTINATION.0 => Some(DESTINATION.1.to_owned()),
            account => self.0.account(account),
        }
    }
}
