//! What the docs say of intents: docs/concepts/intent.md.

use super::books::{AMOUNT_MAX, Books, Draft, is_system};
use super::fact::{Fact, Side};
use super::money::Judged;
use super::rules::{Rules, Subject};
use std::collections::BTreeMap;
use zentra_events::event::Capture;
use zentra_events::{Currency, Position, Timestamp};
use zentra_ledger::{IntentRequest, LegsAt};

/// How far an intent has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Accepted,
    Rejected,
    Routed,
    Synchronized,
    Voided,
    Reversed,
    PaidOut,
}

impl Stage {
    /// Its word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Stage::Accepted => "accepted",
            Stage::Rejected => "rejected",
            Stage::Routed => "routed",
            Stage::Synchronized => "synchronized",
            Stage::Voided => "voided",
            Stage::Reversed => "reversed",
            Stage::PaidOut => "paid_out",
        }
    }
}

/// An intent.
#[derive(Clone, Debug)]
pub(crate) struct Intent {
    pub(crate) stage: Stage,
    pub(crate) digest: [u8; 16],
    pub(crate) accepted_at: Position,
    pub(crate) confirmed: Option<([u8; 16], Position)>,
    pub(crate) moves: Option<Moves>,
    /// Why it was rejected or voided.
    pub(crate) code: Option<&'static str>,
    pub(crate) reserved: u128,
    pub(crate) settled: u128,
    pub(crate) reversed: u128,
    /// The last entry of its stream.
    pub(crate) last: Position,
    /// When its last leg takes effect.
    pub(crate) effective_at: Timestamp,
}

/// What an intent moves.
#[derive(Clone, Debug)]
pub(crate) struct Moves {
    pub(crate) source: String,
    pub(crate) destination: String,
    pub(crate) currency: Currency,
}

/// Where and when something is decided.
#[derive(Clone, Copy)]
pub(crate) struct When {
    pub(crate) position: Position,
    pub(crate) recorded_at: Timestamp,
}

/// Intents of a scope with what they stand on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Intents {
    pub(crate) books: Books,
    pub(crate) rules: Rules,
    pub(crate) all: BTreeMap<String, Intent>,
}

/// The facts, an earlier answer, or the code of a refusal.
pub(crate) enum Taken {
    New(Vec<Fact>),
    Again(Position),
    Refused(&'static str),
}

impl Intents {
    /// `POST /intents`.
    pub(crate) fn accept(
        &mut self,
        id: &str,
        digest: [u8; 16],
        request: Option<&IntentRequest>,
        when: When,
    ) -> Taken {
        if let Some(known) = self.all.get(id) {
            return match known.digest == digest {
                true => Taken::Again(known.accepted_at),
                false => Taken::Refused("intent_id_reused"),
            };
        }
        if let Err(code) = request.map_or(Ok(()), well_formed) {
            return Taken::Refused(code);
        }
        let intent = Intent {
            stage: Stage::Accepted,
            digest,
            accepted_at: when.position,
            confirmed: None,
            moves: None,
            code: None,
            reserved: 0,
            settled: 0,
            reversed: 0,
            last: when.position,
            effective_at: when.recorded_at,
        };
        self.all.insert(id.to_owned(), intent);
        let mut facts = vec![Fact::Accepted(id.to_owned())];
        if let Some(request) = request {
            facts.extend(self.run(id, request, when));
        }
        Taken::New(facts)
    }

    /// `POST /intents/{id}/confirm`.
    pub(crate) fn confirm(
        &mut self,
        id: &str,
        digest: [u8; 16],
        request: &IntentRequest,
        when: When,
    ) -> Taken {
        let Some(known) = self.all.get_mut(id) else { return Taken::Refused("not_found") };
        if let Some((_, at)) = known.confirmed.filter(|(before, _)| *before == digest) {
            return Taken::Again(at);
        }
        if known.stage != Stage::Accepted {
            return Taken::Refused("invalid_intent_state");
        }
        if let Err(code) = well_formed(request) {
            return Taken::Refused(code);
        }
        known.confirmed = Some((digest, when.position));
        let mut facts = vec![Fact::Confirmed(id.to_owned())];
        facts.extend(self.run(id, request, when));
        Taken::New(facts)
    }

    /// All steps of an intent whose details are known.
    fn run(&mut self, id: &str, request: &IntentRequest, when: When) -> Vec<Fact> {
        let (source, destination) = (request.source.as_str(), request.destination.as_str());
        let moves = Moves {
            source: source.to_owned(),
            destination: destination.to_owned(),
            currency: request.currency,
        };
        let ran = self.steps(id, request, when);
        let intent = self.all.get_mut(id).expect("it was accepted before");
        intent.moves = Some(moves);
        intent.last = when.position;
        intent.effective_at = request.effective_at.unwrap_or(when.recorded_at);
        match ran {
            Err(code) => {
                (intent.stage, intent.code) = (Stage::Rejected, Some(code));
                vec![Fact::Rejected(id.to_owned(), code)]
            }
            Ok((facts, stage)) => {
                intent.stage = stage;
                match stage {
                    Stage::Routed => intent.reserved = request.amount.0,
                    Stage::Synchronized => intent.settled = request.amount.0,
                    _ => intent.code = Some("route_unavailable"),
                }
                facts
            }
        }
    }

    fn steps(
        &mut self,
        id: &str,
        request: &IntentRequest,
        when: When,
    ) -> Result<(Vec<Fact>, Stage), &'static str> {
        let (currency, amount) = (request.currency, request.amount.0);
        let (source, destination) = (request.source.as_str(), request.destination.as_str());
        let asked = Subject {
            source,
            currency,
            corridor: &request.corridor,
            amount,
            now: when.recorded_at,
        };
        if is_system(source) || is_system(destination) {
            return Err("account_reserved");
        }
        let mut draft = Draft::of(&mut self.books);
        draft.claim(&request.source, currency).ok_or("account_not_found")?;
        draft.claim(&request.destination, currency).ok_or("account_not_found")?;
        let reserved = draft.claim_system("reserved_balance", currency);
        let settlement = draft.claim_system("settlement_account", currency);
        let parties = [source, destination, reserved.as_str(), settlement.as_str()];
        draft.not_open(&parties).map_or(Ok(()), Err)?;
        if !draft.is_in(source, currency) || !draft.is_in(destination, currency) {
            return Err("currency_mismatch");
        }
        if draft.lacks_digits() {
            return Err("currency_unknown");
        }
        if amount == 0 {
            return Err("amount_zero");
        }
        if source == destination {
            return Err("same_account");
        }
        self.rules.control(&asked)?;
        let named = Some(id);
        let pair = |from, to| [(from, Side::Debit, amount), (to, Side::Credit, amount)];
        draft.facts.push(Fact::Controlled(id.to_owned()));
        draft.post("reserve", named, &pair(source, &reserved)).ok_or("insufficient_funds")?;
        let stage = match self.rules.route(&asked) {
            None => {
                draft.post("release", named, &pair(&reserved, source)).ok_or("internal")?;
                draft.facts.push(Fact::Voided(id.to_owned(), "route_unavailable"));
                draft.facts.push(Fact::Published("transfer.voided".to_owned()));
                Stage::Voided
            }
            Some(route) => {
                draft.facts.push(Fact::Routed(id.to_owned(), route));
                if request.capture == Capture::Automatic {
                    draft.post("settle", named, &pair(&reserved, &settlement)).ok_or("internal")?;
                    draft.facts.push(Fact::Published("transfer.settled".to_owned()));
                    Stage::Synchronized
                } else {
                    draft.reserve(source, amount as i128);
                    Stage::Routed
                }
            }
        };
        self.rules.started(&asked);
        Ok((draft.keep(), stage))
    }

    /// `POST /intents/{id}/settle`.
    pub(crate) fn settle(
        &mut self,
        id: &str,
        amount: Option<u128>,
        at: Option<LegsAt>,
        when: When,
    ) -> Judged {
        let (intent, moves) = moving(&self.all, id, Stage::Routed)?;
        let (held, named) = (intent.reserved, Some(id));
        let amount = part(amount, held)?;
        let mut draft = Draft::of(&mut self.books);
        let reserved = draft.claim_system("reserved_balance", moves.currency);
        let settlement = draft.claim_system("settlement_account", moves.currency);
        draft.not_open(&[&settlement]).map_or(Ok(()), Err)?;
        let lines = [(reserved.as_str(), Side::Debit, amount), (&settlement, Side::Credit, amount)];
        draft.post("settle", named, &lines).ok_or("insufficient_funds")?;
        let rest = held - amount;
        if rest > 0 {
            let lines =
                [(reserved.as_str(), Side::Debit, rest), (&moves.source, Side::Credit, rest)];
            draft.post("release", named, &lines).ok_or("insufficient_funds")?;
        }
        let effective_at = dated(&intent, id, at, when, &mut draft)?;
        draft.reserve(&moves.source, -(held as i128));
        draft.facts.push(Fact::Published("transfer.settled".to_owned()));
        let facts = draft.keep();
        let stage = Stage::Synchronized;
        let after = Intent { stage, reserved: 0, settled: amount, effective_at, ..intent };
        Ok(self.goes_on(id, after, facts, when))
    }

    /// `POST /intents/{id}/void`.
    pub(crate) fn void(&mut self, id: &str, at: Option<LegsAt>, when: When) -> Judged {
        let code = "void_requested";
        let waiting = self.all.get(id).ok_or("not_found")?.clone();
        if waiting.stage == Stage::Accepted {
            if at.is_some() {
                return Err("validation_failed");
            }
            let after = Intent { stage: Stage::Voided, code: Some(code), ..waiting };
            return Ok(self.goes_on(id, after, vec![Fact::Voided(id.to_owned(), code)], when));
        }
        let (intent, moves) = moving(&self.all, id, Stage::Routed)?;
        let held = intent.reserved;
        let mut draft = Draft::of(&mut self.books);
        let reserved = draft.claim_system("reserved_balance", moves.currency);
        let lines = [(reserved.as_str(), Side::Debit, held), (&moves.source, Side::Credit, held)];
        draft.post("release", Some(id), &lines).ok_or("insufficient_funds")?;
        let effective_at = dated(&intent, id, at, when, &mut draft)?;
        draft.reserve(&moves.source, -(held as i128));
        draft.facts.push(Fact::Voided(id.to_owned(), code));
        draft.facts.push(Fact::Published("transfer.voided".to_owned()));
        let facts = draft.keep();
        let after =
            Intent { stage: Stage::Voided, code: Some(code), reserved: 0, effective_at, ..intent };
        Ok(self.goes_on(id, after, facts, when))
    }

    /// `POST /intents/{id}/reverse`.
    pub(crate) fn reverse(
        &mut self,
        id: &str,
        amount: Option<u128>,
        at: Option<LegsAt>,
        when: When,
    ) -> Judged {
        let (intent, moves) = moving(&self.all, id, Stage::Synchronized)?;
        let left = intent.settled - intent.reversed;
        let amount = part(amount, left)?;
        let mut draft = Draft::of(&mut self.books);
        let settlement = draft.claim_system("settlement_account", moves.currency);
        draft.not_open(&[&moves.source, &settlement]).map_or(Ok(()), Err)?;
        let lines =
            [(settlement.as_str(), Side::Debit, amount), (&moves.source, Side::Credit, amount)];
        draft.post("reverse", Some(id), &lines).ok_or("insufficient_funds")?;
        let effective_at = dated(&intent, id, at, when, &mut draft)?;
        draft.facts.push(Fact::Reversed(id.to_owned(), amount));
        draft.facts.push(Fact::Published("transfer.reversed".to_owned()));
        let facts = draft.keep();
        let stage = if amount == left { Stage::Reversed } else { Stage::Synchronized };
        let after = Intent { stage, reversed: intent.reversed + amount, effective_at, ..intent };
        Ok(self.goes_on(id, after, facts, when))
    }

    /// `POST /intents/{id}/payout`.
    pub(crate) fn pay_out(&mut self, id: &str, at: Option<LegsAt>, when: When) -> Judged {
        let (intent, moves) = moving(&self.all, id, Stage::Synchronized)?;
        let (left, named) = (intent.settled - intent.reversed, Some(id));
        let mut draft = Draft::of(&mut self.books);
        let settlement = draft.claim_system("settlement_account", moves.currency);
        let payout = draft.claim_system("payout_account", moves.currency);
        let destination = moves.destination.as_str();
        // A closed one lets the money through.
        if draft.not_open(&[destination]) == Some("account_frozen") {
            return Err("account_frozen");
        }
        draft.not_open(&[&settlement, &payout]).map_or(Ok(()), Err)?;
        let (settlement, payout) = (settlement.as_str(), payout.as_str());
        let pair = |from, to| [(from, Side::Debit, left), (to, Side::Credit, left)];
        let paid = draft.post("merchant", named, &pair(settlement, destination));
        paid.ok_or("insufficient_funds")?;
        draft.post("payout", named, &pair(destination, payout)).ok_or("insufficient_funds")?;
        let effective_at = dated(&intent, id, at, when, &mut draft)?;
        draft.facts.push(Fact::PaidOut(id.to_owned(), left));
        draft.facts.push(Fact::Published("payout.closed".to_owned()));
        let facts = draft.keep();
        let after = Intent { stage: Stage::PaidOut, effective_at, ..intent };
        Ok(self.goes_on(id, after, facts, when))
    }

    fn goes_on(&mut self, id: &str, after: Intent, facts: Vec<Fact>, when: When) -> Vec<Fact> {
        self.all.insert(id.to_owned(), Intent { last: when.position, ..after });
        facts
    }
}

/// The form of what an intent is asked to move.
pub(crate) fn well_formed(request: &IntentRequest) -> Result<(), &'static str> {
    if request.amount.0 > AMOUNT_MAX {
        return Err("amount_overflow");
    }
    let twice =
        request.metadata.iter().enumerate().any(|(at, (key, _))| {
            request.metadata.iter().take(at).any(|(earlier, _)| earlier == key)
        });
    if request.corridor.is_empty() || twice {
        return Err("validation_failed");
    }
    Ok(())
}

fn moving(
    all: &BTreeMap<String, Intent>,
    id: &str,
    wanted: Stage,
) -> Result<(Intent, Moves), &'static str> {
    let intent = all.get(id).ok_or("not_found")?;
    match &intent.moves {
        Some(moves) if intent.stage == wanted => Ok((intent.clone(), moves.clone())),
        _ => Err("invalid_intent_state"),
    }
}

fn part(asked: Option<u128>, left: u128) -> Result<u128, &'static str> {
    match asked.unwrap_or(left) {
        0 => Err("amount_zero"),
        amount if amount > left => Err("amount_exceeds_remaining"),
        amount => Ok(amount),
    }
}

/// When the legs take effect: no earlier than an earlier one of the intent.
fn dated(
    intent: &Intent,
    id: &str,
    at: Option<LegsAt>,
    when: When,
    draft: &mut Draft<'_>,
) -> Result<Timestamp, &'static str> {
    let Some(LegsAt { at, after }) = at else {
        return Ok(intent.effective_at.max(when.recorded_at));
    };
    if after.is_none_or(|leg| leg.position != intent.last) {
        return Err("overloaded");
    }
    if at < intent.effective_at {
        return Err("effective_at_too_early");
    }
    draft.facts.push(Fact::Dated(id.to_owned(), at));
    Ok(at)
}
