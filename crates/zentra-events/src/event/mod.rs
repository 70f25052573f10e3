//! Every event family, and the registry that gives each its tag, name and version.

mod access;
mod delivery;
mod intent;
mod ledger;
mod money;
mod registry;
mod replay;
mod scope;
mod seal;
mod webhook;

pub use access::*;
pub use delivery::*;
pub use intent::*;
pub use ledger::*;
pub use money::*;
pub use registry::*;
pub use replay::*;
pub use scope::*;
pub use seal::*;
pub use webhook::*;
