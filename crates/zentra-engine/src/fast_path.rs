//! Fast path: decides and folds an eligible intent in one step.
//!
//! Owns how an intent comes to the table of conditions (`zentra_ledger::Condition`), and the entry
//! that is told. One that does not meet a condition takes the slow path, with the same outcome.
//! Must not know batches or requests' bytes.

use crate::command::{Command, Request};
use crate::engine::{Engine, must};
use std::sync::Arc;
use zentra_events::settled::SETTLED_EVENT_TYPE;
use zentra_events::{
    AccountNo, ActorName, ActorNo, BodyRef, Currency, Entry, EntryRef, Header, Idempotency,
    Position, RequestId, ScopeNo, SettledRef, Timestamp,
};
use zentra_ledger::key_table::{NameKey, account_key, intent_key};
use zentra_ledger::{
    Condition, FastIntent, FastPlan, IntentTerms, LedgerCommand, RequestFacts, check_request,
    check_terms,
};

/// Entries whose memory is looked at before they are decided or applied: few enough that it is in
/// the nearest cache then.
pub const PREFETCHED: usize = 256;

/// What is true of every intent of a requester, as long as nothing else is decided in between.
#[derive(Clone, Copy)]
pub(crate) struct Eligibility {
    scope: ScopeNo,
    actor: ActorNo,
}

/// An intent whose requester and terms meet the conditions; its id is new.
pub(crate) struct EligibleIntent<'a> {
    pub(crate) request_id: RequestId,
    pub(crate) idempotency: Option<Idempotency>,
    pub(crate) intent_id: &'a str,
    pub(crate) currency: Currency,
    pub(crate) corridor: &'a str,
    pub(crate) intent: FastIntent<'a>,
}

impl Engine {
    /// Whether intents of this actor in this scope may take the fast path at all.
    pub(crate) fn eligibility(
        &self,
        scope: ScopeNo,
        actor: &ActorName,
        has_cause: bool,
    ) -> Result<Eligibility, Condition> {
        let is_listened_to = self.deliveries.listens(scope, SETTLED_EVENT_TYPE);
        check_request(&RequestFacts { has_cause, is_listened_to })?;
        self.directory.next_number(scope).ok_or(Condition::ScopeIsKnown)?;
        let actor = self.directory.actor_by_name(actor).ok_or(Condition::ActorIsKnown)?;
        Ok(Eligibility { scope, actor })
    }

    /// Decides the intent, tells the entry, and gives its position. `plan` is one of the same terms
    /// that was made under the rules that hold, if there is one; it is replaced by the one that
    /// serves.
    ///
    /// # Errors
    /// The condition for which the intent takes the slow path; nothing has changed.
    pub(crate) fn fast_path(
        &mut self,
        now: Timestamp,
        Eligibility { scope, actor }: Eligibility,
        eligible: &EligibleIntent<'_>,
        plan: &mut Option<Arc<FastPlan>>,
        tell: impl FnOnce(EntryRef<'_>),
    ) -> Result<Position, Condition> {
        let EligibleIntent { currency, corridor, ref intent, .. } = *eligible;
        let scope_number = self.directory.next_number(scope).ok_or(Condition::ScopeIsKnown)?;
        let plan = match plan {
            Some(plan) if plan.covers(intent.amount) => plan,
            _ => plan.insert(self.ledger.plan(scope, currency, corridor, intent.amount)?),
        };
        let header = Header {
            position: self.next,
            scope,
            scope_number,
            recorded_at: self.time_after(now),
            actor,
            request_id: eligible.request_id,
            cause: None,
            idempotency: eligible.idempotency,
        };
        let (intent_id, terms) = (eligible.intent_id, plan.terms());
        self.ledger.decide_fast(
            plan,
            self.next,
            intent,
            &mut self.checkpoints,
            |facts, marks| {
                let transfer = SettledRef { intent_id, key: None, facts, terms, marks };
                tell(EntryRef { header: &header, body: BodyRef::Settled(transfer) });
            },
        )?;
        self.meters.settled(scope);
        must(&header, self.finish(&header));
        Ok(header.position)
    }

    /// As [`Engine::fast_path`], for a command by itself.
    pub(crate) fn fast_command(
        &mut self,
        now: Timestamp,
        request: &Request,
    ) -> Result<Entry, Condition> {
        let scope = request.scope;
        let Command::Ledger(LedgerCommand::AcceptIntent { intent_id, digest, details }) =
            &request.command
        else {
            return Err(Condition::SaysWhatItMoves);
        };
        let details = details.as_ref().ok_or(Condition::SaysWhatItMoves)?;
        check_terms(&IntentTerms {
            capture: details.capture,
            effective_at: details.effective_at,
            metadata: &details.metadata,
        })?;
        let key = intent_key(scope, intent_id.as_str());
        if self.ledger.find_intent(&key).is_some() {
            return Err(Condition::IdIsNew);
        }
        let eligibility = self.eligibility(scope, &request.actor, request.cause.is_some())?;
        let eligible = EligibleIntent {
            request_id: request.request_id,
            idempotency: request.idempotency,
            intent_id: intent_id.as_str(),
            currency: details.currency,
            corridor: &details.corridor,
            intent: FastIntent {
                key: &key,
                digest: *digest,
                amount: details.amount,
                source: self.account_number(scope, details.source.as_str())?,
                destination: self.account_number(scope, details.destination.as_str())?,
            },
        };
        let mut told = None;
        let tell = |entry: EntryRef<'_>| told = Some(entry.into_entry());
        self.fast_path(now, eligibility, &eligible, &mut None, tell)?;
        Ok(told.expect("an entry that was decided is told"))
    }

    /// The number of the account with this code.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn account_number(
        &self,
        scope: ScopeNo,
        code: &str,
    ) -> Result<AccountNo, Condition> {
        let found = self.ledger.find_account(&account_key(scope, code));
        found.ok_or(Condition::AccountsAreThere)
    }

    /// Looks these keys of intents up, so that the memory is near when each is decided: these
    /// look-ups do not wait for each other.
    pub(crate) fn prefetch_intents<'a>(&self, keys: impl Iterator<Item = &'a NameKey>) {
        let found = keys.filter(|key| self.ledger.find_intent(key).is_some());
        std::hint::black_box(found.count());
    }

    /// Looks at these accounts, as above. Their records are read: whether there is one can be told
    /// without.
    pub fn prefetch_accounts(&self, accounts: impl Iterator<Item = AccountNo>) {
        let scopes = accounts.filter_map(|no| self.ledger.account_scope(no));
        std::hint::black_box(scopes.fold(0, |all, scope| all ^ scope.0));
    }
}

#[cfg(test)]
mod tests;
