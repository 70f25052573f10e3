//! The bodies of requests: their fields, how they are read, and their place in the OpenAPI
//! document.

mod amount;
mod delivery;
mod intent;
mod ledger;
mod rule;
mod rules;
mod text;
mod webhook;

pub(crate) use amount::{NUMBER_MAX, PartMoney};
pub(crate) use delivery::{EventBody, KeyBody, QuotasBody, ReplayBody, ReplayFilter, ScopeBody};
pub(crate) use intent::{
    ConfirmBody, IntentBody, MONEY_MODEL, PRIMITIVES, PayoutBody, ReverseBody, SettleBody,
    VoidBody, check_lengths, check_page_words, check_unconfirmed,
};
pub(crate) use ledger::{AccountBody, Nothing, ReasonBody, TransferBody, check_reason, check_text};
pub(crate) use rules::{ChartBody, CurrencyBody, PolicyBody, RoutesBody};
pub(crate) use text::{check_in_path, check_new_intent_id};
pub(crate) use webhook::{EndSecretBody, EndpointBody, RotateBody};
