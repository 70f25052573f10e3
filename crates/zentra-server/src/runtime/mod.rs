//! The pipeline: one kernel thread, one log-writer thread, answers only after durability.

#[cfg(test)]
mod costs;
mod feed;
mod fold;
mod folder;
mod framer;
mod handle;
mod identity;
mod kernel;
mod mark;
mod proof;
mod recovery;
mod shares;
mod snapshots;
mod start;
mod tail;
mod waiting;
mod writer;

#[cfg(test)]
pub(crate) use costs::Cost;
pub use feed::Feed;
pub use fold::{FoldError, fold};
pub use folder::DataFolder;
pub use handle::{Answer, Handle, SubmitError};
pub use identity::{IdentityError, Made, check as check_identity};
pub use mark::{Mark, Marker};
pub use proof::{Proof, ProofError, must_continue, must_reach, proofs};
pub(crate) use recovery::chain_before;
pub use recovery::{OpenError, Opened, Recovered, open};
pub use snapshots::{
    SnapshotFileError, files as snapshot_files, newest as newest_snapshot, one as read_snapshot,
    write as write_snapshot,
};
pub use start::{Fatal, Runtime, RuntimeOptions, start};
pub use tail::ScopeTail;
#[cfg(test)]
pub(crate) use tail::Tailed;
