//! Deciders for money: accounts, transfers, holds, intents, policy and routes.
//!
//! [`Ledger::decide`] turns a command into events or a refusal and changes nothing;
//! [`Ledger::evolve`] folds one event into the state and refuses nothing. The rules are written
//! down in docs/concepts/ledger.md and docs/concepts/intent.md, with the precedence of refusals.
//! Owns the balances and the intents of one log. Must not know how entries are stored, who asks,
//! or that events are delivered to anybody.
//!
//! Invariants, asserted at every `evolve` (a broken one stops the writer):
//! - the lines of a transfer balance per currency, and every account stays above its floor;
//! - an intent reserves once, and what it settles and releases sums to what it reserved;
//! - numbers of accounts and intents are dense.

#![deny(clippy::arithmetic_side_effects)]

mod account;
mod at_rest;
mod balance_checkpoint;
mod bounds;
mod chart;
mod command;
mod conserve;
mod currency;
mod decide;
mod decide_account;
mod decide_hold;
mod decide_intent;
mod decide_rules;
mod decide_transfer;
pub mod digest;
mod draft;
mod evolve;
mod evolve_intent;
mod fast;
mod intent;
mod intent_state;
pub mod key_table;
mod ledger;
mod policy;
mod posting;
mod route;
mod rules;
mod snapshot;
mod totals;
mod transfer_event;
mod velocity;

pub use account::AccountView;
pub use chart::{PAYOUT_ACCOUNT, RESERVED_BALANCE, SETTLEMENT_ACCOUNT, TEMPLATES_MAX, is_system};
pub use command::{
    Ctx, Decision, IntentRequest, LastLeg, LedgerCommand, LegsAt, Refusal, TransferLine,
};
pub use conserve::ConservationError;
pub use fast::{
    Condition, FastIntent, FastPlan, IntentTerms, RequestFacts, check_request, check_terms,
};
pub use intent::IntentView;
pub use intent_state::IntentState;
pub use ledger::Ledger;
pub use policy::RULES_MAX;
pub use route::{CANDIDATES_MAX, ROUTES_MAX};
pub use rules::CurrencyView;
