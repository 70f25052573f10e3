//! Deciding the acceptance and the confirmation of an intent: from its accounts to the published
//! event.
//!
//! Owns the order of these steps, which is the precedence of its rejections
//! (docs/concepts/intent.md). Must not know what happens to a hold later.

use crate::bounds::check_amount;
use crate::chart::{SystemAccount, check_own};
use crate::command::{Ctx, Decision, IntentRequest, Refusal};
use crate::draft::Draft;
use crate::intent_state::IntentState;
use crate::ledger::Ledger;
use crate::policy::{self, Subject};
use crate::route;
use crate::transfer_event::published;
use std::collections::BTreeMap;
use zentra_events::event::{
    Capture, CheckV1, IntentAcceptedV1, IntentConfirmedV1, IntentControlledV1, IntentDetailsV1,
    IntentRejectedV1, IntentVoidedV1, Leg, Party,
};
use zentra_events::limits::{METADATA_PAIRS_MAX, METADATA_VALUE_BYTES_MAX, NAME_BYTES_MAX};
use zentra_events::{AccountCode, AccountNo, Amount, Code, Event, IntentId, IntentNo, ScopeNo};
use zentra_table::NUMBERS_MAX;

impl Ledger {
    /// Decides `AcceptIntent`.
    pub(crate) fn accept_intent(
        &self,
        scope: ScopeNo,
        id: &IntentId,
        digest: [u8; 16],
        details: Option<&IntentRequest>,
        ctx: &Ctx,
    ) -> Decision {
        let known = self.intents.find(scope, id).and_then(|no| self.intents.get(no));
        if let Some(known) = known {
            return if known.has_digest(digest) {
                Decision::Repeat(known.accepted_at())
            } else {
                refuse(Code::IntentIdReused, format!("the intent {id} exists with another body"))
            };
        }
        let intent = self.intents.next_no();
        if let Err(refusal) = check_number(intent) {
            return Decision::Refuse(refusal);
        }
        let accepted =
            |details| IntentAcceptedV1 { intent, intent_id: id.clone(), digest, details }.into();
        match details {
            None => Decision::Events(vec![accepted(None)]),
            Some(request) => {
                self.start(scope, (intent, id), request, ctx, |details| accepted(Some(details)))
            }
        }
    }

    /// Decides `ConfirmIntent`.
    pub(crate) fn confirm_intent(
        &self,
        scope: ScopeNo,
        id: &IntentId,
        digest: [u8; 16],
        request: &IntentRequest,
        ctx: &Ctx,
    ) -> Decision {
        let found = self.intents.find(scope, id);
        let Some((intent, known)) = found.and_then(|no| Some((no, self.intents.get(no)?))) else {
            return refuse(Code::NotFound, format!("there is no intent {id}"));
        };
        match self.intents.confirmation(intent) {
            Some(earlier) if earlier.digest == digest => return Decision::Repeat(earlier.at),
            _ if known.state() == IntentState::Accepted => {}
            _ => {
                let state = known.state().as_str();
                return refuse(
                    Code::InvalidIntentState,
                    format!("the intent {id} is {state}; only a waiting one can be confirmed"),
                );
            }
        }
        self.start(scope, (intent, id), request, ctx, |details| {
            IntentConfirmedV1 { intent, intent_id: id.clone(), digest, details }.into()
        })
    }

    /// Whether new intents of one scope would all come to their end, one after the other. Each must
    /// have an id of its own that is new. Changes nothing. Gives the accounts that they would open.
    ///
    /// # Errors
    /// The index of the first that would not, and why.
    pub fn check_group<'r>(
        &self,
        scope: ScopeNo,
        asked: impl Iterator<Item = (&'r IntentId, &'r IntentRequest)>,
        ctx: &Ctx,
    ) -> Result<Vec<Event>, (usize, Refusal)> {
        let mut draft = Draft::new(self, scope);
        let mut started: BTreeMap<AccountNo, (usize, Amount)> = BTreeMap::new();
        for (index, (id, request)) in asked.enumerate() {
            let failed = |refusal| (index, refusal);
            let intent = IntentNo(self.intents.next_no().0.saturating_add(index as u64));
            check_number(intent).map_err(failed)?;
            check_request(request).map_err(failed)?;
            check_own(&request.source).map_err(failed)?;
            check_own(&request.destination).map_err(failed)?;
            let source = draft.claim(&request.source, request.currency).map_err(failed)?;
            let before = started.get(&source).copied().unwrap_or((0, Amount::ZERO));
            let mut steps = IntentDraft {
                ledger: self,
                scope,
                intent,
                id,
                request,
                ctx,
                draft: &mut draft,
                started: before,
                checks: Vec::new(),
                events: Vec::with_capacity(6),
                given_up: None,
            };
            steps.take().map_err(failed)?;
            if let Some(refusal) = steps.given_up {
                return Err((index, refusal));
            }
            let sum = Amount(before.1.0.saturating_add(request.amount.0));
            started.insert(source, (before.0.saturating_add(1), sum));
        }
        Ok(draft.into_opened())
    }

    /// The whole entry: accounts that it opens, the opening event, then what follows or the
    /// rejection.
    fn start(
        &self,
        scope: ScopeNo,
        (intent, id): (IntentNo, &IntentId),
        request: &IntentRequest,
        ctx: &Ctx,
        opening: impl FnOnce(IntentDetailsV1) -> Event,
    ) -> Decision {
        if let Err(refusal) = check_request(request) {
            return Decision::Refuse(refusal);
        }
        let mut draft = Draft::new(self, scope);
        let mut steps = IntentDraft {
            ledger: self,
            scope,
            intent,
            id,
            request,
            ctx,
            draft: &mut draft,
            started: (0, Amount::ZERO),
            checks: Vec::new(),
            events: Vec::with_capacity(6),
            given_up: None,
        };
        match steps.take() {
            Ok(parties) => {
                let mut following = steps.events;
                let mut events = draft.into_opened();
                events.push(opening(details(request, parties.map(Party::Account))));
                events.append(&mut following);
                Decision::Events(events)
            }
            Err(Refusal { code, detail, .. }) => {
                let party = |code: &AccountCode| match self.accounts.find(scope, code) {
                    Some(no) => Party::Account(no),
                    None => Party::Unknown(code.clone()),
                };
                let parties = [party(&request.source), party(&request.destination)];
                let rejected = IntentRejectedV1 { intent, code, detail, checks: steps.checks };
                Decision::Events(vec![opening(details(request, parties)), rejected.into()])
            }
        }
    }
}

fn check_number(intent: IntentNo) -> Result<(), Refusal> {
    if intent.index() < NUMBERS_MAX {
        return Ok(());
    }
    Err(Refusal::new(Code::LimitReached, "the log has no intent numbers left"))
}

fn refuse(code: Code, detail: impl Into<String>) -> Decision {
    Decision::Refuse(Refusal::new(code, detail))
}

/// The part of an entry that takes an intent through its states.
struct IntentDraft<'a, 'd> {
    ledger: &'a Ledger,
    scope: ScopeNo,
    intent: IntentNo,
    id: &'a IntentId,
    request: &'a IntentRequest,
    ctx: &'a Ctx,
    draft: &'d mut Draft<'a>,
    /// What the entry's group started before it from the same source: how many, and their sum.
    started: (usize, Amount),
    checks: Vec<CheckV1>,
    events: Vec<Event>,
    /// Why no route took it, if none did.
    given_up: Option<Refusal>,
}

impl IntentDraft<'_, '_> {
    /// The steps after the opening event. Gives source and destination.
    fn take(&mut self) -> Result<[AccountNo; 2], Refusal> {
        let IntentRequest { amount, currency, source, destination, corridor, .. } = self.request;
        let (amount, currency) = (*amount, *currency);
        check_own(source)?;
        check_own(destination)?;
        let debtor = self.draft.claim(source, currency)?;
        let creditor = self.draft.claim(destination, currency)?;
        let reserved = self.draft.claim_system(SystemAccount::Reserved, currency)?;
        let settlement = self.draft.claim_system(SystemAccount::Settlement, currency)?;
        self.draft.check_open(&[debtor, creditor, reserved, settlement])?;
        self.draft.check_currency(debtor, source, currency)?;
        self.draft.check_currency(creditor, destination, currency)?;
        self.draft.check_declared()?;
        if amount.is_zero() {
            return Err(Refusal::new(Code::AmountZero, "the amount is zero"));
        }
        if debtor == creditor {
            let detail = format!("{source} is both source and destination");
            return Err(Refusal::new(Code::SameAccount, detail));
        }
        self.control(debtor)?;
        let leg = self.draft.post_pair(self.intent, Leg::Reserve, debtor, reserved, amount)?;
        self.events.push(leg);
        let table = self.ledger.scopes.rules(self.scope).and_then(|r| r.routes.as_deref());
        match route::choose(table, self.intent, corridor, currency, amount) {
            Ok(routed) => self.settle(routed.into(), [debtor, creditor], [reserved, settlement])?,
            Err(refusal) => self.give_up(refusal, [debtor, creditor], reserved)?,
        }
        Ok([debtor, creditor])
    }

    /// Policy. Leaves its checks behind also when one fails.
    fn control(&mut self, source: AccountNo) -> Result<(), Refusal> {
        let rules = self.ledger.scopes.rules(self.scope);
        let policy = rules.and_then(|rules| rules.policy.as_deref());
        let subject = Subject {
            currency: self.request.currency,
            amount: self.request.amount,
            corridor: &self.request.corridor,
            usage: rules.and_then(|rules| rules.velocity.usage(source)),
            started: self.started,
            now: self.ctx.now,
        };
        let (checks, verdict) = policy::evaluate(policy, &subject);
        self.checks = checks;
        verdict?;
        let controlled = IntentControlledV1 {
            intent: self.intent,
            policy_version: policy.map_or(0, |policy| policy.version),
            checks: self.checks.clone(),
            usage_at: self.ctx.position,
        };
        self.events.push(controlled.into());
        Ok(())
    }

    fn settle(
        &mut self,
        routed: Event,
        parties: [AccountNo; 2],
        [reserved, settlement]: [AccountNo; 2],
    ) -> Result<(), Refusal> {
        self.events.push(routed);
        let (intent, amount) = (self.intent, self.request.amount);
        if self.request.capture == Capture::Manual {
            return Ok(());
        }
        let leg = self.draft.post_pair(intent, Leg::Settle, reserved, settlement, amount)?;
        self.events.push(leg);
        let money = (amount, self.request.currency);
        self.events.push(published("transfer.settled", intent, self.id, money, parties));
        Ok(())
    }

    /// No route: what was reserved goes back in the same entry.
    fn give_up(
        &mut self,
        refusal: Refusal,
        parties: [AccountNo; 2],
        reserved: AccountNo,
    ) -> Result<(), Refusal> {
        let (intent, amount) = (self.intent, self.request.amount);
        let leg = self.draft.post_pair(intent, Leg::Release, reserved, parties[0], amount)?;
        self.given_up = Some(refusal.clone());
        let intent_id = self.id.clone();
        let (code, reason) = (refusal.code, refusal.detail);
        let voided = IntentVoidedV1 { intent, intent_id, code, reason };
        let money = (amount, self.request.currency);
        let told = published("transfer.voided", intent, self.id, money, parties);
        self.events.extend([leg, voided.into(), told]);
        Ok(())
    }
}

fn details(request: &IntentRequest, [source, destination]: [Party; 2]) -> IntentDetailsV1 {
    let mut metadata = request.metadata.clone();
    metadata.sort();
    IntentDetailsV1 {
        amount: request.amount,
        currency: request.currency,
        source,
        destination,
        corridor: request.corridor.clone(),
        capture: request.capture,
        effective_at: request.effective_at,
        metadata,
    }
}

/// Refuses what the contract's limits do not allow; nothing of it becomes an event.
fn check_request(request: &IntentRequest) -> Result<(), Refusal> {
    let invalid = |detail: String| Err(Refusal::new(Code::ValidationFailed, detail));
    check_amount(request.amount)?;
    if request.corridor.is_empty() || request.corridor.len() > NAME_BYTES_MAX {
        return invalid(format!("a corridor has 1 to {NAME_BYTES_MAX} bytes"));
    }
    if request.metadata.len() > METADATA_PAIRS_MAX {
        return invalid(format!("metadata has at most {METADATA_PAIRS_MAX} pairs"));
    }
    for (index, (key, value)) in request.metadata.iter().enumerate() {
        if key.is_empty() || key.len() > NAME_BYTES_MAX || value.len() > METADATA_VALUE_BYTES_MAX {
            return invalid(format!(
                "a metadata key has 1 to {NAME_BYTES_MAX} bytes, its value at most \
                 {METADATA_VALUE_BYTES_MAX}"
            ));
        }
        if request.metadata.iter().take(index).any(|(earlier, _)| earlier == key) {
            return invalid(format!("the metadata key {key} is given twice"));
        }
    }
    Ok(())
}
