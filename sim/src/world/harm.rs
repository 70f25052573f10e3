//! What becomes of a data folder beside its log while no process runs.

use crate::faults::Fault;
use zentra_events::Position;
use zentra_runtime::{IdentityError, OpenError, ProofError};

/// What was done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Harm {
    MarkLost,
    MarkOlder,
    MarkDamaged,
    /// It is of another history, with this deployment's key.
    MarkOfAnotherLog,
    MarkOfAnotherDeployment,
    SnapshotsLost,
    SnapshotsOlder,
    SnapshotDamaged,
    /// One of another history, with this deployment's key, that stands here.
    SnapshotOfAnotherLog(Position),
    SnapshotOfAnotherDeployment,
    KeyLost,
    KeyOfAnotherDeployment,
    KeyExposed,
}

/// What must become of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Must {
    Open,
    Refuse,
    /// It opens only as long as nothing in the log was made with the key.
    OpenWithoutSecrets,
    /// It opens only when the log reaches this.
    OpenFrom(Position),
}

impl Harm {
    /// What a fault may do; `at` is where another history ends.
    pub(super) fn of(fault: Fault, at: Position) -> Vec<Harm> {
        match fault {
            Fault::Mark => vec![
                Harm::MarkLost,
                Harm::MarkOlder,
                Harm::MarkDamaged,
                Harm::MarkOfAnotherLog,
                Harm::MarkOfAnotherDeployment,
            ],
            Fault::Snapshot => vec![
                Harm::SnapshotsLost,
                Harm::SnapshotsOlder,
                Harm::SnapshotDamaged,
                Harm::SnapshotOfAnotherLog(at),
                Harm::SnapshotOfAnotherDeployment,
            ],
            _ => vec![Harm::KeyLost, Harm::KeyOfAnotherDeployment, Harm::KeyExposed],
        }
    }

    /// docs/internals/engine.md, Snapshots, Proof and identity.
    pub(super) fn must(self) -> Must {
        match self {
            Harm::MarkLost
            | Harm::MarkOlder
            | Harm::MarkDamaged
            | Harm::MarkOfAnotherDeployment
            | Harm::SnapshotsLost
            | Harm::SnapshotsOlder
            | Harm::SnapshotDamaged
            | Harm::SnapshotOfAnotherDeployment => Must::Open,
            Harm::SnapshotOfAnotherLog(at) => Must::OpenFrom(at),
            Harm::MarkOfAnotherLog | Harm::KeyExposed => Must::Refuse,
            Harm::KeyLost | Harm::KeyOfAnotherDeployment => Must::OpenWithoutSecrets,
        }
    }

    /// Whether a refusal says why.
    pub(super) fn is_told_by(self, error: &OpenError) -> bool {
        match self {
            Harm::MarkOfAnotherLog => matches!(error, OpenError::Proof(_)),
            Harm::SnapshotOfAnotherLog(_) => {
                matches!(error, OpenError::Proof(ProofError::Lost { .. }))
            }
            Harm::KeyLost => matches!(error, OpenError::Identity(IdentityError::Missing(_))),
            Harm::KeyOfAnotherDeployment => {
                matches!(error, OpenError::Identity(IdentityError::Other(_)))
            }
            Harm::KeyExposed => matches!(error, OpenError::Keyring(_)),
            _ => false,
        }
    }

    /// In words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Harm::MarkLost => "the mark is lost",
            Harm::MarkOlder => "the mark is an older one",
            Harm::MarkDamaged => "the mark is damaged",
            Harm::MarkOfAnotherLog => "the mark is of another history",
            Harm::MarkOfAnotherDeployment => "the mark is of another deployment",
            Harm::SnapshotsLost => "the snapshots are lost",
            Harm::SnapshotsOlder => "the snapshots are older ones",
            Harm::SnapshotDamaged => "the newest snapshot is damaged",
            Harm::SnapshotOfAnotherLog(_) => "a snapshot is of another history",
            Harm::SnapshotOfAnotherDeployment => "a snapshot is of another deployment",
            Harm::KeyLost => "the master key is lost",
            Harm::KeyOfAnotherDeployment => "the master key is of another deployment",
            Harm::KeyExposed => "others may read the master key",
        }
    }
}
