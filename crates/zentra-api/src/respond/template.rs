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
        match self.find(header, transfer) {
            Some(known) => Ok(known.fill((header, transfer), partition, names)),
            None => self.make((header, transfer), partition, names, (env, keyring)),
        }
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

    /// The answer as the renderer makes it. Its template is kept where it shows the same: a name
    /// that looks like a mark would be taken for one.
    fn make(
        &self,
        (header, transfer): (&Header, &SettledTransfer),
        partition: u16,
        names: &SharedNames,
        (env, keyring): (&Env, &Keyring),
    ) -> Result<String, Problem> {
        let rendered = |names: &dyn Names, entry: Entry| {
            let (log, hints) = (&|_| Ok(None), &Hints::default());
            let r = Rendering { env, partition, names, log, keyring, hints };
            respond(&r, &Arc::new(entry)).map(|answer| answer.text)
        };
        let marked = rendered(&MarkedNames(names), marked(header, transfer))?;
        let text = rendered(names, Entry::of_settled(*header, transfer.clone()))?;
        let template = Arc::new(Template::of(&marked, partition));
        if template.fill((header, transfer), partition, names) == text {
            self.keep(header, transfer, template);
        }
        Ok(text)
    }

    fn keep(&self, header: &Header, transfer: &SettledTransfer, template: Arc<Template>) {
        let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
        if made.len() >= TEMPLATES_MAX {
            made.remove(0);
        }
        made.push(Made {
            terms: Arc::clone(&transfer.terms),
            scope: header.scope,
            actor: header.actor,
            template,
        });
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

#[cfg(test)]
mod tests {
    use super::*;
    use zentra_events::event::{AccountMarkedV1, CandidateV1, CheckV1};
    use zentra_events::{Cause, Idempotency};
    use zentra_testkit::{made, scope};

    const ENV: fn() -> Env = Env::for_tests;

    struct Judge {
        templates: Templates,
        names: SharedNames,
        keyring: Keyring,
    }

    impl Judge {
        fn new() -> Judge {
            let mut world = made::Made::default();
            world.ask(Timestamp(1), scope("workspace_scope"));
            world.ask(Timestamp(2), made::fund());
            let names = SharedNames::of(&world.engine);
            Judge { templates: Templates::default(), names, keyring: Keyring::from_key([7; 32]) }
        }

        /// What the renderer makes of a settled transfer.
        fn typed(&self, header: &Header, transfer: &SettledTransfer) -> String {
            let env = ENV();
            let r = Rendering {
                env: &env,
                partition: 0,
                names: &self.names,
                log: &|_| Ok(None),
                keyring: &self.keyring,
                hints: &Hints::default(),
            };
            let entry = Entry::of_settled(*header, transfer.clone());
            respond(&r, &Arc::new(entry)).unwrap().text
        }

        /// The answer is that of the renderer, whether its template is new or known.
        fn check(&self, header: &Header, transfer: &SettledTransfer) {
            let typed = self.typed(header, transfer);
            for _ in 0..2 {
                let given = (&ENV(), &self.keyring);
                let told = self.templates.answer((header, transfer), 0, &self.names, given);
                assert_eq!(told.unwrap(), typed);
            }
        }

        fn kept(&self) -> usize {
            self.templates.made.read().unwrap().len()
        }
    }

    fn terms() -> SettledTerms {
        SettledTerms {
            currency: "EUR".parse().unwrap(),
            corridor: "default".into(),
            reserved: AccountNo(0),
            settlement: AccountNo(1),
            policy_version: 0,
            checks: Vec::new(),
            route: "internal".into(),
            rail: "internal".into(),
            candidates: Vec::new(),
            table_version: 0,
        }
    }

    /// Terms of every shape: with and without checks and candidates, with texts that JSON escapes.
    fn all_terms() -> Vec<Arc<SettledTerms>> {
        let amounts = [None, Some(Amount::ZERO), Some(Amount::MAX)];
        let check = |limit, used| CheckV1 { name: "velocity".into(), passed: true, limit, used };
        let checks: Vec<CheckV1> =
            amounts.iter().flat_map(|limit| amounts.map(|used| check(*limit, used))).collect();
        let candidate = |why: Option<&str>| CandidateV1 {
            route: "a \"b\"".into(),
            refused_because: why.map(str::to_owned),
        };
        let candidates = vec![candidate(None), candidate(Some("over \u{7} its \\ amount_max"))];
        let corridor = "ein \"Korridor\"\n\u{1f600}".to_owned();
        let all = [
            terms(),
            SettledTerms { currency: "JPY".parse().unwrap(), ..terms() },
            SettledTerms { policy_version: 3, checks: checks[..1].to_vec(), ..terms() },
            SettledTerms { policy_version: u32::MAX, checks, ..terms() },
            SettledTerms { table_version: 1, candidates: candidates[..1].to_vec(), ..terms() },
            SettledTerms { corridor, candidates, rail: "\t".into(), ..terms() },
        ];
        all.map(Arc::new).into()
    }

    fn facts(amount: u128) -> SettledFacts {
        SettledFacts {
            intent: IntentNo(3),
            digest: [4; 16],
            amount: Amount(amount),
            source: AccountNo(1),
            destination: AccountNo(0),
            source_prev: Position(1),
            reserved_prev: Position(2),
            settlement_prev: Position(3),
        }
    }

    fn headers() -> [Header; 3] {
        let first = Header { recorded_at: Timestamp(1), ..Header::EMPTY };
        let keyed = Header {
            position: Position(999_999),
            scope_number: ScopeNumber(7),
            recorded_at: Timestamp(1_777_212_729_123_456_789),
            request_id: RequestId([0xfe; 16]),
            idempotency: Some(Idempotency { key: [1; 16], fingerprint: [2; 16] }),
            ..Header::EMPTY
        };
        let last = Header {
            position: Position(u64::MAX >> 1),
            scope_number: ScopeNumber(u64::MAX),
            recorded_at: Timestamp(1_777_212_729_000_000_000),
            cause: Cause::default(),
            ..keyed
        };
        [first, keyed, last]
    }

    #[test]
    fn the_answer_is_that_of_the_renderer_byte_for_byte_in_every_shape() {
        let judge = Judge::new();
        let mark = |number| AccountMarkedV1 {
            account: AccountNo(1),
            number,
            debits: Amount(5),
            credits: Amount::MAX,
            back: vec![Position(1)],
        };
        let all = all_terms();
        for terms in &all {
            for header in headers() {
                for amount in [1, 125_000, Amount::MAX.0] {
                    for marks in [vec![], vec![mark(1)], vec![mark(8), mark(9)]] {
                        let facts = facts(amount);
                        let intent_id = "intent_042".parse().unwrap();
                        let terms = Arc::clone(terms);
                        let transfer = SettledTransfer { intent_id, facts, terms, marks };
                        judge.check(&header, &transfer);
                    }
                }
            }
        }
        assert_eq!(judge.kept(), all.len(), "one each");
    }

    #[test]
    fn names_that_look_like_marks_are_shown_as_they_are() {
        let judge = Judge::new();
        let transfer = |terms: SettledTerms| SettledTransfer {
            intent_id: SOURCE.1.parse().unwrap(),
            facts: facts(125_000),
            terms: Arc::new(terms),
            marks: Vec::new(),
        };
        let header = headers()[1];
        judge.check(&header, &transfer(terms()));
        assert_eq!(judge.kept(), 1, "an intent may be called after a mark");
        let corridor = DESTINATION.1.to_owned();
        judge.check(&header, &transfer(SettledTerms { corridor, ..terms() }));
        let rail = AMOUNT.to_string();
        judge.check(&header, &transfer(SettledTerms { rail, ..terms() }));
        assert_eq!(judge.kept(), 1, "no template of those");
    }
}
