//! What the engine may be asked.
//!
//! Owns the sum of all commands. Must not know how they were asked (HTTP, CLI, timers).

use zentra_delivery::DeliveryCommand;
use zentra_events::event::QuotaOverrideV1;
use zentra_events::{ActorName, Cause, Idempotency, KeyId, Refusal, RequestId, ScopeName, ScopeNo};
use zentra_ledger::LedgerCommand;

/// A command with what is true of its whole request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The scope it is about.
    pub scope: ScopeNo,
    /// Who asks. An actor that the log has not seen is registered in the same entry.
    pub actor: ActorName,
    /// The API key that it is asked with: it must work where the command is decided, whenever the
    /// request began. None for what the server asks itself and for the command line.
    pub key: Option<KeyId>,
    /// The request's id.
    pub request_id: RequestId,
    /// The entry that this follows from, if one.
    pub cause: Cause,
    /// The idempotency key, if the caller gave one.
    pub idempotency: Option<Idempotency>,
    /// What to do.
    pub command: Command,
}

/// A command: may be refused.
#[derive(Clone, Debug)]
pub enum Command {
    /// About accounts, transfers, intents, policy and routes.
    Ledger(LedgerCommand),
    /// About endpoints, own events, deliveries and replays.
    Delivery(DeliveryCommand),
    /// About scopes and keys.
    Access(AccessCommand),
    /// About evidence.
    Seal(SealCommand),
    /// Nothing: the shell has found why not. With an idempotency key the refusal is the request's
    /// answer for ever, as if the engine had found it.
    Refuse(Refusal),
}

/// Commands about scopes and keys.
#[derive(Clone, Debug)]
pub enum AccessCommand {
    /// Makes a scope; its first entry. The request's `scope` is the asker's.
    CreateScope {
        /// Its name.
        name: ScopeName,
        /// Its first key, made in the same entry.
        key: Option<NewKey>,
    },
    /// Makes a key for an actor of the request's scope.
    CreateKey(NewKey),
    /// Sets the limits that a scope has of its own, in place of those it had.
    SetQuotas {
        /// The scope: its next entry. The request's `scope` is the asker's.
        scope: ScopeNo,
        /// The limits; others are the deployment's.
        overrides: Vec<QuotaOverrideV1>,
    },
    /// Ends a key of the request's scope.
    RevokeKey {
        /// The key.
        key: KeyId,
    },
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Who will act with it.
    pub actor: ActorName,
    /// BLAKE3 of the key's secret text.
    pub hash: [u8; 32],
    /// Bits of [`zentra_events::event::role`].
    pub roles: u8,
    /// What it is for.
    pub label: String,
}

/// A checkpoint of the request's scope was signed.
#[derive(Clone, Debug)]
pub struct SealCommand {
    /// How many leaves it covers.
    pub tree_size: u64,
    /// The root over them.
    pub root: [u8; 32],
    /// The signed note.
    pub note: String,
}
