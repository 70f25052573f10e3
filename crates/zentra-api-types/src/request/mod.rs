//! The bodies of requests: what a client writes, and what the server's parser makes of it.
//!
//! A server reads them strictly: no name twice, no field that is not here, amounts by their digits.

mod account;
mod amount;
mod delivery;
mod endpoint;
mod intent;
mod rule;
pub mod text;

pub use account::{AccountBody, FloorBody, Nothing, PostingBody, ReasonBody, TransferBody};
pub use amount::{MinorUnits, Money, NUMBER_MAX, PartMoney};
pub use delivery::{EventBody, KeyBody, QuotasBody, ReplayBody, ReplayFilter, ScopeBody};
pub use endpoint::{EndSecretBody, EndpointBody, RetryPolicyBody, RotateBody};
pub use intent::{
    ConfirmBody, IntentBody, MONEY_MODEL, PRIMITIVES, PayoutBody, ReverseBody, SettleBody, VoidBody,
};
pub use rule::{
    ChartBody, CurrencyBody, PolicyBody, RouteBody, RoutesBody, RuleBody, TemplateBody,
};
