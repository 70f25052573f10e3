//! The types of Zentra's HTTP API: what is asked, what is answered, problems, pages.
//!
//! A server writes them and a client reads them. Each has its schema in the API's description.
//! Owns the shapes and the words. Must not know how anything is decided, stored or sent.

mod access;
mod account;
mod cursor;
mod delivery;
mod endpoint;
mod event;
mod evidence;
pub mod form;
mod instant;
mod intent;
mod line;
mod page;
mod problem;
mod proof;
mod replay;
pub mod request;
mod rule;
mod schema;
mod system;
mod word;

use std::borrow::Cow;

/// A text that is built in, or was read.
pub type Text = Cow<'static, str>;

pub use access::{
    KeyCreated, KeyRevoked, ListedKey, ListedScope, NewKey, OwnQuota, QuotaUse, Quotas, QuotasSet,
    ScopeCreated,
};
pub use account::{
    Account, AccountOpened, AccountStatusChanged, AsOf, Balances, Floor, PastBalance,
};
pub use cursor::{Cursor, CursorError};
pub use delivery::{
    Attempt, AttemptResult, Delivery, DeliveryEvent, DeliveryMadeDue, DeliveryResolved,
    ListedDelivery,
};
pub use endpoint::{
    EndedVersion, Endpoint, EndpointChanged, EndpointCreated, EndpointHealth, EndpointSecret,
    NewSecret, NewVersion, RetryPolicy, SecretRotated, SecretVersion, SecretVersionEnded,
};
pub use event::{DeliveryOfEvent, EventPublished, ListedEvent, PublishedEvent, QueuedDelivery};
pub use evidence::Evidence;
pub use instant::Instant;
pub use intent::{
    BatchAnswer, BatchOutcome, ChosenRoute, CodeAndDetail, CodeAndReason, FlowStep, Intent,
    IntentAnswer, IntentEvent, IntentTotals, ListedIntent, LookedAtRoute, MonetaryAmount,
    PolicyCheck, PublishedId, StateStep,
};
pub use line::{
    AccountEvent, AccountPosting, AccountStatusEvent, IntentLine, LedgerLine, TransferPosted,
};
pub use page::Page;
pub use problem::{FieldProblem, ProblemDetails};
pub use proof::{EvidenceLinks, InclusionProof, IntentEvidence, LedgerEntry, RecordedLeg};
pub use replay::{
    ListedReplay, PreviewedDelivery, Replay, ReplayAsked, ReplayLeftOut, ReplayPreview,
    ReplayRequested, ReplayResult,
};
pub use rule::{
    Chart, ChartSet, CurrencyDeclared, ListedCurrency, Policy, PolicySet, Route, RouteTable,
    RoutesReset, RoutesSet, Rule, Template,
};
pub use system::{Checkpoint, Health, Parts, ProjectionDigest, Projections, ServerStatus};
pub use word::{
    AccountStatus, AttemptKind, AttemptOutcome, Capture, CommandsStatus, Created, DeliveryStatus,
    Direction, DisabledReason, Ended, EndpointStatus, EvidenceStatus, FloorKind, InForce,
    IntentState, ItemOutcome, KeyStatus, Leg, NormalSide, PartStatus, Posted, Published, Ready,
    ReplayStatus, Role, Rotated, Running, Set, SignatureStatus,
};
