//! The judge beside a server: it reads the log while it grows, and gives each entry to the oracle
//! in the log's order.
//!
//! When something was decided that made no entry, nobody sees: it was after all that was in the log
//! when it was asked, and before all that came after its answer. So what it came to must be right
//! at one place between. Owns what was read, and how far it is judged.

use super::effects::Effects;
use super::http::Reply;
use super::own::{self, attempt_of, completed, own_command, replayed, told_code};
use super::receipts::Receipts;
use super::receiver::Receipt;
use super::told::{Told, ToldItem, sending_by, told};
use crate::failure::{Checked, fail, must};
use crate::node::{Input, reread};
use crate::oracle::{Oracle, Would};
use crate::words;
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use zentra_delivery::DeliveryCommand;
use zentra_engine::{Command, Request};
use zentra_events::{Code, Entry, Event, KeyId, Position, Refusal, Timestamp};
use zentra_ledger::LedgerCommand;
use zentra_store::{FileStorage, ReadOnlyLog};

/// How often a log that is written meanwhile is read again when it looks damaged.
const READS_MAX: u32 = 20;

/// What is known of an entry.
pub(super) struct Kept {
    pub(super) sending: u64,
    pub(super) code: Option<&'static str>,
}

/// A request that waits for its answer.
struct Flight {
    /// The log's end when it was sent.
    after: Position,
}

/// An answer that no entry of its own stands for.
struct Open {
    sending: u64,
    after: Position,
    before: Position,
    /// The item, of a batch.
    item: usize,
    would: Would,
}

/// The judge.
pub(super) struct Follower {
    pub(super) oracle: Oracle,
    pub(super) receipts: Receipts,
    pub(super) effects: Effects,
    /// What was read of the log, by position.
    pub(super) kept: Vec<Kept>,
    /// The first entry of each sending.
    first: BTreeMap<u64, Position>,
    /// Read, and not judged yet.
    unjudged: VecDeque<Entry>,
    inputs: BTreeMap<u64, Input>,
    flights: BTreeMap<u64, Flight>,
    open: Vec<Open>,
    /// How many leaves the last head of each scope covers.
    pub(super) heads: BTreeMap<u32, u64>,
    /// Keys that the command line made.
    pub(super) own_keys: Vec<KeyId>,
    /// What the servers' clock shows, when it was last looked at.
    pub(super) now: Timestamp,
}

impl Follower {
    pub(super) fn new() -> Follower {
        Follower {
            oracle: Oracle::new(),
            receipts: Receipts::default(),
            effects: Effects::default(),
            kept: Vec::new(),
            first: BTreeMap::new(),
            unjudged: VecDeque::new(),
            inputs: BTreeMap::new(),
            flights: BTreeMap::new(),
            open: Vec::new(),
            heads: BTreeMap::new(),
            own_keys: Vec::new(),
            now: Timestamp(0),
        }
    }

    fn end(&self) -> Position {
        Position(self.kept.len() as u64)
    }

    /// A request goes out; whether anybody waits for its answer.
    pub(super) fn sends(&mut self, sending: u64, input: Input, waits: bool) {
        self.oracle.sends(sending, input.clone());
        self.inputs.insert(sending, input);
        if waits {
            self.flights.insert(sending, Flight { after: self.end() });
        }
    }

    /// No answer came: what became of it is told by the log.
    pub(super) fn unanswered(&mut self, sending: u64) {
        self.flights.remove(&sending);
    }

    /// Reads what is new in the log.
    pub(super) fn reads(&mut self, log: &Path) -> Checked {
        self.reads_from(log, self.end(), false).map(|_| ())
    }

    /// All that was read before is there, in the frames that it was in.
    pub(super) fn is_whole(&mut self, log: &Path) -> Checked {
        let known = self.end();
        let end = self.reads_from(log, Position::ZERO, true)?;
        must(end >= known, || format!("the log ends at {end:?}, and {known:?} was read"))
    }

    /// Reads on; gives where the log ends.
    fn reads_from(&mut self, log: &Path, from: Position, chains: bool) -> Checked<Position> {
        let mut read = 1;
        loop {
            match self.tries_to_read(log, from, chains) {
                Ok(end) => return Ok(end),
                Err(error) if read == READS_MAX => return fail(format!("the log: {error}")),
                Err(_) => read += 1,
            }
        }
    }

    fn tries_to_read(
        &mut self,
        log: &Path,
        from: Position,
        chains: bool,
    ) -> Result<Position, String> {
        let storage = FileStorage::open_read_only(log).map_err(|error| error.to_string())?;
        let opened = ReadOnlyLog::open(Box::new(storage)).map_err(|error| error.to_string())?;
        let mut oracle = chains.then_some(&mut self.oracle);
        let (kept, first, unjudged) = (&mut self.kept, &mut self.first, &mut self.unjudged);
        let mut end = from;
        reread(opened.reader().as_ref(), from, &mut |frame, entry| {
            let position = entry.header.position;
            end = position.next();
            if position.get() >= kept.len() as u64 {
                let sending = sending_of(entry);
                first.entry(sending).or_insert(position);
                kept.push(Kept { sending, code: told_code(entry) });
                unjudged.push_back(entry.clone());
            }
            if let Some(oracle) = &mut oracle {
                oracle.chained(frame.base, frame.chain).map_err(|failure| failure.0)?;
            }
            Ok(())
        })?;
        Ok(end)
    }

    /// An answer has come, and all that it tells of is durable.
    pub(super) fn answered(&mut self, sending: u64, reply: &Reply, log: &Path) -> Checked {
        self.reads(log)?;
        let Some(flight) = self.flights.remove(&sending) else { return Ok(()) };
        let Some(input) = self.inputs.get(&sending).cloned() else { return Ok(()) };
        let told = told(&input, reply)?;
        self.receipts.learns(&input, reply);
        let would = match told {
            Told::Nothing | Told::Unknown => {
                if told == Told::Nothing {
                    self.oracle.came_to_nothing(sending, "overloaded");
                }
                return Ok(());
            }
            Told::Batch(items) => return self.batch_answered(sending, flight.after, &items),
            Told::Entry(position, code) => {
                let Some(kept) = self.kept.get(position.get() as usize) else {
                    return fail(format!("{sending} is answered by {position:?}: it is not there"));
                };
                let same = kept.code.map(str::to_owned) == code;
                must(same, || format!("{sending}: {:?} is told as {code:?}", kept.code))?;
                let is_new = kept.sending == sending;
                must(reply.replayed != is_new, || {
                    format!("{sending}, new: {is_new}, says replayed: {}", reply.replayed)
                })?;
                if is_new {
                    return Ok(());
                }
                Would::Repeat(position)
            }
            Told::Refused(code, instance) => match self.first.get(&instance) {
                Some(position) => {
                    let known = self.kept[position.get() as usize].code;
                    must(known == Some(code), || format!("{sending}: {known:?} is told: {code}"))?;
                    if instance == sending {
                        return Ok(());
                    }
                    Would::Repeat(*position)
                }
                None => {
                    self.oracle.came_to_nothing(sending, code);
                    Would::Refuse(code)
                }
            },
        };
        let before = self.end();
        self.open.push(Open { sending, after: flight.after, before, item: 0, would });
        Ok(())
    }

    /// Judges what is known to be before all that is decided from now on.
    pub(super) fn judges(&mut self) -> Checked {
        let waits = self.flights.values().map(|flight| flight.after).min();
        let until = waits.unwrap_or(self.end());
        loop {
            self.closes()?;
            let next = self.unjudged.front().map(|entry| entry.header.position);
            match next {
                Some(position) if position < until => {}
                _ => return Ok(()),
            }
            if let Some(entry) = self.unjudged.pop_front() {
                self.judges_one(&entry)?;
            }
        }
    }

    /// What may have been decided here is right here, or is looked at further on.
    fn closes(&mut self) -> Checked {
        let next = self.oracle.next();
        let then = self.unjudged.front().map_or(self.now, |entry| entry.header.recorded_at);
        let times = [self.oracle.last(), then.max(self.oracle.last())];
        let mut still = Vec::new();
        for open in std::mem::take(&mut self.open) {
            if open.after > next {
                still.push(open);
                continue;
            }
            let (would, asked) = self.would(&open, &times);
            if would.contains(&open.would) {
                continue;
            }
            must(next < open.before, || {
                format!(
                    "{} was answered {:?}; at {next:?} it would come to {would:?}: {asked}",
                    open.sending, open.would
                )
            })?;
            still.push(open);
        }
        self.open = still;
        Ok(())
    }

    /// What an open request would come to here, and what it is.
    fn would(&mut self, open: &Open, times: &[Timestamp]) -> (Vec<Would>, String) {
        match self.inputs.get(&open.sending).cloned() {
            Some(Input::Command(request)) if own_choice(&request) => {
                (vec![open.would.clone()], String::new())
            }
            Some(Input::Command(request)) => {
                let would = own::would_come_to(&mut self.oracle, &request, times);
                (would, words::command(&self.oracle.reading, &request.command))
            }
            Some(Input::Intents(batch)) => {
                let item = |now: &Timestamp| self.oracle.would_item(&batch, open.item, *now);
                (times.iter().map(item).collect(), format!("item {} of a batch", open.item))
            }
            None => (Vec::new(), String::new()),
        }
    }

    fn judges_one(&mut self, entry: &Entry) -> Checked {
        let sending = sending_of(entry);
        let input = match self.inputs.get(&sending) {
            Some(Input::Command(request)) => {
                Some(Input::Command(Box::new(self.as_found(&request.clone(), entry))))
            }
            Some(Input::Intents(_)) => None,
            None => Some(self.own_request(entry)?),
        };
        if let Some(input) = input {
            self.oracle.sends(sending, input);
        }
        self.oracle.survived(entry)?;
        let header = &entry.header;
        for recorded in entry.events() {
            if let Event::EvidenceSealed(sealed) = &recorded.event {
                self.heads.insert(header.scope.0, sealed.tree_size);
            }
        }
        self.effects.follow(&self.oracle, entry);
        self.receipts.must_have_got(&self.oracle, entry)
    }

    /// A request with what the server found by itself.
    fn as_found(&mut self, request: &Request, entry: &Entry) -> Request {
        let mut found = completed(&mut self.oracle, request);
        match (&mut found.command, told_code(entry)) {
            // Looked up before it was decided.
            (Command::Ledger(LedgerCommand::SetAccountStatus { .. }), Some("not_found")) => {
                found.command = Command::Refuse(Refusal::new(Code::NotFound, ""));
            }
            (Command::Delivery(DeliveryCommand::Replay { deliveries, .. }), code) => {
                *deliveries = replayed(entry);
                if let Some(code) = code.and_then(|code| code.parse::<Code>().ok()) {
                    found.command = Command::Refuse(Refusal::new(code, ""));
                }
            }
            (Command::Access(command), _) => own::with_key_of(command, entry),
            _ => {}
        }
        found
    }

    /// The request of an entry that nobody sent one for.
    fn own_request(&mut self, entry: &Entry) -> Checked<Input> {
        let Some(mut command) = own_command(entry) else {
            return fail(format!("an entry that nobody asked for: {entry:?}"));
        };
        if let Some((delivery, attempt)) = attempt_of(entry) {
            let retry_after = self.receipts.retry_after(&self.oracle, entry)?;
            command = own::finished(delivery, attempt, retry_after);
        }
        for (index, recorded) in (0..).zip(entry.events()) {
            if matches!(&recorded.event, Event::KeyCreated(_)) {
                self.own_keys.push(KeyId::at(0, entry.header.position, index));
            }
        }
        let request = Request {
            scope: entry.header.scope,
            actor: zentra_engine::SYSTEM_ACTOR.parse().expect("a name"),
            key: None,
            request_id: entry.header.request_id,
            cause: entry.header.cause,
            idempotency: None,
            command,
        };
        Ok(Input::Command(Box::new(request)))
    }

    /// The process has ended: all that it answered is there, and all else is what it was.
    pub(super) fn has_ended(&mut self, log: &Path, receipts: Vec<Receipt>) -> Checked {
        self.receipts.came(receipts);
        self.is_whole(log)?;
        self.flights.clear();
        self.judges()?;
        must(self.open.is_empty(), || "an answer is of no place in the log".to_owned())?;
        self.oracle.groups_are_whole()
    }

    /// What became of each item of a batch is what the log says.
    fn batch_answered(&mut self, sending: u64, after: Position, items: &[ToldItem]) -> Checked {
        let before = self.end();
        for (at, item) in items.iter().enumerate() {
            let would = match (item.position, &*item.outcome) {
                (Some(position), "replayed") => Would::Repeat(position),
                (Some(position), "created" | "rejected") => {
                    self.item_is_there(sending, position, item)?;
                    continue;
                }
                (None, "refused") => {
                    let code = item.code.as_deref().and_then(|code| code.parse::<Code>().ok());
                    Would::Refuse(code.map_or("none", Code::as_str))
                }
                _ => return fail(format!("{sending}: {item:?}")),
            };
            self.open.push(Open { sending, after, before, item: at, would });
        }
        Ok(())
    }

    fn item_is_there(&self, sending: u64, position: Position, item: &ToldItem) -> Checked {
        let Some(kept) = self.kept.get(position.get() as usize) else {
            return fail(format!("{sending}: {} stands at {position:?}: nowhere", item.id));
        };
        let same = kept.sending == sending && kept.code.map(str::to_owned) == item.code;
        must(same, || format!("{sending}: {:?} of {} is told as {item:?}", kept.code, kept.sending))
    }

    /// Whether all of each scope is under a checkpoint.
    pub(super) fn is_sealed(&self) -> bool {
        let covers = |scope: &u32| self.heads.get(scope).copied().unwrap_or(0);
        self.effects.leaves.iter().all(|(scope, leaves)| covers(scope) >= *leaves)
    }

    /// What was asked.
    pub(super) fn input(&self, sending: u64) -> Option<&Input> {
        self.inputs.get(&sending)
    }
}

/// The server chooses what a replay is about: what is refused of it is its own finding.
fn own_choice(request: &Request) -> bool {
    matches!(&request.command, Command::Delivery(DeliveryCommand::Replay { .. }))
}

/// Which sending an entry is of.
pub(super) fn sending_of(entry: &Entry) -> u64 {
    sending_by(entry.header.request_id)
}
