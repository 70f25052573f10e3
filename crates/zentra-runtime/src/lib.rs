//! The running log: the kernel and the log writer as threads, and what stands on durable entries.
//!
//! Owns the pipeline (one thread decides, one writes, answers only after durability), opening a
//! data folder, snapshots, the shell's way to the kernel, reading the log back, durable names and
//! limits, subscriptions, and threads of low priority for what follows the log. Must not know HTTP,
//! what lists or trees are made of, or how deliveries are sent.

pub mod background;
mod chain;
#[cfg(any(test, feature = "test-util"))]
mod costs;
pub mod files;
mod fold;
mod folder;
mod framer;
mod handle;
mod identity;
mod kernel;
mod log_access;
mod mark;
mod names;
mod notices;
mod open_folder;
mod pipeline;
mod proof;
mod quota;
pub mod quota_use;
mod recovery;
mod shares;
mod snapshots;
mod start;
mod step;
mod stretches;
mod subscription;
mod tail;
mod turns;
mod waiting;
mod writer;

pub use chain::chain_before;
#[cfg(any(test, feature = "test-util"))]
pub use costs::Counter;
pub use fold::{FoldError, fold};
pub use folder::DataFolder;
pub use handle::{Answer, Handle, SubmitError};
pub use identity::{IdentityError, Made, check as check_identity};
pub use kernel::Kernel;
pub use log_access::{KeptFrame, LogAccess, LogError};
pub use mark::{Mark, Marker};
pub use names::{AccountNames, SharedNames};
pub use notices::{Notice, Notices};
pub use open_folder::{FolderPart, OpenFolder};
pub use pipeline::Pipeline;
pub use proof::{Proof, ProofError, must_continue, must_reach, proofs};
pub use quota::ScopeLimits;
pub use recovery::{OpenError, Opened, Recovered, open};
pub use snapshots::{
    SnapshotFileError, files as snapshot_files, newest as newest_snapshot, one as read_snapshot,
    write as write_snapshot,
};
pub use start::{Fatal, Runtime, RuntimeOptions, last_snapshot, start};
pub use step::Step;
pub use stretches::Stretches;
pub use subscription::Subscription;
pub use tail::ScopeTail;
#[cfg(any(test, feature = "test-util"))]
pub use tail::Tailed;
pub use turns::{CostlyTurn, NoTurn, Turns};
pub use writer::Writer;
