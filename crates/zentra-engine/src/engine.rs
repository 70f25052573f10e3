//! The engine: one command in, one outcome out.
//!
//! Owns the order of the steps and the write-side state. Each event of an entry is evolved before
//! the next is sequenced, so that an endpoint can receive the event of its own creation.
//! Must not know how outcomes are stored or shown.

use crate::command::{AccessCommand, Command, Request, SealCommand};
use crate::directory::Directory;
use crate::error::{Refusal, WrongFact};
use crate::idempotency::{IdempotencyTable, Seen};
use crate::meter::Meters;
use crate::outcome::{Outcome, Would};
use crate::seal::{Sealed, Seals};
use crate::space::Space;
use zentra_delivery::Deliveries;
use zentra_events::event::{
    AccountMarkedV1, ActorRegisteredV1, CommandRefusedV1, CurrencyDeclaredV1, EvidenceSealedV1,
};
use zentra_events::{
    ActorName, ActorNo, Code, Entry, Event, EventId, Header, Position, Recorded, ScopeNo,
    ScopeNumber, Timestamp,
};
use zentra_ledger::{Ledger, LedgerCommand};

/// The state machine of one log.
pub struct Engine {
    pub(crate) partition: u16,
    pub(crate) next: Position,
    pub(crate) last_recorded_at: Timestamp,
    pub(crate) directory: Directory,
    pub(crate) ledger: Ledger,
    pub(crate) deliveries: Deliveries,
    pub(crate) idempotency: IdempotencyTable,
    pub(crate) seals: Seals,
    pub(crate) meters: Meters,
    /// How many bytes the state may take.
    pub(crate) state_bytes_max: u64,
    /// How much space the disk has.
    pub(crate) space: Space,
    /// The balance checkpoints of the last entry of the fast path: a buffer.
    pub(crate) checkpoints: Vec<AccountMarkedV1>,
}

enum Decided {
    Events(Vec<Event>),
    Repeat(Position),
    Refuse(Refusal),
}

impl Engine {
    /// The engine of an empty log.
    pub fn new(partition: u16) -> Engine {
        Engine {
            partition,
            next: Position::ZERO,
            last_recorded_at: Timestamp(0),
            directory: Directory::default(),
            ledger: Ledger::new(),
            deliveries: Deliveries::new(partition),
            idempotency: IdempotencyTable::default(),
            seals: Seals::default(),
            meters: Meters::default(),
            state_bytes_max: u64::MAX,
            space: Space::Enough,
            checkpoints: Vec::new(),
        }
    }

    /// Decides one command at time `now` and moves the state by what follows. The caller appends
    /// the entry, and releases the answer once the entry and all before it are durable.
    ///
    /// # Panics
    /// When an invariant is broken: the caller must let the process stop.
    pub fn handle(&mut self, now: Timestamp, request: &Request) -> Outcome {
        if let Some(outcome) = self.before_deciding(now, request) {
            return outcome;
        }
        if let Ok(entry) = self.fast_command(now, request) {
            return Outcome::Entry(entry);
        }
        self.slow_path(now, request)
    }

    /// The answer to a request that is not decided: its key does not work, it was answered before,
    /// or it would exceed a limit.
    #[inline]
    fn before_deciding(&self, now: Timestamp, request: &Request) -> Option<Outcome> {
        let refused = self.key_refused(request.key).or_else(|| self.role_refused(request));
        if let Some(refusal) = refused {
            return Some(Outcome::Refused(refusal));
        }
        if let Some(asked) = &request.idempotency {
            match self.idempotency.look_up(asked) {
                Seen::Never => {}
                Seen::Same(position) => return Some(Outcome::Repeat(position)),
                Seen::OtherBody(position) => {
                    return Some(Outcome::Refused(Refusal::new(
                        Code::IdempotencyKeyReused,
                        format!(
                            "this Idempotency-Key was used at position {} with another body; use \
                             a new key for a new request",
                            position.get()
                        ),
                    )));
                }
            }
        }
        let full = request.idempotency.is_some() && self.idempotency.is_full();
        let refused = match full {
            true => Some(Refusal::new(Code::LimitReached, "the table of idempotency keys is full")),
            false => self.not_admitted(now, request),
        };
        refused.map(|refusal| self.known_already(now, request).unwrap_or(Outcome::Refused(refusal)))
    }

    /// The answer to a request that there is no room for, if it would change nothing: what was done
    /// before is told as ever, so that nobody takes it for not done.
    #[cold]
    fn known_already(&self, now: Timestamp, request: &Request) -> Option<Outcome> {
        if !matches!(request.command, Command::Ledger(_)) {
            return None;
        }
        match self.decide(request, self.time_after(now)) {
            Decided::Repeat(at) => Some(Outcome::Repeat(at)),
            Decided::Refuse(refusal)
                if matches!(refusal.code, Code::IntentIdReused | Code::InvalidIntentState) =>
            {
                Some(Outcome::Refused(refusal))
            }
            Decided::Refuse(_) | Decided::Events(_) => None,
        }
    }

    /// What [`Engine::handle`] would do with a request now. It changes nothing and promises
    /// nothing: whatever comes between may make it otherwise.
    pub fn would(&self, now: Timestamp, request: &Request) -> Would {
        match self.before_deciding(now, request) {
            Some(Outcome::Refused(refusal)) => return Would::Refuse { refusal, decided: false },
            Some(_) => return Would::Repeat,
            None => {}
        }
        match self.decide(request, self.time_after(now)) {
            Decided::Events(events) => match self.over_quota(&self.needs(request, &events)) {
                Some(refusal) => Would::Refuse { refusal, decided: false },
                None => Would::Record,
            },
            Decided::Repeat(_) => Would::Repeat,
            Decided::Refuse(refusal) => Would::Refuse { refusal, decided: true },
        }
    }

    /// As [`Engine::handle`], of a command whose key is new, and always as events.
    pub(crate) fn slow_path(&mut self, now: Timestamp, request: &Request) -> Outcome {
        let recorded_at = self.time_after(now);
        match self.decide(request, recorded_at) {
            Decided::Events(events) => match self.over_quota(&self.needs(request, &events)) {
                Some(refusal) => Outcome::Refused(refusal),
                None => self.sequence(request, recorded_at, events),
            },
            Decided::Repeat(position) => Outcome::Repeat(position),
            Decided::Refuse(refusal) => self.refuse(request, recorded_at, refusal),
        }
    }

    /// When an entry is recorded that is sequenced at `now`: in whole microseconds, as is shown of
    /// it, and before none that is recorded already. Many may be recorded in one.
    pub(crate) fn time_after(&self, now: Timestamp) -> Timestamp {
        now.in_microseconds().max(self.last_recorded_at)
    }

    /// When the last entry was recorded.
    pub fn last_recorded_at(&self) -> Timestamp {
        self.last_recorded_at
    }

    /// The position of the next entry.
    pub fn next_position(&self) -> Position {
        self.next
    }

    /// The partition of this log.
    pub fn partition(&self) -> u16 {
        self.partition
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Endpoints, deliveries and replays.
    pub fn deliveries(&self) -> &Deliveries {
        &self.deliveries
    }

    /// Scopes, actors and keys.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The last checkpoint of a scope.
    pub fn sealed(&self, scope: ScopeNo) -> Option<Sealed> {
        self.seals.get(scope)
    }

    /// The last checkpoint of every scope that has one.
    pub fn all_sealed(&self) -> Vec<(ScopeNo, Sealed)> {
        self.seals.all()
    }

    fn decide(&self, request: &Request, now: Timestamp) -> Decided {
        let position = self.next;
        let scope = request.scope;
        let known = self.directory.scope_name(scope).is_some();
        match &request.command {
            Command::Access(command) => match self.revoked_at(scope, command) {
                Some(at) => Decided::Repeat(at),
                None => match self.decide_access(request, command) {
                    Ok(events) => Decided::Events(events),
                    Err(refusal) => Decided::Refuse(refusal),
                },
            },
            Command::Refuse(refusal) => Decided::Refuse(refusal.clone()),
            _ if !known => Decided::Refuse(Refusal::new(Code::NotFound, "there is no such scope")),
            Command::Ledger(command) => {
                let ctx = zentra_ledger::Ctx { position, now };
                match self.ledger.decide(scope, command, &ctx) {
                    zentra_ledger::Decision::Events(events) => Decided::Events(events),
                    zentra_ledger::Decision::Repeat(at) => repeated(request, at),
                    zentra_ledger::Decision::Refuse(refusal) => Decided::Refuse(refusal),
                }
            }
            Command::Delivery(command) => {
                let first_index = u16::from(self.directory.actor_by_name(&request.actor).is_none());
                let partition = self.partition;
                let ctx = zentra_delivery::Ctx { partition, position, now, first_index };
                match self.deliveries.decide(scope, command, &ctx) {
                    zentra_delivery::Decision::Events(events) => Decided::Events(events),
                    zentra_delivery::Decision::Repeat(at) => Decided::Repeat(at),
                    zentra_delivery::Decision::Refuse(refusal) => Decided::Refuse(refusal),
                }
            }
            Command::Seal(command) => self.decide_seal(scope, command),
        }
    }

    fn decide_seal(&self, scope: ScopeNo, command: &SealCommand) -> Decided {
        let sealed = self.seals.get(scope).map_or(0, |sealed| sealed.tree_size);
        let written = self.directory.next_number(scope).map_or(0, |number| number.0);
        if command.tree_size <= sealed || command.tree_size > written {
            return Decided::Refuse(Refusal::new(
                Code::ValidationFailed,
                format!(
                    "a checkpoint of size {} does not follow one of size {sealed} in a scope of \
                     {written} entries",
                    command.tree_size
                ),
            ));
        }
        let (tree_size, root, note) = (command.tree_size, command.root, command.note.clone());
        Decided::Events(vec![EvidenceSealedV1 { tree_size, root, note }.into()])
    }

    fn refuse(&mut self, request: &Request, now: Timestamp, refusal: Refusal) -> Outcome {
        // What time heals is not an answer for ever.
        let for_ever = refusal.retry_after_seconds.is_none();
        let keyed = request.idempotency.is_some() && for_ever;
        if !keyed || self.directory.scope_name(request.scope).is_none() {
            return Outcome::Refused(refusal);
        }
        let Refusal { code, detail, .. } = refusal;
        self.sequence(request, now, vec![CommandRefusedV1 { code, detail }.into()])
    }

    fn sequence(&mut self, request: &Request, now: Timestamp, decided: Vec<Event>) -> Outcome {
        let position = self.next;
        let scope = recorded_in(request, &decided);
        let scope_number = self.directory.next_number(scope).unwrap_or(ScopeNumber(0));
        let (actor, registered) = self.actor(&request.actor, &decided);
        let header = Header {
            position,
            scope,
            scope_number,
            recorded_at: now,
            actor,
            request_id: request.request_id,
            cause: request.cause,
            idempotency: request.idempotency,
        };
        let mut events = Vec::with_capacity(decided.len() + 2);
        for event in registered.into_iter().chain(decided) {
            let published = match &event {
                Event::EventPublished(body) => Some(body.event_type.clone()),
                _ => None,
            };
            let id = EventId::at(self.partition, position, events.len() as u16);
            self.record(&header, event, &mut events);
            if let Some(event_type) = published {
                for queued in self.deliveries.fan_out(scope, &event_type, id, now) {
                    self.record(&header, queued, &mut events);
                }
            }
        }
        for checkpoint in self.ledger.checkpoints_due_after(&events) {
            self.record(&header, checkpoint.into(), &mut events);
        }
        must(&header, self.finish(&header));
        Outcome::Entry(Entry::of_events(header, events))
    }

    /// The number of the acting actor, and its registration where the log has not seen it. A key's
    /// maker may be registered by the command itself, when it makes a key for itself.
    fn actor(&self, name: &ActorName, decided: &[Event]) -> (ActorNo, Option<Event>) {
        if let Some(actor) = self.directory.actor_by_name(name) {
            return (actor, None);
        }
        let itself = decided.iter().find_map(|event| match event {
            Event::ActorRegistered(body) if body.name == *name => Some(body.actor),
            _ => None,
        });
        if let Some(actor) = itself {
            return (actor, None);
        }
        let actor = ActorNo(self.directory.actors_len() as u32);
        (actor, Some(ActorRegisteredV1 { actor, name: name.clone() }.into()))
    }

    fn record(&mut self, header: &Header, event: Event, events: &mut Vec<Recorded>) {
        let prev = self.prev_of(header, &event);
        let index = u16::try_from(events.len()).expect("an entry's events are bounded by limits");
        must(header, self.evolve(header, index, &event));
        events.push(Recorded { prev, event });
    }

    pub(crate) fn prev_of(&self, header: &Header, event: &Event) -> Option<Position> {
        let prev = match event {
            Event::KeyRevoked(body) => self.directory.key(body.key).map(|key| key.last),
            Event::EvidenceSealed(_) => None,
            _ => {
                self.ledger.prev_in(header.scope, event).or_else(|| self.deliveries.prev_of(event))
            }
        };
        prev.filter(|prev| *prev != header.position)
    }

    /// Moves the state by one event.
    pub(crate) fn evolve(
        &mut self,
        header: &Header,
        index: u16,
        event: &Event,
    ) -> Result<(), WrongFact> {
        self.directory.check(self.partition, header, event)?;
        self.deliveries.check(header, event)?;
        let written = self.directory.next_number(header.scope);
        self.seals.evolve(header, written, event)?;
        self.ledger.evolve(header, event)?;
        self.directory.evolve(self.partition, header, index, event);
        self.deliveries.evolve(header, index, event);
        self.meters.evolve(header, event);
        Ok(())
    }

    /// Moves the state by an entry's header, after its events.
    pub(crate) fn finish(&mut self, header: &Header) -> Result<(), WrongFact> {
        let caused = header.cause.is_none_or(|cause| cause < header.position);
        let acted = self.directory.actor_name(header.actor).is_some();
        WrongFact::unless(acted && caused, || {
            format!("no actor {:?}, or a cause that is not before it", header.actor)
        })?;
        self.directory.count(header);
        self.meters.count(header);
        if let Some(answered) = &header.idempotency {
            let new = self.idempotency.record(answered, header.position);
            WrongFact::unless(new, || "it answers an idempotency key again".to_owned())?;
        }
        self.last_recorded_at = header.recorded_at;
        self.next = header.position.next();
        Ok(())
    }
}

/// What a request that changes nothing is decided to. It is answered as the one before it was; but
/// a currency may be declared otherwise later, and a keyed request must not act again then: it is
/// recorded, with its key.
fn repeated(request: &Request, at: Position) -> Decided {
    match &request.command {
        Command::Ledger(LedgerCommand::DeclareCurrency { currency, exponent })
            if request.idempotency.is_some() =>
        {
            let (currency, exponent) = (*currency, *exponent);
            Decided::Events(vec![CurrencyDeclaredV1 { currency, exponent }.into()])
        }
        _ => Decided::Repeat(at),
    }
}

/// What was just decided follows from the state: anything else is a defect, and stops the process.
pub(crate) fn must(header: &Header, followed: Result<(), WrongFact>) {
    if let Err(wrong) = followed {
        panic!("{:?}: {wrong}", header.position);
    }
}

/// The scope that an entry of these events belongs to: a new scope's first entry is its own, and
/// its limits are facts of the scope that they bound.
pub(crate) fn recorded_in(request: &Request, decided: &[Event]) -> ScopeNo {
    match (decided.first(), &request.command) {
        (Some(Event::ScopeCreated(body)), _) => body.scope,
        (
            Some(Event::ScopeQuotasSet(_)),
            Command::Access(AccessCommand::SetQuotas { scope, .. }),
        ) => *scope,
        _ => request.scope,
    }
}
