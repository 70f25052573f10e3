//! Which decider answers which command.
//!
//! Owns the dispatch. The deciders are in `decide_account`, `decide_rules`, `decide_transfer`,
//! `decide_intent` and `decide_hold`. Must not change the ledger.

use crate::command::{Ctx, Decision, LedgerCommand};
use crate::ledger::Ledger;
use zentra_events::ScopeNo;

impl Ledger {
    /// Decides a command. Changes nothing: what follows must come back through
    /// [`Ledger::evolve`], event by event, before the next command is decided.
    pub fn decide(&self, scope: ScopeNo, command: &LedgerCommand, ctx: &Ctx) -> Decision {
        let decided = match command {
            LedgerCommand::AcceptIntent { intent_id, digest, details } => {
                return self.accept_intent(scope, intent_id, *digest, details.as_ref(), ctx);
            }
            LedgerCommand::ConfirmIntent { intent_id, digest, details } => {
                return self.confirm_intent(scope, intent_id, *digest, details, ctx);
            }
            LedgerCommand::DeclareCurrency { currency, exponent } => {
                return self.declare_currency(scope, *currency, *exponent);
            }
            LedgerCommand::ResetRoutes => Ok(vec![self.reset_routes(scope)]),
            LedgerCommand::OpenAccount {
                code,
                currency,
                exponent,
                normal_side,
                floor,
                by_admin,
            } => {
                let digits = (*currency, *exponent);
                self.open_account(scope, code, digits, *normal_side, *floor, *by_admin)
            }
            LedgerCommand::SetAccountStatus { code, status, reason, by_admin } => {
                self.set_account_status(scope, code, (*status, *by_admin), reason)
            }
            LedgerCommand::SetChart { templates } => self.set_chart(scope, templates),
            LedgerCommand::SetPolicy { rules } => self.set_policy(scope, rules),
            LedgerCommand::SetRoutes { routes } => self.set_routes(scope, routes),
            LedgerCommand::PostTransfer { lines, correction } => {
                self.post_transfer(scope, lines, correction.as_deref())
            }
            LedgerCommand::SettleIntent { intent_id, amount, effective_at } => {
                self.settle_intent(scope, intent_id, *amount, *effective_at)
            }
            LedgerCommand::VoidIntent { intent_id, reason, effective_at } => {
                self.void_intent(scope, intent_id, reason, *effective_at)
            }
            LedgerCommand::ReverseIntent { intent_id, amount, reason, effective_at } => {
                self.reverse_intent(scope, intent_id, (*amount, *effective_at), reason)
            }
            LedgerCommand::PayoutIntent { intent_id, effective_at } => {
                self.payout_intent(scope, intent_id, *effective_at)
            }
        };
        match decided {
            Ok(events) => Decision::Events(events),
            Err(refusal) => Decision::Refuse(refusal),
        }
    }
}
