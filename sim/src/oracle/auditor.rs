//! The auditor: every answer, and every entry that survives, against the model.
//!
//! It follows the log: what is durable is judged in its order, once. So an outcome that nobody was
//! told is neither right nor wrong until it is known: a request whose answer was lost has happened
//! if its entry is there, and has not if it is not; both are right, and a repeat must say the same.

use super::contents::are_as_asked;
use super::evidence::EvidenceModel;
use super::fact::Fact;
use super::intents::{Taken, When};
use super::listing::Listing;
use super::log_time::LogTime;
use super::model::{Model, Scope};
use super::published::Published;
use super::reading::Reading;
use crate::failure::{Checked, fail, must};
use crate::node::{Answer, Decided, Input};
use crate::words;
use std::collections::BTreeMap;
use zentra_engine::{Command, Request};
use zentra_events::{Entry, EventId, Header, Position, Quota, Refusal, RequestId, Span, Timestamp};

/// What a caller learns of a request: the third value of an outcome is that there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    /// The entry that answers it, new or not.
    By(Position),
    Refused(&'static str),
    /// The outcomes of so many items.
    Batch(usize),
}

/// The model, and how far it has followed the log.
pub(crate) struct Oracle {
    pub(crate) model: Model,
    pub(crate) reading: Reading,
    pub(crate) evidence: EvidenceModel,
    pub(crate) listing: Listing,
    /// What was sent, by the number of the sending.
    sent: BTreeMap<u64, Input>,
    /// Sendings that have an entry, or that were refused.
    pub(super) done: BTreeMap<u64, Answered>,
    next: Position,
    pub(super) last: Timestamp,
    scope_numbers: BTreeMap<u32, u64>,
    /// The chain after each frame that was seen durable, by where the frame ends.
    chains: BTreeMap<Position, [u8; 32]>,
    /// How many items of a batch are known, of which entries survived a crash.
    pub(super) survived_items: BTreeMap<u64, usize>,
    answers: u64,
    /// Whether who decided may have had no space for what is answered next.
    pub(crate) lacks_space: bool,
    time: LogTime,
    /// The log's time when a process took each sending.
    arrived: BTreeMap<u64, Timestamp>,
    /// What was published.
    pub(super) published: BTreeMap<EventId, Published>,
    /// What was judged, and is not put into words yet.
    told: Vec<(Position, Vec<Fact>)>,
}

/// How exactly times are compared: entries have whole microseconds, and who reads a clock that is
/// slowed more often loses a nanosecond more often.
const EXACT: Span = Span::millis(1);

/// The id of a sending's request.
pub(crate) fn request_id(sending: u64) -> RequestId {
    RequestId(u128::from(sending).to_be_bytes())
}

/// Which sending an entry is of: what [`request_id`] was given.
pub(crate) fn sending_of(header: &Header) -> u64 {
    u128::from_be_bytes(header.request_id.0) as u64
}

impl Oracle {
    /// The log is empty.
    pub(crate) fn new() -> Oracle {
        Oracle {
            model: Model::default(),
            reading: Reading::default(),
            evidence: EvidenceModel::new(),
            listing: Listing::default(),
            sent: BTreeMap::new(),
            done: BTreeMap::new(),
            next: Position::ZERO,
            last: Timestamp(0),
            scope_numbers: BTreeMap::new(),
            chains: BTreeMap::new(),
            survived_items: BTreeMap::new(),
            answers: 0,
            lacks_space: false,
            time: LogTime::default(),
            arrived: BTreeMap::new(),
            published: BTreeMap::new(),
            told: Vec::new(),
        }
    }

    /// A request goes out.
    pub(crate) fn sends(&mut self, sending: u64, input: Input) {
        self.sent.insert(sending, input);
    }

    /// A process has taken a request: nothing of it is recorded before.
    pub(crate) fn arrives(&mut self, sending: u64, monotonic: u64) {
        self.arrived.insert(sending, self.time.least(monotonic));
    }

    /// The log's time goes on: an entry is not of a time before its request came, nor of one that
    /// is to come.
    fn is_of_its_time(&self, sending: u64, recorded_at: Timestamp) -> Checked {
        let came = self.arrived.get(&sending).copied().unwrap_or_default();
        must(recorded_at.after(EXACT) >= came, || {
            format!("what came at {came} is recorded at {recorded_at}: the log's time stands still")
        })?;
        let now = self.time.now().max(self.last);
        must(recorded_at <= now.after(EXACT), || {
            format!("recorded at {recorded_at}, and it is {now}: the log's time is ahead")
        })
    }

    /// What was sent.
    pub(super) fn sent(&self, sending: u64) -> Option<&Input> {
        self.sent.get(&sending)
    }

    /// The position up to which everything is known.
    pub(crate) fn next(&self) -> Position {
        self.next
    }

    /// A process starts: the log's time goes on from its last entry.
    pub(crate) fn time_begins(&mut self, monotonic: u64) {
        self.time = LogTime::after(self.last, monotonic);
    }

    /// Something is decided, when the system's clock shows this.
    pub(crate) fn time_passes(&mut self, system: u64, monotonic: u64) {
        self.time.pass(system, monotonic);
    }

    /// The log's time when something was last decided.
    pub(crate) fn time(&self) -> Timestamp {
        self.time.now()
    }

    /// How many answers were judged.
    pub(crate) fn answers(&self) -> u64 {
        self.answers
    }

    /// Something was decided and is durable, with all before it.
    pub(crate) fn decided(&mut self, decided: &Decided) -> Checked<Answered> {
        let Decided { sending, now, answer } = decided;
        self.answers += 1;
        let answered = match (self.sent.get(sending).cloned(), answer) {
            (Some(Input::Command(request)), Answer::Entry(entry)) => {
                self.entry(&request, entry)?;
                Answered::By(entry.header.position)
            }
            (Some(Input::Command(request)), Answer::Repeat(position)) => {
                match self.judge(&request, self.when(self.next, *now)) {
                    Verdict::Again(known) if known == *position => Answered::By(*position),
                    other => {
                        let got = format!("done before by entry {}", position.get());
                        return fail(self.unlike(&request, &other, &got));
                    }
                }
            }
            (Some(Input::Command(request)), Answer::Refused(refusal)) => {
                match self.judge(&request, self.when(self.next, *now)) {
                    Verdict::Refused(code) if code == refusal.code.as_str() => {
                        Answered::Refused(code)
                    }
                    // For want of space it is told, and not kept.
                    Verdict::Facts(facts) if self.lacks_space && is_state(&facts, refusal) => {
                        Answered::Refused(refusal.code.as_str())
                    }
                    other => {
                        let got =
                            format!("refused, {} ({})", refusal.code.as_str(), refusal.detail);
                        return fail(self.unlike(&request, &other, &got));
                    }
                }
            }
            (Some(Input::Intents(batch)), Answer::Items(outcomes, entries)) => {
                self.batch((*sending, &batch), *now, outcomes, entries)?
            }
            (Some(Input::Intents(batch)), Answer::Slices(outcomes)) => {
                self.slices(*sending, &batch, outcomes)?
            }
            _ => return fail(format!("sending {sending} has an answer to something else")),
        };
        self.done.insert(*sending, answered.clone());
        Ok(answered)
    }

    /// An entry that nobody was told of is there after a crash: its outcome is known now.
    pub(crate) fn survived(&mut self, entry: &Entry) -> Checked {
        let sending = sending_of(&entry.header);
        match self.sent.get(&sending).cloned() {
            Some(Input::Command(request)) => {
                self.entry(&request, entry)?;
                self.done.insert(sending, Answered::By(entry.header.position));
                Ok(())
            }
            Some(Input::Intents(batch)) => self.batch_survived((sending, &batch), entry),
            None => {
                let position = entry.header.position.get();
                fail(format!("entry {position} answers nothing that was sent"))
            }
        }
    }

    /// The next entry of the log, of a command.
    fn entry(&mut self, request: &Request, entry: &Entry) -> Checked {
        self.follows(entry)?;
        let header = &entry.header;
        let when = When { position: header.position, recorded_at: header.recorded_at };
        let expected = match self.judge(request, when) {
            Verdict::Facts(facts) => facts,
            other => {
                let got = words::facts(&self.reading.read(entry)?);
                return fail(self.unlike(request, &other, &got));
            }
        };
        let asked = |reading: &Reading| words::command(reading, &request.command);
        self.tells(entry, &expected, asked)?;
        are_as_asked(&request.command, entry)?;
        self.publishes(entry, Some(request), &expected);
        if let Some(asked) = &request.idempotency {
            self.model.keyed.insert(asked.key, (asked.fingerprint, header.position));
            self.model.scopes[header.scope.0 as usize].answers += 1;
        }
        Ok(())
    }

    /// An entry stands where and when the next one must.
    pub(super) fn follows(&mut self, entry: &Entry) -> Checked {
        let header = &entry.header;
        must(header.position == self.next && header.recorded_at >= self.last, || {
            let (position, at) = (header.position.get(), header.recorded_at);
            let (next, last) = (self.next.get(), self.last);
            format!("entry {position} of {at} is read\n  must be {next}, not before {last}")
        })?;
        let sending = sending_of(header);
        must(self.sent.contains_key(&sending), || {
            format!("entry {} answers nothing that was sent", header.position.get())
        })?;
        must(!self.done.contains_key(&sending), || {
            let position = header.position.get();
            format!("sending {sending} has an answer, and has entry {position} too")
        })?;
        self.is_of_its_time(sending, header.recorded_at)?;
        let (scope, number) = (header.scope.0, header.scope_number.0);
        let numbers = self.scope_numbers.entry(scope).or_default();
        must(number == *numbers, || format!("scope {scope}: number {number} follows {numbers}"))?;
        *numbers += 1;
        self.next = header.position.next();
        self.last = header.recorded_at;
        self.time.recorded(self.last);
        Ok(())
    }

    /// An entry tells these facts and no others.
    pub(super) fn tells(
        &mut self,
        entry: &Entry,
        expected: &[Fact],
        whose: impl FnOnce(&Reading) -> String,
    ) -> Checked {
        let told = self.reading.read(entry)?;
        must(same(&told, expected), || {
            let [must, is] = [expected, &told].map(words::facts);
            let position = entry.header.position.get();
            format!(
                "{}\n  must have been: {must}\n  entry {position} tells: {is}",
                whose(&self.reading)
            )
        })?;
        self.told.push((entry.header.position, told));
        Ok(())
    }

    /// What was judged since this was last asked, by position.
    pub(crate) fn told(&mut self) -> Vec<(Position, Vec<Fact>)> {
        std::mem::take(&mut self.told)
    }

    /// When something is recorded that is decided at `now`.
    pub(super) fn when(&self, position: Position, now: Timestamp) -> When {
        When { position, recorded_at: Timestamp(now.0 / 1_000 * 1_000).max(self.last) }
    }

    pub(super) fn judge(&mut self, request: &Request, when: When) -> Verdict {
        if let Some(code) = self.model.turned_away(&self.reading, request) {
            return Verdict::Refused(code);
        }
        let keyed = request.idempotency.as_ref();
        let scope = self.model.scope(request.scope.0);
        if let Some(asked) = keyed
            && let Some((fingerprint, position)) = self.model.keyed.get(&asked.key)
        {
            return match *fingerprint == asked.fingerprint {
                true => Verdict::Again(*position),
                false => Verdict::Refused("idempotency_key_reused"),
            };
        }
        let is_kept = keyed.is_some() && scope.is_some();
        let used_up = |scope: &Scope| scope.answers >= scope.limit(Quota::IdempotencyKeys);
        if is_kept && scope.is_some_and(used_up) {
            return self.not_admitted(request, when);
        }
        match self.model.judge(&self.reading, request, when) {
            Taken::New(facts) => Verdict::Facts(facts),
            Taken::Again(position) => Verdict::Again(position),
            // What time heals is no answer for ever.
            Taken::Refused(code) if is_kept && !HEALS.contains(&code) => {
                Verdict::Facts(vec![Fact::Refused(code)])
            }
            Taken::Refused(code) => Verdict::Refused(code),
        }
    }

    /// A scope may keep no further answer: what was done before is told as ever.
    fn not_admitted(&mut self, request: &Request, when: When) -> Verdict {
        let before = self.model.clone();
        let taken = self.model.judge(&self.reading, request, when);
        self.model = before;
        match (&request.command, taken) {
            (Command::Ledger(_), Taken::Again(position)) => Verdict::Again(position),
            (Command::Ledger(_), Taken::Refused(code))
                if matches!(code, "intent_id_reused" | "invalid_intent_state") =>
            {
                Verdict::Refused(code)
            }
            _ => Verdict::Refused("quota_exceeded"),
        }
    }

    fn unlike(&self, request: &Request, verdict: &Verdict, got: &str) -> String {
        let must = match verdict {
            Verdict::Facts(facts) => words::facts(facts),
            Verdict::Again(position) => format!("done before by entry {}", position.get()),
            Verdict::Refused(code) => format!("refused, {code}"),
        };
        let keyed = if request.idempotency.is_some() { " (with a key)" } else { "" };
        let asked = words::command(&self.reading, &request.command);
        format!("{asked}{keyed}\n  must have been: {must}\n  and it was: {got}")
    }

    /// A frame is durable.
    pub(crate) fn chained(&mut self, ends: Position, chain: [u8; 32]) -> Checked {
        let known = *self.chains.entry(ends).or_insert(chain);
        must(known == chain, || format!("the frame that ends at {} is another one now", ends.get()))
    }

    /// Where frames end.
    pub(crate) fn frame_ends(&self) -> Vec<Position> {
        self.chains.keys().copied().collect()
    }

    /// What was sent, for who judges its answer.
    pub(crate) fn input(&self, sending: u64) -> Option<&Input> {
        self.sent.get(&sending)
    }

    /// A sending was refused for what the world knows of, and nothing was recorded.
    pub(crate) fn is_refused(&mut self, sending: u64, answered: &Answered) {
        self.answers += 1;
        self.done.insert(sending, answered.clone());
    }

    /// Whether a sending was answered, and how.
    pub(crate) fn done(&self, sending: u64) -> Option<&Answered> {
        self.done.get(&sending)
    }
}

/// What is no answer for ever.
const HEALS: [&str; 2] = ["overloaded", "quota_exceeded"];

/// What must become of a request.
pub(super) enum Verdict {
    Facts(Vec<Fact>),
    Again(Position),
    Refused(&'static str),
}

/// Whether an intent's state alone refuses, by this code.
fn is_state(facts: &[Fact], refusal: &Refusal) -> bool {
    let code = refusal.code.as_str();
    matches!(code, "intent_id_reused" | "invalid_intent_state") && facts == [Fact::Refused(code)]
}

/// Whether the same is told, in whatever order.
fn same(told: &[Fact], expected: &[Fact]) -> bool {
    if told == expected {
        return true;
    }
    let (mut told, mut expected): (Vec<&Fact>, Vec<&Fact>) =
        (told.iter().collect(), expected.iter().collect());
    told.sort();
    expected.sort();
    told == expected
}
